"""One address for the API whichever address it has: the embedded AWS gives an updated API a new id, AWS does not."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

_OF_ONE_CONNECTION = frozenset({"host", "connection", "content-length", "transfer-encoding", "content-encoding"})
_TIMEOUT_S = 60


class StandIn:
    """Hands each request on to ``target``, which may be changed while it stands. It ends with this process."""

    def __init__(self, target: str) -> None:
        self.target = target
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _hand_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = requests.request(
                    self.command,
                    stand_in.target + self.path,
                    headers={k: v for k, v in self.headers.items() if k.lower() not in _OF_ONE_CONNECTION},
                    data=body,
                    timeout=_TIMEOUT_S,
                    allow_redirects=False,
                )
                # Whoever waited too long has hung up, and asks again.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self._answer(answer)

            def _answer(self, answer: requests.Response) -> None:
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _OF_ONE_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = _hand_on  # noqa: N815 (the library looks for these names)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in the library)
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"
