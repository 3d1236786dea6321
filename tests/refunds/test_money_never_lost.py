"""Whatever comes in, is repeated, lost or refused: every fen is in one place, and none leaves twice (money rules 1 to 6)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.deposits import corrections, reconciling
from chalicelib.kernel.errors import Pending
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances, total
from chalicelib.refunds import records
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.rules import RefundState
from chalicelib.refunds.sending import release, send
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, code, name

PEOPLE = 5
assert mock_aws

payments = st.lists(
    st.tuples(
        st.integers(0, PEOPLE),  # the last one is nobody on the list
        st.sampled_from(["own", "missing", "cut", "wrong"]),
        st.sampled_from([DEPOSIT, DEPOSIT, DEPOSIT + 700, DEPOSIT - 1]),
        st.sampled_from(["2026-03-10T10:00:00", "2026-03-12T10:00:00", "2026-03-17T17:00:00"]),
    ),
    min_size=1,
    max_size=8,
)
faults = st.lists(st.sampled_from(["", "lost", "mute"]), max_size=6)
failing = st.sets(st.integers(0, PEOPLE))


def memo(kind: str, payer: int) -> str:
    return {"own": code(payer), "missing": "", "cut": code(payer)[:9], "wrong": "1" * 13}[kind]


def send_until_known(month: DepositMonth, batch_no: str) -> None:
    for _ in range(10):
        try:
            send(batch_no, month.means())
        except Pending:
            continue


def run(month: DepositMonth, batch: str) -> None:
    for _ in range(2):
        prepared = prepare(batch, month.means())
        release(PERIOD, batch, "approver")
        for file in prepared["files"]:
            send_until_known(month, file["batch_no"])
            key = f"hangzhou/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
            apply_return(file["batch_no"], key, month.means())


def check(month: DepositMonth, came_in_fen: int) -> None:
    by_account = balances(ledger.entries(PERIOD))
    left_fen = sum(int(payment["amount_fen"]) for payment in month.account.payments)
    refs = [payment["our_ref"] for payment in month.account.payments]
    assert total(by_account) == 0
    assert len(refs) == len(set(refs)), "a payment left twice"
    paid = {refund.our_ref for refund in records.refunds(PERIOD) if refund.state == RefundState.PAID}
    assert paid == set(refs), "the hub and the bank disagree on what was paid"
    interest_fen = by_account.get("interest_expense", 0)
    principal_left = left_fen - interest_fen
    owed = -sum(fen for name_, fen in by_account.items() if name_.split(":")[0] in PLACES)
    assert owed + principal_left == came_in_fen, "a fen is in no place, or in two"


PLACES = ("held", "doubtful", "returnable", "rolled", "forfeited")


@given(payments, faults, failing, st.sets(st.integers(0, PEOPLE - 1)), st.sets(st.integers(0, PEOPLE - 1)))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_given_any_month_with_faults_and_repeats_then_no_fen_is_lost_or_sent_twice(
    aws_each, came, sent_faults, closed_accounts, qualified, rollover
):
    with aws_each():
        month = DepositMonth(applicants=PEOPLE)
        for payer, kind, amount_fen, at in came:
            month.pay(payer, memo=memo(kind, payer), amount_fen=amount_fen, at=at)
        came_in_fen = sum(amount for _, _, amount, _ in came)
        month.take_statement(times=2)
        check(month, came_in_fen)
        corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
        for number in range(PEOPLE):
            month.set_applicant(number, qualified=number in qualified, rollover=number in rollover)
        month.close_auction(winners=[])
        month.bank.faults = list(sent_faults)
        accounts = {payment["account"] for payment in ()}
        assert not accounts
        month.account.failing = {f"62220000000{number:08d}": "1001" for number in closed_accounts}

        run(month, "1")
        check(month, came_in_fen)

        for number in range(PEOPLE):
            try:
                give_account(
                    PERIOD,
                    code(number),
                    Account(f"62229900000{number:08d}", name(number)),
                    vault=month.vault,
                    now_ms=1,
                )
            except Exception as error:  # noqa: BLE001
                assert "NO_FAILED_REFUND" in str(error)
        run(month, "again-1")
        check(month, came_in_fen)
        month.take_statement(times=2)
        assert reconciling.reconcile(PERIOD)["differences"] == 0
        assert "transit:hangzhou" not in month.balances()
