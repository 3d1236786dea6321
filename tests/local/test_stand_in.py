"""The API's one address: what is asked of it reaches whoever stands behind it just now."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

from local.stand_in import StandIn


def api_named(name: str) -> str:
    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(409)
            self.send_header("X-Name", name)
            self.end_headers()
            self.wfile.write(self.path.encode() + body + self.headers["Authorization"].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/base"


def test_given_another_api_behind_it_when_asked_then_the_same_address_answers_for_it() -> None:
    stand_in = StandIn(api_named("old"))
    for name in ("old", "new"):
        if name == "new":
            stand_in.target = api_named("new")
        answer = requests.post(f"{stand_in.url}/x?a=%2F", data=b"body", headers={"Authorization": "me"}, timeout=5)
        assert (answer.status_code, answer.headers["X-Name"]) == (409, name)
        assert answer.content == b"/base/x?a=%2Fbodyme"
