"""The line to localstripe: events twice and signed, forgeries told, a lost answer that must not pay twice; books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
import requests
import stripe

from chalicelib.kernel.errors import Pending
from chalicelib.ledger.rules import Entry, move
from integrations.ports import WalletOrder, WalletOutcome, WalletRefund
from integrations.simulated import HttpSimulator, Reply, Request, as_json
from integrations.stripe.client import StripeGateway
from local import localstripe
from local.checks.wallet_books import wallet_gave_back_once
from local.localstripe.door import Door
from local.processes import free_port
from local.world.wallet import StripeTill
from local.world.web import now_ms, until

TRADE, FEN = "HP202603_1_001", 200_000


class Hub(HttpSimulator):
    """Believes what the official package believes, of the right amount."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def serve(self, request: Request) -> Reply:
        body = request.body.decode()
        try:
            event = stripe.Webhook.construct_event(
                body, request.headers["Stripe-Signature"], localstripe.SIGNING_SECRET
            )
        except stripe.SignatureVerificationError:
            return as_json(401, {})
        self.told.append(event.type)
        right = event.type == "payment_intent.succeeded" and event.data.object["amount"] == FEN
        return as_json(200, {"state": "taken" if right else "ignored"})


@dataclass
class Line:
    hub: Hub
    door: Door
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def gateway(self) -> StripeGateway:
        keys = (localstripe.API_KEY, localstripe.SIGNING_SECRET)
        return StripeGateway(self.door.url, *keys, "2088", lambda ref: self.kept.get(ref, ""))

    def faults(self, **given: int) -> None:
        requests.post(f"{self.door.url}/_faults", json=given, timeout=5).raise_for_status()

    def state(self) -> Any:
        return requests.get(f"{self.door.url}/_state", timeout=5).json()


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with ExitStack() as running:
        hub, port = running.enter_context(Hub()), free_port()
        door = running.enter_context(
            Door(free_port(), f"http://127.0.0.1:{port}", f"{hub.url}/events", localstripe.SIGNING_SECRET)
        )
        running.enter_context(localstripe.running(port, f"{door.url}/_events"))
        yield Line(hub, door)


def test_given_a_payment_on_the_line_then_it_is_told_twice_its_refund_leaves_once_and_a_forgery_is_not_believed(
    line: Line,
) -> None:
    trade = line.gateway.create(WalletOrder(TRADE, FEN, "-", "-"))
    line.kept[TRADE] = trade.serial
    till = StripeTill(line.door.url)
    assert till.pay({"trade_no": trade.serial}) == []
    for _ in until(now_ms() + 10_000):
        if line.hub.told.count("payment_intent.succeeded") == 2:
            break
    assert line.state()["answers"]["taken"] == 2
    assert till.tell_falsely(TRADE) == []

    order = WalletRefund("RF1", TRADE, FEN, "-")
    line.faults(lost_refund=1)
    with pytest.raises(Pending):
        line.gateway.refund(order)
    assert line.state()["faults"] == {"lost_refund": 0}
    assert line.gateway.refund(order).outcome is WalletOutcome.PAID
    books = localstripe.books(line.door.url, line.kept.values())
    assert [(each["out_trade_no"], each["fen"], each["refunds"]) for each in books["trades"]] == [
        (TRADE, FEN, [["RF1", FEN]])
    ]
    assert wallet_gave_back_once(books, paid(("RF1", FEN))).holds


def paid(*refunds: tuple[str, int]) -> tuple[Entry, ...]:
    accounts = {"debit": "transit:alipay", "credit": "bank:alipay"}
    day = date(2026, 4, 4)
    return tuple(
        move(f"refund-paid/{ref}", "refund_paid", "2026-03", day, 0, **accounts, amount_fen=fen, subject=ref)
        for ref, fen in refunds
    )


@pytest.mark.parametrize(
    ("refunds", "entries", "fault"),
    [
        ([["RF1", 5], ["RF1", 5]], paid(("RF1", 5)), "RF1 was refunded 2 times"),
        ({"RF1": FEN, "RF2": 1}, paid(("RF1", FEN), ("RF2", 1)), "gave back more than it brought"),
        ({"RF1": 5}, paid(), "RF1: 5 fen in the wallet's books, 0 in the ledger"),
        ({}, paid(("RF1", 5)), "RF1: 0 fen in the wallet's books, 5 in the ledger"),
    ],
)
def test_given_books_that_say_otherwise_when_checked_then_it_fails(
    refunds: Any, entries: tuple[Entry, ...], fault: str
) -> None:
    found = wallet_gave_back_once({"trades": [{"out_trade_no": TRADE, "fen": FEN, "refunds": refunds}]}, entries)
    assert not found.holds
    assert fault in found.detail
