"""The line between the hub and a gateway: passes everything on as it came, and lets happen what happens on lines.

| door | does |
|---|---|
| any ``/v1/...`` | the gateway's; a refund whose answer was scripted to be lost is made, and not answered |
| POST ``/_events`` | where the gateway's signed events go: each is told to the hub twice over |
| POST ``/_forge`` | tells the hub the last payment falsely: ``{"answers": {"signature", "stale", "amount"}}`` |
| POST ``/_faults`` | ``{"lost_refund": n}``: the next n refunds are made, and their answers lost |
| GET ``/_state`` | ``{"faults", "events", "answers"}``: how many events came, and the hub's answers to them, counted |

An answer of the hub is its word ``taken`` or ``ignored``, or an HTTP status.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections import Counter

import requests

from integrations.simulated import HttpSimulator, Reply, Request, as_json

COPIES = 2
SIGNATURE = "Stripe-Signature"
_PASSED_ON = ("Authorization", "Content-Type", "Idempotency-Key", "Stripe-Version", SIGNATURE)
_ANSWER_WITHIN_S = 30


class Door(HttpSimulator):
    """Use it as a context. ``signing_secret`` is the gateway's, to forge with as a leak would let somebody."""

    def __init__(self, port: int, gateway_url: str, hub_url: str, signing_secret: str) -> None:
        super().__init__(port)
        self._gateway_url, self._hub_url, self._secret = gateway_url, hub_url, signing_secret.encode()
        self._lock = threading.Lock()
        self.faults = {"lost_refund": 0}
        self._events, self._answers, self._last = 0, Counter[str](), b""

    def serve(self, request: Request) -> Reply | None:
        """Pass it on, or do what a control asks."""
        match request.path:
            case "/_events":
                return self._told(request)
            case "/_forge":
                return as_json(200, {"answers": self._forged()})
            case "/_faults":
                self.faults.update(request.given())
                return as_json(200, self.faults)
            case "/_state":
                return as_json(200, {"faults": self.faults, "events": self._events, "answers": self._answers})
        return self._passed_on(request)

    def _passed_on(self, request: Request) -> Reply | None:
        url = f"{self._gateway_url}{request.path}" + (f"?{request.query}" if request.query else "")
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        answer = requests.request(
            request.method, url, data=request.body or None, headers=headers, timeout=_ANSWER_WITHIN_S
        )
        with self._lock:
            lost = request.method == "POST" and request.path == "/v1/refunds" and self.faults["lost_refund"] > 0
            self.faults["lost_refund"] -= lost
        return None if lost else Reply(answer.status_code, answer.content)

    def _told(self, request: Request) -> Reply:
        answers = [self._tell(request.body, request.headers[SIGNATURE]) for _ in range(COPIES)]
        with self._lock:
            self._events += 1
            self._answers.update(answers)
            if b"payment_intent.succeeded" in request.body:
                self._last = request.body
        return as_json(502 if any(answer.isdigit() for answer in answers) else 200, {})

    def _tell(self, body: bytes, signature: str) -> str:
        headers = {"Content-Type": "application/json; charset=utf-8", SIGNATURE: signature}
        answer = requests.post(self._hub_url, data=body, headers=headers, timeout=_ANSWER_WITHIN_S)
        return str(answer.json()["state"]) if answer.ok else str(answer.status_code)

    def _forged(self) -> dict[str, str]:
        now_s, event = int(time.time()), json.loads(self._last)
        event["data"]["object"]["amount"] += 1
        event["id"] += "_forged"
        other = json.dumps(event).encode()
        return {
            "signature": self._tell(other, self._signed(self._last, now_s)),
            "stale": self._tell(self._last, self._signed(self._last, now_s - 3_600)),
            "amount": self._tell(other, self._signed(other, now_s)),
        }

    def _signed(self, body: bytes, at_s: int) -> str:
        digest = hmac.new(self._secret, b"%d.%s" % (at_s, body), hashlib.sha256).hexdigest()
        return f"t={at_s},v1={digest}"
