"""A carrier to try against: Dysms over HTTP on 127.0.0.1, with the phones' screens to look at.

``POST /`` takes SendSms, SendBatchSms and QuerySendDetails. Controls: ``GET /_phones/{phone}`` -> list of texts, oldest
first; ``GET /_state`` -> counts; ``POST /_faults``, any fields of ``Faults``.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from integrations.aliyun_sms.simulator_book import CODE_LIMITS, Book, Refused

_CLOCK_DRIFT_MAX_S = 900
# How soon the server notices that it is to stop.
_POLL_S = 0.05


class SmsSimulator:
    """The carrier on a port of its own; ``start`` it, then reach it at ``url``; a context manager does both."""

    def __init__(
        self,
        secret: str,
        port: int = 0,
        *,
        code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS,
        now_s: Callable[[], float] = time.time,
        limited: bool = True,
    ) -> None:
        self.book = Book(now_s, code_limits, limited=limited)
        self._gate = _Gate(secret, now_s)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="sms-simulator", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> SmsSimulator:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        book, gate = self.book, self._gate

        class Handler(_Handler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if self.path == "/_faults":
                    book.set_faults(json.loads(body))
                    self.answer(200, {})
                    return
                form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
                if book.spend("lose_requests"):
                    self.hang_up()
                    return
                status, answer = _serve(book, gate, form)
                if book.spend("lose_answers"):
                    self.hang_up()
                    return
                self.answer(status, answer)

            def do_GET(self) -> None:
                if self.path == "/_state":
                    self.answer(200, book.state())
                elif self.path.startswith("/_phones/"):
                    self.answer(200, book.texts(self.path.removeprefix("/_phones/")))
                else:
                    self.answer(404, {})

        return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this an idle kept-alive connection would hold its thread for ever.
    timeout = 30
    # Head and body leave as one packet; apart, the second waits 40 ms for the first one's acknowledgement.
    wbufsize = -1

    def answer(self, status: int, content: Any) -> None:
        raw = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing: a request line may hold a phone number."""


class _Gate:
    """Lets in what is signed with the secret, fresh, and not seen before."""

    def __init__(self, secret: str, now_s: Callable[[], float]) -> None:
        self._key = f"{secret}&".encode()
        self._now_s = now_s
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    def check(self, form: dict[str, str]) -> None:
        given = form.get("Signature", "")
        if not hmac.compare_digest(given, self._signature(form)):
            raise Refused("SignatureDoesNotMatch")
        sent = datetime.strptime(form["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(sent.timestamp() - self._now_s()) > _CLOCK_DRIFT_MAX_S:
            raise Refused("InvalidTimeStamp.Expired")
        with self._lock:
            if form["SignatureNonce"] in self._nonces:
                raise Refused("SignatureNonceUsed")
            self._nonces.add(form["SignatureNonce"])

    def _signature(self, form: dict[str, str]) -> str:
        rest = sorted((name, value) for name, value in form.items() if name != "Signature")
        query = urllib.parse.urlencode(rest, quote_via=urllib.parse.quote, safe="~")
        signed = f"POST&%2F&{urllib.parse.quote(query, safe='~')}"
        return base64.b64encode(hmac.new(self._key, signed.encode(), "sha1").digest()).decode()


def _serve(book: Book, gate: _Gate, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    head = {"RequestId": str(uuid4()).upper()}
    try:
        gate.check(form)
        if form["Action"] == "SendSms":
            return 200, {**head, "Code": "OK", "Message": "OK", "BizId": book.take(form)}
        if form["Action"] == "SendBatchSms":
            return 200, {**head, "Code": "OK", "Message": "OK", "BizId": book.take_batch(form)}
        if form["Action"] == "QuerySendDetails":
            return 200, {**head, "Code": "OK", "Message": "OK", **book.details(form)}
        raise Refused("InvalidAction.NotFound")
    except Refused as refusal:
        book.refuse(refusal.code)
        return _status(refusal.code), {**head, "Code": refusal.code, "Message": refusal.code}


def _status(code: str) -> int:
    # Business refusals come with HTTP 200, the gateway's own with 400.
    return 200 if code.startswith(("isv.", "isp.")) else 400
