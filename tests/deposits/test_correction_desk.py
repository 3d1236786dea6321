"""A doubtful payment put right by two operators; and the doors, with the roles they ask for."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client

import app as hub_app
from chalicelib.deposits import reconciling, records, routes
from chalicelib.deposits.correction_desk import confirm, propose
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.records import PeriodState, save_plan
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, DepositMonth, code


@pytest.fixture
def month(aws: None) -> DepositMonth:
    month = DepositMonth(applicants=3)
    month.ref = f"{CHANNEL}#{month.pay(1, memo='保证金', amount_fen=DEPOSIT + 5)}"
    month.take_statement()
    return month


def confirmed(month: DepositMonth, by: str = "wang", number: int = 1):
    return confirm(PERIOD, month.ref, code(number), actor=Actor(by, ("approver",), 1), deposit_fen=DEPOSIT)


def test_given_a_proposal_when_another_person_confirms_twice_then_it_is_held_once(month):
    propose(PERIOD, month.ref, code(1), actor=Actor("li", ("cashier",), 1))

    first, again = confirmed(month), confirmed(month)

    assert first.credit_ref == again.credit_ref == month.ref
    assert (first.amount_fen, first.excess_fen) == (DEPOSIT, 5)
    assert month.balances() == {"bank:hangzhou": DEPOSIT + 5, "held:2026-03": -DEPOSIT - 5}
    assert reconciling.reconcile(PERIOD)["differences"] == 0
    credit = records.find_credit(PERIOD, CHANNEL, month.ref.partition("#")[2])
    assert (credit.proposed_by, credit.confirmed_by, credit.state) == ("li", "wang", "matched")


@pytest.mark.parametrize(
    ("words", "number", "error", "why"),
    [
        (("li", "li"), 1, NotAllowed, "SELF_APPROVAL"),
        (("", "wang"), 1, Conflict, "CORRECTION_DIFFERS"),
        (("li", "wang"), 2, InvalidInput, "PAYER_NAME"),
        (("li", "wang"), 9, NotFound, "APPLICANT_UNKNOWN"),
    ],
)
def test_given_anything_less_than_two_equal_words_then_nothing_moves(month, words, number, error, why):
    proposed_by, confirmed_by = words
    if proposed_by:
        propose(PERIOD, month.ref, code(1), actor=Actor(proposed_by, ("cashier",), 1))

    with pytest.raises(error, match=why):
        confirmed(month, confirmed_by, number)

    assert month.balances()["doubtful:2026-03"] == -DEPOSIT - 5


def test_given_a_code_that_holds_a_deposit_or_a_payment_that_is_not_doubtful_then_it_is_not_proposed(month):
    month.pay(1, at="2026-03-10T12:00:00")
    matched = f"{CHANNEL}#{month.pay(2)}"
    month.take_statement()

    with pytest.raises(Conflict, match="DEPOSIT_STANDS"):
        propose(PERIOD, month.ref, code(1), actor=Actor("li", ("cashier",), 1))
    with pytest.raises(NotFound, match="PAYMENT_NOT_FOUND"):
        propose(PERIOD, matched, code(2), actor=Actor("li", ("cashier",), 1))


def test_given_the_doors_then_each_asks_for_its_role_and_the_deadline_holds(month, monkeypatch):
    save_plan(PLAN, PeriodState.RUNNING, "system")
    asked: list[tuple[str, ...]] = []
    who = ["li"]

    def operator(request: Any, *roles: str) -> Any:
        asked.append(roles)
        return SimpleNamespace(subject=who[0], roles=roles)

    monkeypatch.setattr(routes.access, "operator", operator)
    for module in (routes, routes.access):
        monkeypatch.setattr(module, "hub", lambda: SimpleNamespace(clock=month.clock))
    at_month = local_text(month.clock.at_ms)[:7]
    channel, _, serial = month.ref.partition("#")
    body = {"period": PERIOD, "channel": channel, "serial": serial, "application_code": code(1)}

    with Client(hub_app.app) as client:

        def post(door: str) -> Any:
            headers = {"Content-Type": "application/json"}
            return client.http.request("POST", f"/deposits/{door}", headers=headers, body=json.dumps(body))

        assert post("correction-proposals").status_code == 202
        who[0] = "wang"
        assert post("correction-confirmations").json_body["state"] == "held"
        assert client.http.get(f"/periods/{PERIOD}/differences").json_body["total"] == 0
        assert client.http.get("/periods/March/differences").status_code == 400
        month.clock.at_ms = PLAN.at("corrections_close")
        assert post("correction-proposals").json_body["code"] == "CORRECTIONS_CLOSED"

    assert asked[:4] == [("cashier",), ("approver",), (), ()]
    told = [(act["act"], act["by"], act["subject"], act["before"], act["after"]) for act in trail(at_month).acts]
    proposed = {"code": code(1), "proposed_by": "li"}
    assert told == [
        ("correction.propose", "li", f"{PERIOD} {month.ref}", {}, proposed),
        ("correction.confirm", "wang", f"{PERIOD} {month.ref}", proposed, {"code": code(1), "state": "matched"}),
    ]
