"""What two periods have in common: one account that goes on, and payments that are in one period's books only."""

from __future__ import annotations

import pytest

from chalicelib.deposits import records, statement_records
from chalicelib.deposits.reconciling import reconcile
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel.errors import ReconciliationOpen
from tests.deposits.deposit_month import CHANNEL, PERIOD, DepositMonth


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """One deposit; its statement opens at nothing."""
    month = DepositMonth(applicants=1)
    month.pay(0)
    month.take_statement()
    return month


def keep_statement(period: str, day: str, closing_fen: int, account_no: str = "3301040160000000001") -> None:
    """An earlier period's statement."""
    StatementRecord(
        *statement_records.statement_key(period, CHANNEL, day),
        period=period,
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


def test_given_the_preceding_period_s_closing_balance_then_the_first_statement_opens_with_it(month):
    keep_statement("2026-02", "2026-03-09", closing_fen=0)
    keep_statement("2026-02", "2026-03-20", closing_fen=7)  # a day that this period has its own statement for

    assert reconcile(PERIOD)["differences"] == 0


@pytest.mark.parametrize("change", [{"closing_fen": 7}, {"closing_fen": 0, "account_no": "1"}])
def test_given_another_closing_balance_or_account_then_the_books_stay_open(month, change):
    keep_statement("2026-02", "2026-03-09", **change)

    assert fields() == ["statement hangzhou#2026-03-11"]


@pytest.mark.parametrize("other", ["2026-02", "2026-04"])
def test_given_a_payment_in_the_books_of_two_periods_then_they_stay_open(month, other):
    credit = next(iter(records.credits(PERIOD)))
    pk, sk = records.credit_key(other, CHANNEL, credit.serial)
    kept = {name: value for name, value in credit.attribute_values.items() if name not in ("pk", "sk")}
    records.CreditRecord(pk, sk, **kept).save()

    assert fields() == [f"credit {credit.ref}"]


def test_the_periods_around_a_turn_of_the_year():
    assert records.following_period("2026-12") == "2027-01"
    assert records.preceding_period("2027-01") == "2026-12"
    assert records.following_period("2027-01") == "2027-02"
    assert records.preceding_period("2026-03") == "2026-02"
