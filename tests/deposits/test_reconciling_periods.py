"""One account and two periods: each line is in one period's books, and the account goes on where it ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.deposits import records, statement_records, statements
from chalicelib.deposits.intake import Account
from chalicelib.deposits.reconciling import reconcile
from chalicelib.deposits.rules import allot, period_of_number
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel.errors import Pending, ReconciliationOpen
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, DepositMonth, plan_of

NEXT = "2026-04"
OPENINGS = {"2026-03": 1_000, "2026-04": 2_000}


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """One deposit; its statement opens at nothing."""
    month = DepositMonth(applicants=1)
    month.pay(0)
    month.take_statement()
    return month


def keep_statement(day: str, closing_fen: int, account_no: str = "3301040160000000001") -> None:
    """An earlier statement of the account."""
    StatementRecord(
        *statement_records.statement_key(CHANNEL, day),
        channel=CHANNEL,
        day=day,
        key="-",
        batch_no="-",
        account_no=account_no,
        opening_fen=0,
        closing_fen=closing_fen,
        lines=0,
        problems=0,
        digest="-",
        state=StatementState.CLOSED,
    ).save()


def fields(period: str = PERIOD) -> list[str]:
    with pytest.raises(ReconciliationOpen) as found:
        reconcile(period)
    return [problem.field for problem in found.value.problems]


@pytest.mark.parametrize(
    ("at_ms", "period"),
    [(999, "2026-03"), (1_000, "2026-03"), (1_999, "2026-03"), (2_000, "2026-04"), (9_999, "2026-04")],
)
def test_given_an_arrival_then_it_is_for_the_latest_period_that_had_opened(at_ms, period):
    assert allot(at_ms, OPENINGS) == period
    assert allot(at_ms, dict(reversed(OPENINGS.items()))) == period


def test_given_no_period_then_nothing_says_what_a_payment_is_for():
    with pytest.raises(ValueError, match="no period"):
        allot(0, {})


@pytest.mark.parametrize(
    ("number", "period"),
    [("RF202603" + "0" * 24, "2026-03"), ("RF202603" + "0" * 23, ""), ("", ""), ("XX202603" + "0" * 24, "")],
)
def test_given_a_number_of_ours_then_it_tells_its_period(number, period):
    assert period_of_number(number) == period


def test_given_the_closing_balance_before_then_the_first_statement_opens_with_it(month):
    keep_statement("2026-03-01", closing_fen=7)
    keep_statement("2026-03-09", closing_fen=0)

    assert reconcile(PERIOD)["differences"] == 0


@pytest.mark.parametrize("change", [{"closing_fen": 7}, {"closing_fen": 0, "account_no": "1"}])
def test_given_another_closing_balance_or_account_then_the_books_stay_open(month, change):
    keep_statement("2026-03-09", **change)

    assert fields() == ["statement hangzhou#2026-03-11"]


def test_given_a_day_between_that_is_not_closed_then_the_books_stay_open(month):
    keep_statement("2026-03-15", closing_fen=DEPOSIT)
    record = StatementRecord.get(*statement_records.statement_key(CHANNEL, "2026-03-15"))
    record.update([StatementRecord.state.set(StatementState.READ), StatementRecord.opening_fen.set(DEPOSIT)])

    with pytest.raises(ReconciliationOpen, match="1 处"):
        reconcile(PERIOD, "2026-03-07", "2026-03-20")
    assert reconcile(PERIOD)["statements"] == 1


def two_months(month: DepositMonth) -> None:
    """April is published and knows its applicants."""
    month.plans.append(plan_of(NEXT))
    month.apply(1, period=NEXT)
    month.apply(2, period=NEXT)


def test_given_a_day_on_which_two_periods_meet_when_either_takes_it_in_then_each_has_its_own_lines(month):
    two_months(month)
    late = month.pay(1, at="2026-04-07T08:59:59.999")
    april = month.pay(1, at="2026-04-07T09:00:00")
    other = month.pay(2, at="2026-04-07T09:30:00")
    month.take_statement(times=2)

    found = {credit.serial: credit.state for credit in records.credits(NEXT)}
    assert found == {april: "matched", other: "matched"}
    assert records.find_credit(PERIOD, CHANNEL, late).reason == "late"
    assert balances(ledger.entries(NEXT)) == {"bank:hangzhou": 2 * DEPOSIT, "held:2026-04": -2 * DEPOSIT}
    assert month.balances() == {
        "bank:hangzhou": 2 * DEPOSIT,
        "held:2026-03": -DEPOSIT,
        "returnable:2026-03": -DEPOSIT,
    }
    assert reconcile(PERIOD)["differences"] == reconcile(NEXT)["differences"] == 0


def test_given_a_line_whose_entry_is_missing_in_the_other_period_then_neither_closes(month):
    two_months(month)
    month.pay(0, at="2026-03-18T10:00:00")
    april = month.pay(1, at="2026-04-07T09:00:00")
    month.take_statement()
    for record in ledger.EntryRecord.scan():
        if record.cause == f"credit/{CHANNEL}/{april}":
            record.delete()

    assert f"credit/{CHANNEL}/{april} of {NEXT}" in fields()
    assert f"credit/{CHANNEL}/{april}" in fields(NEXT)


def test_given_a_period_that_does_not_know_its_applicants_then_its_payments_wait_and_the_others_are_booked(month):
    two_months(month)
    own = month.pay(0, at="2026-03-20T10:00:00")
    coming = month.pay(1, at="2026-04-07T09:00:00")
    day, key = month.statement()
    [chunk] = month.read(day, key)["chunks"]
    ready = month.intake

    def terms(period: str):
        if period == NEXT:
            raise Pending("INTAKE_NOT_READY", "-")
        return ready.terms(period)

    early: Account = replace(ready, terms=terms)
    with pytest.raises(Pending, match="LINES_WAIT"):
        statements.book_chunk(month.files, early, PERIOD, chunk["key"])
    with pytest.raises(ReconciliationOpen, match="STATEMENT_OPEN"):
        statements.close_statement(PERIOD, CHANNEL, day)

    assert records.find_credit(PERIOD, CHANNEL, own) is not None
    assert records.find_credit(NEXT, CHANNEL, coming) is None
    assert statements.book_chunk(month.files, ready, NEXT, chunk["key"]) == {"matched": 1, "returnable": 1}
    assert statements.close_statement(PERIOD, CHANNEL, day)["lines"] == 2


def test_given_a_booked_line_when_another_period_is_published_afterwards_then_it_stays_where_it_is(month):
    two_months(month)
    serial = month.pay(1, at="2026-04-07T09:00:00")
    day, key = month.statement()
    [chunk] = month.read(day, key)["chunks"]
    month.book(chunk["key"])
    opens_ms = {**month.intake.opens_ms, "2026-05": month.intake.opens_ms[NEXT]}

    again = statements.book_chunk(month.files, replace(month.intake, opens_ms=opens_ms), NEXT, chunk["key"])

    assert again == {"matched": 1}
    assert [credit.serial for credit in records.credits(NEXT)] == [serial]
    assert list(records.credits("2026-05")) == []


def test_given_a_closed_day_when_another_machine_reads_it_then_there_is_nothing_left_to_book(month):
    key = "hangzhou/statement/2026-03/2026-03-11/HZB_STMT_20260311.txt"

    assert month.read("2026-03-11", key) == {"chunks": [], "lines": 1, "problems": 0}


def test_given_a_statement_when_read_then_no_payer_stands_in_clear_in_the_work_bucket(aws):
    month = DepositMonth(applicants=1)
    month.pay(0)
    month.read(*month.statement())

    at_rest = b"".join(content for (bucket, _), content in month.files.held.items() if bucket == "work").decode()
    assert "6222" not in at_rest
    assert "申请人" not in at_rest


def test_the_periods_around_a_turn_of_the_year():
    assert records.following_period("2026-12") == "2027-01"
    assert records.preceding_period("2027-01") == "2026-12"
    assert records.following_period("2027-01") == "2027-02"
    assert records.preceding_period("2026-03") == "2026-02"
