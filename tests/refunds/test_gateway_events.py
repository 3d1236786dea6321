"""The door at which a gateway shaped as Stripe tells of payments, as the gateway meets it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client

from app import app
from chalicelib.deposits import paying, payment_routes, trade_records
from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.wiring import _serial_of
from tests.deposits.deposit_month import DEPOSIT, PLAN, DepositMonth, code
from tests.refunds.stripe_in_process import StripeInProcess


def test_given_events_when_right_repeated_wrong_or_not_ours_then_each_has_its_answer_and_one_telling_is_kept(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, queue = SetClock(at_shanghai("2026-03-10T10:00:00")), list[str]()
    month, gateway = DepositMonth(applicants=1), StripeInProcess("2088", _serial_of, clock)
    monkeypatch.setattr(payment_routes, "hub", lambda: SimpleNamespace(wallet=lambda _: gateway, clock=clock))
    monkeypatch.setattr(payment_routes, "_queue", lambda: SimpleNamespace(send=queue.append))
    till = paying.Till(PLAN, DEPOSIT, gateway, month.vault, clock.at_ms)
    opened = paying.open_payment(till, code(0), "-")
    assert opened.trade.serial == paying.open_payment(till, code(0), "-").trade.serial == "pi_1"
    assert (opened.pay_token, "secret" in repr(opened)) == ("pi_1_secret", False)
    gateway.pay("pi_1")
    body, signature = gateway.event("pi_1")

    def tell(content: bytes, signed: str) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed}
        with Client(app) as door:
            answer = door.http.post("/stripe/notifications", headers=headers, body=content)
        return answer.status_code, answer.json_body

    assert [tell(body, signature) for _ in range(2)] == [(200, {"state": "taken"})] * 2
    assert tell(body + b" ", signature)[0] == 401
    gateway.intents["pi_1"]["metadata"] = {"hub_ref": "HP202603_0000000000000_001"}
    assert tell(*gateway.event("pi_1")) == (200, {"state": "ignored", "code": "NOTIFICATION_HUB_REF"})
    assert len(queue) == 2
    assert '"paid_at_ms":1773108000000' in trade_records.find_told("alipay", "evt_pi_1").content
    assert "secret" not in trade_records.find_told("alipay", "evt_pi_1").content
