"""The steps as machines call them: each period books its own payments, and every day is reconciled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.deposits import difference_records, records, tasks
from chalicelib.kernel.errors import Pending, ReconciliationOpen
from chalicelib.ledger import records as ledger
from chalicelib.ledger import sealing
from chalicelib.periods.openings import openings
from chalicelib.periods.reaching import reach
from chalicelib.periods.records import PeriodState, find_period, mark_approved, save_plan
from integrations.ports import OwnAccount
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, DepositMonth, plan_of

NEXT = "2026-04"


@pytest.fixture
def month(aws: None, monkeypatch: pytest.MonkeyPatch) -> DepositMonth:
    """March and April are published."""
    month = DepositMonth(applicants=3)
    for plan in (PLAN, plan_of(NEXT)):
        save_plan(plan, PeriodState.RUNNING, "li")
        mark_approved(plan.period, find_period(plan.period).plan_digest, "wang")
    for number in range(3):
        month.apply(number, period=NEXT)
    hub = SimpleNamespace(
        files=month.files,
        clock=month.clock,
        bank=lambda _: month.bank,
        own_accounts=lambda: (OwnAccount(CHANNEL, "3301040160000000001"), OwnAccount("minsheng", MINSHENG_ACCOUNT)),
        keys=SimpleNamespace(vault=lambda: month.vault),
    )
    monkeypatch.setattr(tasks, "hub", lambda: hub)
    return month


MINSHENG_ACCOUNT = "698000001"


def step(name: str, period: str = PERIOD, **given: Any) -> Any:
    return tasks.handle({"step": name, "period": period, "channel": CHANNEL, **given}, None)


def take(month: DepositMonth, day: str, period: str = PERIOD) -> dict[str, int]:
    key = month.account.close_day(day)
    counts: dict[str, int] = {}
    for chunk in step("read_statement", period, day=day, key=key)["chunks"]:
        counts |= step("book", period, key=chunk["key"])
    step("close_statement", period, day=day)
    return counts


def test_given_approved_plans_then_it_is_known_when_each_period_opens(month):
    assert openings() == {PERIOD: PLAN.at("deposits_open"), NEXT: plan_of(NEXT).at("deposits_open")}


def test_given_a_day_when_taken_in_then_it_is_booked_sealed_and_reconciled(month):
    month.pay(0)

    assert take(month, "2026-03-10") == {"matched": 1}

    assert [len(segment.entries) for segment in sealing.segments(PERIOD)] == [1]
    assert difference_records.last_found(PERIOD)["reconciled_at_ms"] == month.clock.now_ms()
    assert {file["name"] for file in step("summary")["files"]} == {"credits.csv", "deposits.csv"}
    assert step("reconcile") == {"differences": 0, "statements": 1, "entries": 1}


def test_given_money_from_our_other_bank_when_a_day_is_taken_in_then_only_the_month_s_end_waits(month):
    month.pay(0)
    month.pay(9, account=MINSHENG_ACCOUNT, memo="划转", payer_name="竞价专户")

    assert take(month, "2026-03-10") == {"matched": 1, "moved": 1}

    assert step("hold_books")["differences"] == 1
    assert [each["code"] for each in difference_records.last_found(PERIOD)["differences"]] == ["MOVED_HALF"]
    with pytest.raises(ReconciliationOpen):
        step("reconcile")


def test_given_the_other_period_still_takes_deposits_then_its_own_machine_books_its_payments(month):
    month.pay(0, at="2026-04-07T10:00:00")
    with pytest.raises(Pending, match="LINES_WAIT"):
        take(month, "2026-04-07")
    assert list(records.credits(NEXT)) == []

    assert take(month, "2026-04-07", NEXT) == {"matched": 1}
    assert take(month, "2026-04-07") == {}
    assert [len(list(ledger.entries(period))) for period in (PERIOD, NEXT)] == [0, 1]


def test_given_the_other_period_has_closed_its_intake_then_whoever_meets_its_payment_books_it(month):
    reach(NEXT, tasks.INTAKE_DONE, 1)
    month.pay(0, at="2026-04-20T10:00:00")

    assert take(month, "2026-04-20") == {"returnable": 1}

    assert [credit.reason for credit in records.credits(NEXT)] == ["late"]
    assert [len(segment.entries) for segment in sealing.segments(NEXT)] == [1]


def test_given_an_entry_that_is_gone_then_the_deposits_are_not_summed_up_over_a_place_that_differs(month):
    month.pay(0)
    take(month, "2026-03-10")
    for record in ledger.EntryRecord.scan():
        if record.cause:
            record.delete()

    with pytest.raises(ReconciliationOpen):
        step("summary")
    found = difference_records.last_found(PERIOD)["differences"]
    assert {(each["code"], each["ledger_fen"]) for each in found} == {("LINE_NOT_BOOKED", None), ("PLACE_DIFFERS", 0)}
    assert {each["bank_fen"] for each in found} == {DEPOSIT, -DEPOSIT}
