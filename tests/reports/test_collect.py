"""The month gathered from the rooms' own records: masked, sorted, in fen."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from chalicelib.applicants.records import ApplicantRecord, applicant_pk
from chalicelib.auctions.records import keep_same
from chalicelib.deposits.records import CreditRecord, CreditState, credit_key, deposit_from
from chalicelib.deposits.statement_records import StatementRecord, account_line, statement_key
from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.ledger import accounts, sealing
from chalicelib.ledger.records import post
from chalicelib.ledger.rules import Entry, Leg, move
from chalicelib.periods.plan import nominal
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.periods.rules import load_rules
from chalicelib.refunds.records import RefundRecord, refund_key
from chalicelib.refunds.rules import RefundState, Source, refund_number
from chalicelib.reports import tasks
from chalicelib.reports.collect import collect
from chalicelib.reports.month import Month
from chalicelib.treasury.records import NoticeRecord, notice_key
from integrations.ports import Direction

PERIOD = "2026-03"
CODE = "2026030000001"
NAME, ACCOUNT = "欧阳修远", "6228480402564890018"
PLAN = nominal(
    PERIOD, load_rules("hangzhou"), {"individual": 1, "unit": 0}, last_average_fen={}, lows_fen={}, last_mean_fen={}
)
VAULT = Vault(bytes(32), bytes(range(32)), SystemEntropy())
ARRIVED = at_shanghai("2026-03-10T09:15:02.123")


@pytest.fixture
def records(aws: None) -> None:
    save_plan(PLAN, PeriodState.RUNNING, "system")
    ApplicantRecord(
        applicant_pk(PERIOD, CODE),
        CODE,
        period=PERIOD,
        code=CODE,
        bidder_class="individual",
        id_type="id_card",
        valid_from="2026-01-01",
        valid_until="2026-12-31",
        qualified=True,
        activated_at_ms=1,
        **dict.fromkeys(("sealed_name", "sealed_id_number", "sealed_phone", "name_lookup", "id_lookup"), "-"),
        **dict.fromkeys(("phone_lookup", "content_lookup"), "-"),
    ).save()
    credit = a_credit("S1")
    credit.save()
    deposit_from(credit, CODE, 5_000).save()
    StatementRecord(
        *statement_key("hangzhou", "2026-04-03"),
        **{"channel": "hangzhou", "day": "2026-04-03", "key": "k", "batch_no": "1", "digest": "-"},
        **{"account_no": "1", "opening_fen": 700, "closing_fen": 710, "lines": 3, "problems": 0, "state": "closed"},
    ).save()
    our_ref = refund_number(PERIOD, Source.DEPOSIT, CODE, 1)
    line("S1", Direction.CREDIT, 205_000)
    line("I1", Direction.INTEREST, 10)
    line("D1", Direction.DEBIT, 205_000)
    a_refund(our_ref)
    a_notice()
    keep_same(PERIOD, "result", {"classes": {"individual": announced()}})
    bank, held = accounts.bank("hangzhou"), accounts.held(PERIOD)
    day = date(2026, 3, 10)
    post(move("in", "credit", PERIOD, day, 0, debit=bank, credit=held, amount_fen=205_000, subject=CODE))
    post(move("out", "refund", PERIOD, day, 0, debit=held, credit=bank, amount_fen=205_000, subject=CODE))
    post(Entry("i", "bank_interest", PERIOD, day, 0, (Leg(bank, 10), Leg(accounts.INTEREST_INCOME, -10))))
    sealing.seal(PERIOD, 0)


def a_credit(serial: str) -> CreditRecord:
    owner = f"{PERIOD}/hangzhou#{serial}"
    return CreditRecord(
        *credit_key(PERIOD, "hangzhou", serial),
        period=PERIOD,
        channel="hangzhou",
        serial=serial,
        amount_fen=205_000,
        arrived_at_ms=ARRIVED,
        statement_day="2026-03-10",
        value_date="2026-03-10",
        code=CODE,
        state=CreditState.MATCHED,
        payer_name=VAULT.seal(NAME, owner),
        payer_account=VAULT.seal(ACCOUNT, owner),
        payer_lookup="-",
        digest="-",
    )


def line(serial: str, direction: Direction, amount_fen: int, *, period: str = PERIOD, day: str = "2026-04-03") -> None:
    account_line("hangzhou", day, serial, direction=direction, amount_fen=amount_fen, period=period, cause="-").save()


def a_refund(our_ref: str) -> None:
    RefundRecord(
        *refund_key(our_ref),
        our_ref=our_ref,
        period=PERIOD,
        batch="2",
        channel="hangzhou",
        source=Source.DEPOSIT,
        source_key=CODE,
        code=CODE,
        attempt=1,
        account=accounts.held(PERIOD),
        principal_fen=205_000,
        interest_fen=0,
        value_date="2026-03-10",
        leaves_on="2026-04-07",
        sealed_account_no=VAULT.seal(ACCOUNT, our_ref),
        sealed_account_name=VAULT.seal(NAME, our_ref),
        memo="保证金退款",
        state=RefundState.PAID,
        bank_code="0000",
    ).save()


def a_notice() -> None:
    NoticeRecord(
        *notice_key(PERIOD, CODE),
        period=PERIOD,
        code=CODE,
        bidder_class="individual",
        rank=1,
        pay_code="33010026300000000001",
        amount_fen=3_500_000,
        issued_on="2026-03-25",
        due_on="2026-03-30",
        due_at_ms=2,
        message_id="m",
        state="paid",
        paid_at_ms=ARRIVED,
        paid_by="confirmation",
        bank_serial="S",
    ).save()


def announced() -> dict[str, Any]:
    numbers = {"quota": 1, "qualified": 1, "bidders": 1, "winners": 1, "lowest": 35_000, "average": 35_000}
    return numbers | {"at_lowest": 1, "won_at_lowest": 1, "last_winner_at": "2026-03-25T09:56:15.739"}


def listed(month: Month) -> Month:
    """The month with its rows in memory."""
    return replace(month, credits=tuple(month.credits), deposits=tuple(month.deposits), refunds=tuple(month.refunds))


def test_given_the_rooms_records_when_collected_then_rows_are_masked_and_in_fen(records: None) -> None:
    month = collect(PLAN, "标题", VAULT)

    assert (month.applicants, month.qualified, month.activated) == (1, 1, 1)
    [credit], [deposit], [refund], [notice], [bank] = (
        month.credits, month.deposits, month.refunds, month.notices, month.banks,
    )  # fmt: skip
    assert (credit.payer, credit.account, credit.amount_fen) == ("欧***", "622848*********0018", 205_000)
    assert (refund.payee, refund.account, refund.leaves_on) == ("欧***", "622848*********0018", date(2026, 4, 7))
    assert (deposit.amount_fen, deposit.excess_fen, deposit.state) == (200_000, 5_000, "held")
    assert (notice.state, notice.paid_at_ms) == ("paid", ARRIVED)
    assert (bank.credits_fen, bank.interest_fen, bank.debits_fen) == (205_000, 10, 205_000)
    assert (bank.opening_fen, bank.closing_fen, bank.ledger_fen) == (700, 710, 710)
    assert sum(row.debit_fen - row.credit_fen for row in month.balances) == 0
    assert bank.others_fen == 0
    assert [(row.account, row.sealed_fen) for row in month.balances if row.sealed_fen] == [
        ("bank:hangzhou", 10),
        ("interest_income", -10),
    ]
    assert NAME not in repr(listed(month))
    assert listed(collect(PLAN, "标题", VAULT)) == listed(month)


def test_given_a_payment_on_a_day_after_the_plans_last_when_collected_then_the_banks_word_goes_that_far(
    records: None,
) -> None:
    late = a_credit("S9")
    late.statement_day = "2026-04-20"
    late.save()
    StatementRecord(
        *statement_key("hangzhou", "2026-04-20"),
        **{"channel": "hangzhou", "day": "2026-04-20", "key": "k", "batch_no": "2", "digest": "-"},
        **{"account_no": "1", "opening_fen": 710, "closing_fen": 205_710, "lines": 1, "problems": 0, "state": "closed"},
    ).save()
    line("S9", Direction.CREDIT, 205_000, day="2026-04-20")
    bank, returnable = accounts.bank("hangzhou"), accounts.returnable(PERIOD)
    day = date(2026, 4, 20)
    post(move("late", "credit", PERIOD, day, 0, debit=bank, credit=returnable, amount_fen=205_000, subject="S9"))
    [found] = listed(collect(PLAN, "", VAULT)).banks

    assert (found.opening_fen, found.credits_fen, found.closing_fen) == (700, 410_000, 205_710)
    assert found.ledger_fen == found.closing_fen


def test_given_the_step_when_run_twice_then_one_workbook_without_a_name_or_account(
    records: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = MemoryFiles()
    parts = SimpleNamespace(files=files, clock=SetClock(0), keys=SimpleNamespace(vault=lambda: VAULT))
    monkeypatch.setattr(tasks, "hub", lambda: parts)

    made = tasks.handle({"step": "workbook", "period": PERIOD}, None)
    assert made == {
        "key": "reports/2026-03/settlement-2026-03.xlsx",
        "sealed": False,
        "amendment": 0,
        "changed": False,
        "amended": False,
        "amendments": [],
    }
    first, whole = files.read("outbox", made["key"]), dict(files.held)
    tasks.handle({"step": "workbook", "period": PERIOD}, None)
    assert files.held == whole

    book = openpyxl.load_workbook(io.BytesIO(first), data_only=True)
    text = repr([list(sheet.iter_rows(values_only=True)) for sheet in book])
    assert NAME not in text
    assert ACCOUNT not in text
    assert "欧***" in text
    verdicts = [row[3] for row in book["封面"].iter_rows(values_only=True) if row[3] in ("平", "不平")]
    # The price was paid and its receipt is not issued yet: that is the last check.
    assert verdicts == ["平"] * 6 + ["不平"]


def test_given_the_step_when_asked_for_figures_then_counts_and_fen(
    records: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = SimpleNamespace(keys=SimpleNamespace(vault=lambda: VAULT))
    monkeypatch.setattr(tasks, "hub", lambda: parts)

    summary = tasks.handle({"step": "summary", "period": PERIOD}, None)

    assert summary["credits"] == {"matched": {"count": 1, "fen": 205_000}}
    assert summary["deposits"] == {"held": {"count": 1, "fen": 205_000}}
    assert summary["refunds"] == {"2": {"paid": {"count": 1, "fen": 205_000}}}
    assert summary["prices"] == {"paid": {"count": 1, "fen": 3_500_000}}
    assert (summary["ledger_sum_fen"], summary["bank_differences_fen"]) == (0, {"hangzhou": 0})
