"""docs/api/examples.md, block by block, against the API behind a socket."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from chalice.test import Client

from app import app
from chalicelib.edge import repeating
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.periods import access
from chalicelib.periods import routes as periods_routes
from chalicelib.periods.operators import add_operator
from local.package import ROOT
from tests.applicants.applicants_office import PERIOD, WANG
from tests.applicants.test_applicant_routes import Office, office  # noqa: F401 (a fixture)

PAGE = (ROOT / "docs" / "api" / "examples.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
OPERATOR, PASSWORD = "planner", "planner-of-the-tests"


@pytest.fixture
def hub_url(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    for module in (access, periods_routes, repeating):
        monkeypatch.setattr(module, "hub", lambda: office.parts)
    add_operator(OPERATOR, PASSWORD, ("planner",), SystemEntropy())

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with Client(app) as client:
                answer = client.http.request(self.command, self.path, headers=dict(self.headers), body=body)
            self.send_response(answer.status_code)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl; remedy: apt-get install curl")
def test_every_block_of_the_page_does_what_it_says(hub_url: str, office: Office, tmp_path: Path) -> None:  # noqa: F811
    assert [kind for kind, _ in BLOCKS] == ["sh", "sh", "python", "python", "python", "sh"]
    for kind, block in BLOCKS:
        known = {
            "HUB": hub_url,
            "PERIOD": PERIOD,
            "CODE": WANG.code,
            "PHONE": WANG.phone,
            "SMS_CODE": office.texts.last if office.texts.sent else "",
            "OPERATOR": OPERATOR,
            "OPERATOR_PASSWORD": PASSWORD,
        }
        command = ["sh", "-euc", block] if kind == "sh" else [sys.executable, "-c", block]
        done = subprocess.run(command, env={**os.environ, **known}, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{block}\n{done.stdout[-500:]}\n{done.stderr[-1_500:]}"
