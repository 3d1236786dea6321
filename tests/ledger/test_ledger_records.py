"""The table takes a cause once."""

from datetime import date

import pytest

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import records
from chalicelib.ledger.rules import Entry, move

PERIOD = "2026-03"


def entry(amount_fen: int = 200_000, cause: str = "credit/hangzhou/1", at_ms: int = 1) -> Entry:
    return move(
        cause,
        "credit",
        PERIOD,
        date(2026, 3, 10),
        at_ms,
        debit="bank:hangzhou",
        credit="held:2026-03",
        amount_fen=amount_fen,
        subject="1",
    )


def test_given_an_entry_when_posted_twice_then_it_stands_once(aws):
    assert records.post(entry(at_ms=1)) is True
    assert records.post(entry(at_ms=2)) is False

    assert list(records.entries(PERIOD)) == [entry(at_ms=1)]
    assert records.read(PERIOD, "credit/hangzhou/1") == entry(at_ms=1)


def test_given_an_entry_when_its_cause_is_posted_with_another_amount_then_it_is_a_conflict(aws):
    records.post(entry())

    with pytest.raises(Conflict) as refused:
        records.post(entry(amount_fen=1))

    assert refused.value.code == "LEDGER_CONFLICT"
    assert list(records.entries(PERIOD)) == [entry()]


def test_given_a_transaction_whose_other_condition_fails_then_nothing_is_posted(aws):
    transaction = Transaction()
    transaction.check(records.EntryRecord, "no such", "item", records.EntryRecord.pk.exists())

    with pytest.raises(Conflict) as refused:
        records.post(entry(), transaction)

    assert refused.value.code == "CONDITION_FAILED"
    assert records.read(PERIOD, "credit/hangzhou/1") is None


def test_given_entries_of_two_periods_when_one_is_listed_then_the_other_is_not(aws):
    for number in range(40):
        records.post(entry(cause=f"credit/hangzhou/{number}"))

    assert len(list(records.entries(PERIOD))) == 40
    assert list(records.entries("2026-04")) == []
