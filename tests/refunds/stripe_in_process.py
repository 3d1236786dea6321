"""The real gateway client over books kept in this process, as careless as localstripe: keys are forgotten."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from chalicelib.kernel.clock import Clock
from integrations.stripe import forms
from integrations.stripe.client import StripeGateway

SECRET = "whsec_of_a_test"


class StripeInProcess(StripeGateway):
    """``faults``: what the next POSTs do, first to last: ``lost`` never arrives, ``mute`` arrives without an answer."""

    def __init__(self, account_no: str, serial_of: Any, clock: Clock) -> None:
        super().__init__("http://nowhere", "sk", SECRET, account_no, serial_of, clock=clock)
        self.at = clock
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunded: list[dict[str, Any]] = []
        self.booked: list[dict[str, Any]] = []
        self.faults: list[str] = []

    def _exchange(self, call: forms.Call) -> tuple[int, bytes]:
        given, fault = dict(call.pairs), ""
        if call.verb == "POST":
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "lost":
                return 502, b""
        if call.path == "/v1/payment_intents":
            answer = self._open(given)
        elif call.path.startswith("/v1/payment_intents/"):
            answer = self.intents[call.path.rsplit("/", 1)[1]]
        elif call.path == "/v1/refunds" and call.verb == "POST":
            answer = self._refund(given)
        else:
            serial = given.get("payment_intent")
            of_it = [each for each in self.refunded if each["payment_intent"] == serial]
            found = of_it if call.path == "/v1/refunds" else self.booked[::-1]
            answer = {"object": "list", "data": found, "has_more": False}
        return (502, b"") if fault == "mute" else (200, json.dumps(answer).encode())

    def _seconds(self) -> int:
        return self.at.now_ms() // 1_000

    def _open(self, given: dict[str, str]) -> dict[str, Any]:
        serial = f"pi_{len(self.intents) + 1}"
        self.intents[serial] = {
            "id": serial,
            "object": "payment_intent",
            "amount": int(given["amount"]),
            "currency": given["currency"],
            "created": self._seconds(),
            "status": "requires_payment_method",
            "client_secret": f"{serial}_secret",
            "metadata": {"hub_ref": given["metadata[hub_ref]"]},
            "latest_charge": None,
        }
        return self.intents[serial]

    def _refund(self, given: dict[str, str]) -> dict[str, Any]:
        refund = {
            "id": f"re_{len(self.refunded) + 1}",
            "object": "refund",
            "amount": int(given["amount"]),
            "status": "succeeded",
            "payment_intent": given["payment_intent"],
            "metadata": {"hub_ref": given["metadata[hub_ref]"]},
        }
        self.refunded.append(refund)
        intent = self.intents[given["payment_intent"]]
        self._book("refund", -int(given["amount"]), {**refund, "payment_intent": intent})
        return refund

    def _book(self, kind: str, fen: int, source: dict[str, Any]) -> dict[str, Any]:
        booking = {
            "id": f"txn_{len(self.booked) + 1}",
            "type": kind,
            "amount": fen,
            "fee": 0,
            "currency": "cny",
            "created": self._seconds(),
            "source": source,
        }
        self.booked.append(booking)
        return booking

    def pay(self, serial: str) -> None:
        """The resident pays."""
        intent = self.intents[serial]
        charge = {"id": f"ch_{serial}", "payment_method": "pm_1"}
        booking = self._book("payment", int(intent["amount"]), {**charge, "payment_intent": dict(intent)})
        charge["balance_transaction"] = {"id": booking["id"], "created": booking["created"]}
        intent |= {"status": "succeeded", "latest_charge": charge}

    def event(self, serial: str) -> tuple[bytes, str]:
        """The signed event about a payment: its bytes and its header."""
        told = {"id": f"evt_{serial}", "type": "payment_intent.succeeded", "created": self._seconds()}
        body = json.dumps({**told, "data": {"object": self.intents[serial]}}).encode()
        signed = hmac.new(SECRET.encode(), f"{self._seconds()}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={self._seconds()},v1={signed}"
