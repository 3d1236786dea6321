"""March with rollovers, then April on the same account: both reconcile, and every fen is in one place over both."""

from __future__ import annotations

import pytest

from chalicelib.applicants.records import ApplicantRecord, applicant_pk, find
from chalicelib.deposits import corrections, reconciling
from chalicelib.deposits import records as deposits
from chalicelib.deposits.qualifying import qualify
from chalicelib.deposits.records import DepositState
from chalicelib.kernel.clock import at_shanghai
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances
from chalicelib.refunds import records
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.rolling import roll_over
from chalicelib.refunds.sending import release, send
from integrations.ports import QualificationFile, QualificationRow
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, DepositMonth, account_no, code, name, plan_of

NEXT = "2026-04"
APRIL = plan_of(NEXT)
ACCOUNTS = ("bank:hangzhou", "transit:hangzhou", "interest_income", "interest_expense")


class Office:
    """The audit passes everybody."""

    def read_applicants(self, content, file_name):
        raise NotImplementedError

    def read_qualification(self, content, file_name):
        rows = (QualificationRow(number, code(number), True, "") for number in range(8))
        return QualificationFile(tuple(rows), ())


def refund(month: DepositMonth, plan, batch: str, leaves: str) -> list[records.RefundRecord]:
    """A batch, prepared twice, sent, answered."""
    month.clock.at_ms = at_shanghai(leaves)
    means = month.means(plan)
    prepare(batch, means)
    made = prepare(batch, means)
    release(plan.period, batch, "approver")
    for file in made["files"]:
        send(file["batch_no"], means)
        key = f"hangzhou/return/{plan.period}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
        apply_return(file["batch_no"], key, means)
    return records.lines_of_batch(plan.period, batch)


def months(*, paid_anew: bool = False) -> DepositMonth:
    """March is over: 0 to 5 lost, 0 to 4 chose rollover, 5 did not; 6 won and defaulted, and 4 is the same bidder."""
    month = DepositMonth(applicants=7)
    month.plans.append(APRIL)
    for number in range(7):
        month.pay(number, amount_fen=DEPOSIT + (500 if number == 0 else 0))
    month.take_statement()
    for number in range(7):
        month.set_applicant(number, qualified=True, rollover=number < 5)
    for number in (4, 6):
        ApplicantRecord.get(applicant_pk(PERIOD, code(number)), code(number)).update(
            [ApplicantRecord.id_lookup.set("the defaulter")]
        )
    month.close_auction([6])
    defaulted = deposits.find_deposit(PERIOD, code(6))
    defaulted.update([deposits.DepositRecord.state.set(DepositState.FORFEITED)])
    # April: 3 is not on the list any more.
    for number in (0, 1, 2, 4, 7):
        month.apply(number, period=NEXT)
    if paid_anew:
        month.pay(2, at="2026-04-07T09:30:00")
        month.take_statement()
    refund(month, PLAN, "1", "2026-04-04T17:00:00")
    return month


@pytest.fixture
def month(aws: None) -> DepositMonth:
    return months()


def standing(number: int, period: str) -> str:
    found = deposits.find_deposit(period, code(number))
    return "" if found is None else str(found.state)


def test_given_rollovers_when_batch_1_was_prepared_twice_then_each_is_the_next_period_s_deposit_once(month):
    assert [standing(number, PERIOD) for number in range(6)] == ["rolled"] * 5 + ["refunded"]
    assert [standing(number, NEXT) for number in range(7)] == ["held"] * 5 + ["", ""]
    came = deposits.find_deposit(NEXT, code(0))
    assert (came.amount_fen, came.excess_fen, came.value_date, came.rolled_from) == (DEPOSIT, 0, "2026-03-10", PERIOD)
    assert balances(ledger.entries(NEXT)) == {"rolled:2026-03": 5 * DEPOSIT, "held:2026-04": -5 * DEPOSIT}
    assert month.balances()["rolled:2026-03"] == -5 * DEPOSIT
    assert roll_over(PERIOD, PLAN.day("refunds_1_by"), 1) == 5
    assert balances(ledger.entries(NEXT))["held:2026-04"] == -5 * DEPOSIT


def test_given_april_on_the_same_account_then_both_months_reconcile_and_nothing_is_in_two_places(month):
    second = month.pay(1, at="2026-04-07T10:00:00")
    month.pay(7, at="2026-04-07T11:00:00")
    month.take_statement(times=2)
    corrections.close_corrections(NEXT, APRIL.day("corrections_close"), 1)
    month.files.write("inbox", "q/q.csv", b"-")
    qualify(month.files, Office(), NEXT, "q/q.csv")

    assert deposits.find_credit(NEXT, CHANNEL, second).reason == "second_payment"
    assert [find(NEXT, code(number)).refusal for number in (0, 1, 2, 4, 7)] == ["", "", "", "defaulted", ""]

    # 0 chooses rollover again, which is for one period only; 7 chooses it for the first time.
    for number in (0, 7):
        ApplicantRecord.get(applicant_pk(NEXT, code(number)), code(number)).update([ApplicantRecord.rollover.set(True)])
    month.close_auction([], period=NEXT)
    lines = {line.source_key: line for line in refund(month, APRIL, "1", "2026-05-04T17:00:00")}
    month.take_statement(times=2)

    assert set(lines) == {code(0), code(1), code(2), code(3), code(4), f"{CHANNEL}#{second}"}
    assert lines[code(3)].payee(month.vault) == (account_no(3), name(3))
    assert {lines[code(number)].value_date for number in range(5)} == {"2026-03-10"}
    # 55 days at the demand rate from the first day of arrival, not from April's.
    assert lines[code(0)].interest_fen > lines[f"{CHANNEL}#{second}"].interest_fen
    assert standing(7, "2026-05") == "held"
    both = balances([*ledger.entries(PERIOD), *ledger.entries(NEXT)])
    assert "rolled:2026-03" not in {account for account, fen in both.items() if fen}
    every = balances(entry for period in (PERIOD, NEXT, "2026-05") for entry in ledger.entries(period))
    assert sum(every.values()) == 0
    assert {account: fen for account, fen in every.items() if fen and account not in ACCOUNTS} == {
        # 6's, whose forfeit is the treasury room's affair, and 7's.
        "held:2026-03": -DEPOSIT,
        "held:2026-05": -DEPOSIT,
    }
    assert every["bank:hangzhou"] == month.account.balance_fen
    month_of_six = deposits.find_deposit(PERIOD, code(6))
    month_of_six.update([deposits.DepositRecord.state.set(DepositState.HELD)])
    assert reconciling.reconcile(PERIOD)["differences"] == reconciling.reconcile(NEXT)["differences"] == 0


def test_given_a_code_that_was_paid_anew_before_batch_1_then_the_old_deposit_goes_back_instead(aws):
    month = months(paid_anew=True)

    assert standing(2, PERIOD) == "refunded"
    anew = deposits.find_deposit(NEXT, code(2))
    assert (anew.state, anew.rolled_from) == (DepositState.HELD, "")
    assert month.balances()["rolled:2026-03"] == -4 * DEPOSIT
