"""Two runs at once, payments that come late, words that come in between: no money is left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from chalicelib.deposits import corrections
from chalicelib.deposits import records as deposits
from chalicelib.deposits.corrections import Claim, correct
from chalicelib.deposits.reconciling import reconcile
from chalicelib.deposits.records import CreditState
from chalicelib.kernel.errors import Conflict, NotFound, Pending, ReconciliationOpen
from chalicelib.ledger import accounts as ledger_accounts
from chalicelib.periods.problems import list_problems
from chalicelib.refunds import accounts, preparing, records, sending
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.planning import Terms, write_down
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.rules import BatchStatus, Due, Source, batch_kind
from chalicelib.refunds.sending import release, send
from tests.deposits.deposit_month import (
    CHANNEL,
    DEPOSIT,
    PERIOD,
    PLAN,
    RULES,
    DepositMonth,
    account_no,
    code,
    name,
    plan_of,
)
from tests.refunds.refund_steps import run

MACHINE = Path(__file__).resolve().parents[2] / "state_machines" / "refund_batch.asl.json"


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """0 lost and is refunded; everybody else has not paid yet."""
    month = DepositMonth(applicants=4)
    month.pay(0)
    month.take_statement()
    month.clock.at_ms = PLAN.at("corrections_close")
    corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
    month.close_auction(winners=[])
    return month


def test_given_a_payment_that_came_after_batch_1_then_the_next_batch_sends_it_back_once(month):
    assert run(month, "1")["paid"] == 1
    serial = month.pay(1, at="2026-04-05T10:00:00")
    month.take_statement()
    assert deposits.find_credit(PERIOD, CHANNEL, serial).state == CreditState.RETURNABLE

    assert run(month, "2") == {"paid": 1, "failed": 0, "pending": 0}
    late = month.pay(2, at="2026-04-08T10:00:00")
    month.take_statement()
    assert run(month, "again-1") == {"paid": 1, "failed": 0, "pending": 0}

    assert prepare("again-2", month.means())["count"] == 0
    assert deposits.find_credit(PERIOD, CHANNEL, late).state == CreditState.RETURNED
    assert "returnable:2026-03" not in month.balances()


def test_given_a_doubtful_payment_booked_after_the_deadline_then_it_is_not_left_doubtful_for_ever(month):
    month.pay(1, memo="")
    month.take_statement()
    assert month.balances()["doubtful:2026-03"] == -DEPOSIT

    assert run(month, "1") == {"paid": 2, "failed": 0, "pending": 0}
    assert "doubtful:2026-03" not in month.balances()


def test_given_a_payment_planned_in_batch_1_when_batch_2_is_made_before_it_left_then_it_is_in_one_only(month):
    month.pay(1, at="2026-03-18T10:00:00")
    month.take_statement()
    assert prepare("1", month.means())["count"] == 2

    assert prepare("2", month.means())["count"] == 0


def test_given_a_payment_for_the_next_period_then_this_one_does_not_send_it_back(month):
    month.plans.append(plan_of("2026-04"))
    month.pay(1, at="2026-04-08T10:00:00")
    month.take_statement()

    assert prepare("2", month.means())["count"] == 0


def test_given_a_second_run_that_plans_while_the_first_cuts_its_files_then_the_files_hold_what_the_batch_holds(
    month, monkeypatch
):
    read = records.lines_of_batch
    terms = Terms(
        PERIOD, batch_kind("1"), PLAN.day("refunds_1_by"), RULES.interest, month.vault, lambda _: month.bank, 1
    )
    due = Due(
        source=Source.CREDIT,
        source_key="hangzhou#LATE",
        code="",
        channel=CHANNEL,
        account=ledger_accounts.returnable(PERIOD),
        account_no=account_no(3),
        account_name=name(3),
        principal_fen=1,
        value_date=date(2026, 3, 20),
    )
    refused = []

    def read_then_lose_the_race(period, batch):
        lines = read(period, batch)
        monkeypatch.setattr(records, "lines_of_batch", read)
        try:
            write_down(terms, due)
        except Conflict:
            refused.append(due)
        return lines

    monkeypatch.setattr(records, "lines_of_batch", read_then_lose_the_race)

    assert prepare("1", month.means())["count"] == 1
    assert refused == [due]
    assert prepare("1", month.means())["count"] == 1


def test_given_a_run_killed_between_complete_and_cut_when_prepared_again_then_the_batch_is_made(month, monkeypatch):
    cut = preparing._cut
    monkeypatch.setattr(preparing, "_cut", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        prepare("1", month.means())
    with pytest.raises(Conflict, match="BATCH_OPEN"):
        release(PERIOD, "1", "approver")
    monkeypatch.setattr(preparing, "_cut", cut)

    assert run(month, "1") == {"paid": 1, "failed": 0, "pending": 0}


def test_given_two_runs_that_send_then_one_hands_over_and_the_other_asks(month, monkeypatch):
    batch_no = prepare("1", month.means())["files"][0]["batch_no"]
    release(PERIOD, "1", "approver")
    order = sending._order

    def other_run_is_faster(refund, now_ms):
        monkeypatch.setattr(sending, "_order", order)
        send(batch_no, month.means())
        order(refund, now_ms)

    monkeypatch.setattr(sending, "_order", other_run_is_faster)
    with pytest.raises(Pending, match="BATCH_ON_ITS_WAY"):
        send(batch_no, month.means())

    assert send(batch_no, month.means())["state"] == BatchStatus.SENT
    assert len(month.account.payments) == 1


def test_given_a_return_worked_off_while_the_bank_s_answer_is_on_its_way_then_nothing_moves_back(month, monkeypatch):
    batch_no = prepare("1", month.means())["files"][0]["batch_no"]
    release(PERIOD, "1", "approver")
    hand = type(month.bank).send_batch

    def then_the_return_is_faster(bank, file):
        hand(bank, file)
        key = f"hangzhou/return/{PERIOD}/{batch_no}/HZB_RTN_{batch_no}.txt"
        assert apply_return(batch_no, key, month.means())["paid"] == 1

    monkeypatch.setattr(type(month.bank), "send_batch", then_the_return_is_faster)

    assert send(batch_no, month.means())["state"] == BatchStatus.RETURNED
    assert records.get_file(PERIOD, batch_no).state == BatchStatus.RETURNED


@pytest.mark.parametrize(("payer_name", "account"), [("", "6222"), ("张" * 130, "6222"), ("现金缴存", "")])
def test_given_a_payer_that_the_bank_s_file_can_not_hold_then_nobody_else_waits_for_him(
    month, payer_name, account, monkeypatch
):
    serial = month.pay(1, payer_name="甲", at="2026-03-18T10:00:00")
    payer = month.account.bookings[serial]
    month.account.bookings[serial] = replace(payer, name=payer_name[:120], account=account)
    month.take_statement()
    if len(payer_name) > 120:
        monkeypatch.setattr(preparing, "select", _with_name(preparing.select, payer_name))

    assert run(month, "1") == {"paid": 1, "failed": 0, "pending": 0}

    assert prepare("1", month.means())["count"] == 1
    assert month.balances()["returnable:2026-03"] == -DEPOSIT
    assert "transit:hangzhou" not in month.balances()
    assert accounts.failed_list(month.files, month.vault, PERIOD)["count"] == 1
    assert [problem.code for problem in list_problems(PERIOD)] == ["PAYEE_UNPAYABLE"]
    assert deposits.find_credit(PERIOD, CHANNEL, serial).state == CreditState.RETURNING


def _with_name(select, payer_name):
    def selected(*given, **ways):
        for due in select(*given, **ways):
            yield replace(due, account_name=payer_name) if due.source is Source.CREDIT else due

    return selected


def test_given_a_return_then_each_payment_bears_the_bank_s_code(month):
    month.account.failing = {account_no(0): "1002"}
    run(month, "1")

    assert [refund.bank_code for refund in records.refunds(PERIOD)] == ["1002"]


def test_given_a_payment_sent_again_in_between_then_another_account_is_not_promised(month, monkeypatch):
    month.account.failing = {account_no(0): "1001"}
    run(month, "1")
    first, second = (Account(f"622299000000000000{number}", name(0)) for number in (1, 2))
    give_account(PERIOD, code(0), first, vault=month.vault, now_ms=1)
    waiting = accounts._waiting(PERIOD)
    prepare("again-1", month.means())
    monkeypatch.setattr(accounts, "_waiting", lambda period: waiting)

    with pytest.raises(NotFound, match="NO_FAILED_REFUND"):
        give_account(PERIOD, code(0), second, vault=month.vault, now_ms=2)


def test_given_a_correction_at_the_last_moment_then_closing_goes_on_with_the_others(aws, monkeypatch):
    month = DepositMonth(applicants=2)
    month.pay(0, memo="")
    month.pay(1, memo="")
    month.take_statement()
    listed = list(deposits.credits(PERIOD))
    claim = Claim(code(0), date(2026, 3, 10), DEPOSIT, account_no(0)[-4:])
    correct(PERIOD, claim, deposit_fen=DEPOSIT, vault=month.vault, now_ms=1)
    monkeypatch.setattr(deposits, "credits", lambda period: iter(listed))

    counts = corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)

    assert counts == {"corrected": 1, "returnable": 1}
    assert month.balances()["returnable:2026-03"] == month.balances()["held:2026-03"] == -DEPOSIT


def test_given_a_return_with_payments_still_open_then_the_machine_waits_for_the_next_one():
    files = json.loads(MACHINE.read_text())["States"]["Files"]["ItemProcessor"]["States"]
    assert files["ApplyReturn"]["Next"] == "AllKnown"
    pending, *_ = files["AllKnown"]["Choices"]
    assert (pending["Variable"], pending["NumericGreaterThan"]) == ("$.counts.value.pending", 0)
    assert files[pending["Next"]]["Next"] == "FetchReturn"
    assert files["FetchReturn"]["Next"] == "AwaitReturn"


def test_given_a_return_with_payments_still_open_then_the_operators_know(month):
    month.account.failing = {account_no(0): "9999"}

    assert run(month, "1") == {"paid": 0, "failed": 0, "pending": 1}

    assert [problem.code for problem in list_problems(PERIOD)] == ["RETURN_PENDING"]
    month.take_statement()
    with pytest.raises(ReconciliationOpen) as open_books:
        reconcile(PERIOD)
    assert [problem.field for problem in open_books.value.problems] == [
        f"transit:hangzhou {refund.our_ref}" for refund in records.refunds(PERIOD)
    ]
