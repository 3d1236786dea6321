"""Rule: a return's row moves a payment only where its amount is what was ordered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.deposits import corrections
from chalicelib.deposits.records import DepositState, find_deposit
from chalicelib.periods.problems import list_problems
from chalicelib.refunds import records
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.rules import BatchStatus, RefundState
from chalicelib.refunds.sending import release, send
from integrations.bank_of_hangzhou.simulator import paper
from tests.deposits.deposit_month import PERIOD, PLAN, DepositMonth, account_no, code


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """Two who paid, bid and lost."""
    month = DepositMonth(applicants=2)
    for number in (0, 1):
        month.pay(number)
    month.take_statement()
    corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
    for number in (0, 1):
        month.set_applicant(number, qualified=True)
    month.close_auction(winners=[])
    return month


@pytest.mark.parametrize("word", ["0000", "1001"])
@pytest.mark.parametrize("off_fen", [-1, 1])
def test_given_a_row_of_another_amount_than_ordered_when_returned_then_it_is_listed_and_neither_paid_nor_failed(
    month: DepositMonth, off_fen: int, word: str
) -> None:
    file = prepare("1", month.means())["files"][0]
    release(PERIOD, "1", "approver")
    send(file["batch_no"], month.means())
    key = f"hangzhou/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
    month.files.held.pop(("inbox", key))
    orders = {order.account: order for order in paper.read_batch(month.files.read("outbox", file["key"]))[1]}
    mine, other = orders[account_no(0)], orders[account_no(1)]
    ordered_fen = mine.principal_fen + mine.interest_fen

    def told(row: paper.Order, said: str) -> dict[str, int]:
        content = paper.batch_return(file["batch_no"], [(row, said, ""), (other, "0000", "")])
        month.files.write("inbox", f"{key}.sm3", paper.sidecar(content, key))
        month.files.write("inbox", key, content)
        return apply_return(file["batch_no"], key, month.means())

    # Count and total are those of the rows, so the file as a whole is right; the other payment is paid by it.
    assert told(replace(mine, principal_fen=mine.principal_fen + off_fen), word) == {
        "paid": 1,
        "failed": 0,
        "pending": 1,
    }
    assert records.get_file(PERIOD, file["batch_no"]).state == BatchStatus.SENT
    assert {refund.our_ref: refund.state for refund in records.refunds(PERIOD)} == {
        mine.our_ref: RefundState.SENT,
        other.our_ref: RefundState.PAID,
    }
    assert month.balances()["transit:hangzhou"] == -ordered_fen
    assert find_deposit(PERIOD, code(0)).state == DepositState.REFUNDING
    listed = {each.code: each.problem for each in list_problems(PERIOD)}
    assert set(listed) == {"RETURN_LINES", "RETURN_PENDING"}
    wrong = listed["RETURN_LINES"]
    assert (wrong.field, wrong.found) == ("amount_fen", str(ordered_fen + off_fen))

    # The bank puts it right, and only that moves the payment.
    assert told(mine, "0000") == {"paid": 2, "failed": 0, "pending": 0}
    assert "transit:hangzhou" not in month.balances()
    assert find_deposit(PERIOD, code(0)).state == DepositState.REFUNDED
