"""A carrier to try against: Dysms over HTTP on 127.0.0.1, with the phones' screens to look at.

``POST /`` takes SendSms, SendBatchSms and QuerySendDetails, its parameters in the form or behind the ``?``. Controls
are those of every simulated carrier (``integrations/simulated_texts.py``).
"""

from __future__ import annotations

import base64
import hmac
import threading
import time
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from integrations.aliyun_sms.simulator_book import Book, report_of
from integrations.simulated import Reply, Request, as_json
from integrations.simulated_texts import CODE_LIMITS, Message, Refused, SimulatedCarrier

_CLOCK_DRIFT_MAX_S = 900


class SmsSimulator(SimulatedCarrier):
    """The carrier on a port of its own; ``start`` it, then reach it at ``url``; a context manager does both."""

    book: Book

    def __init__(
        self,
        secret: str,
        port: int = 0,
        *,
        code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS,
        now_s: Callable[[], float] = time.time,
        limited: bool = True,
    ) -> None:
        super().__init__(Book(now_s, code_limits, limited=limited), port)
        self._gate = _Gate(secret, now_s)

    def answer(self, request: Request) -> Reply:
        """The API."""
        given = f"{request.query}&{request.body.decode()}"
        form = dict(urllib.parse.parse_qsl(given, keep_blank_values=True))
        return as_json(*_answer(self.book, self._gate, form))

    def report_of(self, message: Message) -> dict[str, Any]:
        """A message as SmsReport pushes it."""
        return report_of(message)


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


def _answer(book: Book, gate: _Gate, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
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
