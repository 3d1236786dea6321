"""The bank over HTTP on 127.0.0.1: the hub's door (``/batches``) and the control doors (``/_...``).

| door | does |
|---|---|
| PUT ``/batches/{name}`` | takes a batch: 201, the same again 200, other bytes 409; checks X-SM3 and X-Signature |
| GET ``/batches/{name}`` | ``{"state": "accepted", "sm3"}`` or 404 |
| POST ``/_credits`` | ``[{serial, booked_at_ms, value_date, amount_fen, account, name, memo}]`` comes in |
| POST ``/_statement`` | ``{day}``: closes the day and drops the statement |
| POST ``/_accounts`` | ``{account: code}``: payments to these fail with the code from now on; ``"0000"`` heals |
| POST ``/_faults`` | ``{refuse, mute, hold_returns}``: the next n calls: 503, unread; taken, unanswered; return kept |
| POST ``/_return`` | ``{name}``: drops the return file of a batch (again) |
| GET ``/_state`` | balance, batches, and every payment made |
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integrations.bank_of_hangzhou.simulator import paper
from integrations.bank_of_hangzhou.simulator.account import Account, Drop, RefusalError

BATCHES = "/batches/"


class HangzhouSimulator:
    """The bank. ``drop(key, bytes)`` is how its files reach the hub's inbox. Use it as a context, or start and stop it.

    ``fail_first``: how many rows fail (1001, 1003, ...) in a period's first batch that has more rows than that, besides
    those of ``/_accounts``.
    ``return_delay_seconds``: how long after a batch its return file is dropped.
    """

    def __init__(
        self,
        secret: str,
        account_no: str,
        drop: Drop,
        *,
        fail_first: int = 2,
        port: int = 0,
        return_delay_seconds: float = 0.0,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._secret = secret.encode()
        self._delay = return_delay_seconds
        self._lock = threading.Lock()
        self.faults = {"refuse": 0, "mute": 0, "hold_returns": 0}
        self.account = Account(account_no, drop, fail_first, now_ms)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where the hub's client finds it."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> HangzhouSimulator:
        """Listen, in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> HangzhouSimulator:
        """Listen."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _use_fault(self, name: str) -> bool:
        with self._lock:
            due = self.faults[name] > 0
            self.faults[name] -= due
        return due

    def _signed(self, signed: str, signature: str) -> bool:
        right = hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(right, signature)

    def put_batch(self, name: str, headers: Any, content: bytes) -> tuple[int | None, Any]:
        """The hub hands over a batch. Status ``None``: the connection ends without an answer."""
        if self._use_fault("refuse"):
            return 503, {"error": "busy"}
        digest = paper.sm3_hex(content)
        if headers.get("X-SM3", "").lower() != digest:
            return 400, {"error": "X-SM3 is not the digest of the body"}
        if not self._signed(digest, headers.get("X-Signature", "")):
            return 401, {"error": "X-Signature is wrong"}
        with self._lock:
            new = self.account.take_batch(name, content)
        if new and not self._use_fault("hold_returns"):
            self._drop_return(name)
        return (None, None) if self._use_fault("mute") else (201 if new else 200, {"state": "accepted"})

    def _drop_return(self, name: str) -> None:
        if self._delay:
            timer = threading.Timer(self._delay, self.account.deliver_return, (name,))
            timer.daemon = True
            timer.start()
        else:
            self.account.deliver_return(name)

    def get_batch(self, name: str, headers: Any) -> tuple[int | None, Any]:
        """The hub asks about a batch."""
        if self._use_fault("refuse"):
            return 503, {"error": "busy"}
        if not self._signed(name, headers.get("X-Signature", "")):
            return 401, {"error": "X-Signature is wrong"}
        with self._lock:
            content = self.account.batches.get(name)
        if content is None:
            return 404, {"error": "no such batch"}
        return 200, {"state": "accepted", "sm3": paper.sm3_hex(content)}

    def control(self, door: str, given: Any) -> Any:
        """A control door; raises ``RefusalError``."""
        with self._lock:
            match door:
                case "/_credits":
                    for came in given:
                        self.account.credit(came)
                    return {"taken": len(given)}
                case "/_statement":
                    return {"key": self.account.close_day(given["day"])}
                case "/_accounts":
                    self.account.failing.update(given)
                    return {"failing": len(self.account.failing)}
                case "/_faults":
                    self.faults.update(given)
                    return self.faults
                case "/_return":
                    return {"key": self.account.deliver_return(given["name"])}
                case "/_state":
                    return self.account.state()
        raise RefusalError(404, f"no door is called {door}")


def _handler(bank: HangzhouSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _answer(self, status: int | None, content: Any) -> None:
            if status is None:
                self.close_connection = True
                return
            body = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _serve(self, call: Callable[[], tuple[int | None, Any]]) -> None:
            try:
                status, content = call()
            except RefusalError as refusal:
                status, content = refusal.status, {"error": str(refusal)}
            except (KeyError, TypeError, ValueError) as error:
                status, content = 400, {"error": f"{type(error).__name__}: {error}"}
            self._answer(status, content)

        def do_PUT(self) -> None:
            body = self._body()
            self._serve(lambda: bank.put_batch(self.path.removeprefix(BATCHES), self.headers, body))

        def do_GET(self) -> None:
            if self.path.startswith(BATCHES):
                self._serve(lambda: bank.get_batch(self.path.removeprefix(BATCHES), self.headers))
            else:
                self._serve(lambda: (200, bank.control(self.path, None)))

        def do_POST(self) -> None:
            body = self._body()
            self._serve(lambda: (200, bank.control(self.path, json.loads(body))))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: what passes holds personal data."""

    return Handler
