"""What differs is named: a stable code and a proposed cause for each; only what time may settle holds up nothing."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.applicants.records import ApplicantNameRecord, name_pk
from chalicelib.deposits import difference_records, records
from chalicelib.deposits.comparing import Stated, Told, of_days, of_lines
from chalicelib.deposits.reconciling import reconcile
from chalicelib.deposits.viewing import own_deposit
from chalicelib.kernel.errors import NotFound, ReconciliationOpen
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import move
from tests.deposits.deposit_month import CHANNEL, PERIOD, DepositMonth, code, name

CREDIT = "credit/alipay/1"


@pytest.mark.parametrize(
    ("told", "posted", "code_", "why"),
    [
        ([Told(CREDIT, 5)], {}, "LINE_NOT_BOOKED", "not_yet_booked"),
        ([], {CREDIT: 5}, "ENTRY_NOT_STATED", "not_yet_stated"),
        ([Told(CREDIT, 5)], {CREDIT: 6}, "AMOUNT_DIFFERS", "amount_differs"),
        ([Told(CREDIT, 5), Told(CREDIT, 5)], {CREDIT: 5}, "LINE_TWICE", "booked_twice"),
        ([Told(CREDIT, 5), Told(CREDIT, 5)], {CREDIT: 10}, "LINE_TWICE", "booked_twice"),
        ([Told("debit/alipay/9", -5)], {}, "DEBIT_UNEXPLAINED", "unknown"),
    ],
)
def test_given_lines_and_entries_that_differ_then_code_and_cause_are_named(told, posted, code_, why):
    [found] = of_lines(told, posted)

    assert (found.code, found.why) == (code_, why)
    assert found.as_dict()["passing"] == (why in ("not_yet_booked", "not_yet_stated"))


def test_given_lines_that_agree_then_nothing_is_found():
    assert list(of_lines([Told(CREDIT, 5), Told("refund-paid/R", -5)], {CREDIT: 5, "refund-paid/R": -5})) == []


def stated(day: int, opening: int, closing: int, *, account: str = "1", closed: bool = True) -> Stated:
    return Stated(f"statement x#{day}", date(2026, 3, day), account, opening, closing, closed)


@pytest.mark.parametrize(
    ("later", "code_", "why"),
    [
        (stated(11, 7, 9), "CHAIN_BROKEN", "unknown"),
        (stated(13, 7, 9), "CHAIN_BROKEN", "not_yet_booked"),
        (stated(11, 5, 9, account="2"), "ACCOUNT_DIFFERS", "unknown"),
        (stated(11, 5, 9, closed=False), "STATEMENT_OPEN", "not_yet_booked"),
    ],
)
def test_given_days_that_do_not_follow_each_other_then_the_later_one_is_named(later, code_, why):
    [found] = of_days([stated(10, 0, 5), later])

    assert (found.code, found.why, found.subject) == (code_, why, later.name)


@pytest.fixture
def month(aws: None) -> DepositMonth:
    month = DepositMonth(applicants=3)
    month.pay(0)
    month.take_statement()
    return month


def post_more(cause: str, debit: str, credit: str, fen: int = 7) -> None:
    day = date(2026, 3, 11)
    ledger.post(move(cause, "k", PERIOD, day, 1, debit=debit, credit=credit, amount_fen=fen, subject="1"))


def test_given_planted_differences_then_the_list_names_exactly_them_and_nothing_closes(month):
    gone = month.pay(1)
    month.take_statement()
    for record in ledger.EntryRecord.scan():
        if record.cause.endswith(gone):
            record.delete()
    post_more("refund-paid/RF1", "transit:hangzhou", "bank:hangzhou")

    with pytest.raises(ReconciliationOpen):
        reconcile(PERIOD, at_ms=5)

    found = difference_records.last_found(PERIOD)
    assert (found["reconciled_at_ms"], found["total"]) == (5, 4)
    assert {(each["code"], each["subject"]) for each in found["differences"]} == {
        ("LINE_NOT_BOOKED", f"credit/{CHANNEL}/{gone}"),
        ("PLACE_DIFFERS", f"held {code(1)}"),
        ("ENTRY_NOT_STATED", "refund-paid/RF1"),
        ("IN_TRANSIT", "transit:hangzhou 1"),
    }


def test_given_a_payment_on_its_way_then_only_the_month_s_end_waits_for_it(month):
    post_more("refund-paid/RF1", "transit:hangzhou", "bank:hangzhou")
    post_more("refund-sent/RF1", "interest_expense", "transit:hangzhou")

    assert reconcile(PERIOD, final=False)["differences"] == 1
    with pytest.raises(ReconciliationOpen):
        reconcile(PERIOD)


def test_given_money_that_is_in_no_place_then_no_milestone_is_passed(month):
    post_more("never/1", "held:2026-03", "interest_income")

    with pytest.raises(ReconciliationOpen) as refused:
        reconcile(PERIOD, final=False)

    assert "PLACE_DIFFERS, unknown" in refused.value.problems[0].remedy


def test_given_no_reconciliation_yet_then_there_is_nothing_to_show(aws):
    assert difference_records.last_found(PERIOD)["reconciled_at_ms"] is None


def test_given_a_booked_credit_then_its_bidder_sees_the_deposit_at_once(month):
    shown = own_deposit(PERIOD, code(0))

    assert (shown["state"], shown["amount_yuan"], shown["doubtful"]) == ("held", "2000.00", [])
    assert own_deposit(PERIOD, code(1))["state"] == "none"
    with pytest.raises(NotFound):
        own_deposit(PERIOD, code(9))


def test_given_a_doubtful_payment_then_the_payer_sees_it_and_a_namesake_nothing(month):
    month.pay(1, memo="")
    month.take_statement()

    [waiting] = own_deposit(PERIOD, code(1))["doubtful"]
    assert (waiting["amount_yuan"], waiting["reason"]) == ("2000.00", "code_missing")
    assert own_deposit(PERIOD, code(2))["doubtful"] == []
    lookup = records.find_credit(PERIOD, CHANNEL, f"HZ{month.serial:08d}").payer_lookup
    month.apply(5, name_lookup=lookup)
    ApplicantNameRecord(name_pk(PERIOD, lookup), code(5)).save()
    assert own_deposit(PERIOD, code(1))["doubtful"] == []
    assert name(1) not in str(waiting)


def test_given_a_line_booked_between_two_reads_when_reconciled_then_it_is_no_difference(aws, monkeypatch):
    month = DepositMonth(applicants=2)
    month.pay(0)
    month.take_statement()
    entries, reads = ledger.entries, []

    def booked_meanwhile(period: str):
        standing = list(entries(period))
        if not reads:
            month.pay(1)
            month.take_statement()
        reads.append(period)
        return standing

    monkeypatch.setattr(ledger, "entries", booked_meanwhile)

    assert reconcile(PERIOD)["differences"] == 0
    assert len(reads) == 2
