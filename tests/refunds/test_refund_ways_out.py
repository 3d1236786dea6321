"""Where a batch would have stood still: refused by the bank, answered twice unseen, answered by mistake."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import Conflict, FileRefused
from chalicelib.periods.problems import list_problems
from chalicelib.refunds import records
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return, list_unknown
from chalicelib.refunds.rules import BatchStatus, RefundState
from chalicelib.refunds.sending import release, send
from integrations.bank_of_hangzhou.simulator import paper
from tests.deposits.deposit_month import PERIOD, PLAN, DepositMonth


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """Two lost, and nobody won."""
    made = DepositMonth(applicants=2)
    made.pay(0)
    made.pay(1)
    made.take_statement()
    made.close_auction(winners=[])
    made.clock.at_ms = PLAN.at("refunds_1_by")
    return made


def sent(month: DepositMonth, batch: str) -> tuple[str, str]:
    file = prepare(batch, month.means())["files"][0]
    release(PERIOD, batch, "approver")
    return file["batch_no"], file["key"]


def folder(batch_no: str) -> str:
    return f"hangzhou/return/{PERIOD}/{batch_no}"


def test_given_a_file_that_the_bank_refuses_when_sent_then_its_payments_go_again_under_new_numbers(
    month: DepositMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: object) -> None:
        raise FileRefused("BATCH_REFUSED", "银行拒收")

    batch_no, _ = sent(month, "1")
    with monkeypatch.context() as patch:
        patch.setattr(month.bank, "send_batch", refuse)
        assert send(batch_no, month.means())["state"] == "refused"
    assert send(batch_no, month.means())["state"] == "refused"
    assert "transit:hangzhou" not in month.balances()
    assert [each.code for each in list_problems(PERIOD)] == ["BATCH_REFUSED"]
    with pytest.raises(Conflict, match="RETURN_UNEXPECTED"):
        apply_return(batch_no, f"{folder(batch_no)}/HZB_RTN_{batch_no}.txt", month.means())

    again, _ = sent(month, "again-1")
    send(again, month.means())
    assert apply_return(again, f"{folder(again)}/HZB_RTN_{again}.txt", month.means())["paid"] == 2
    assert len({payment["our_ref"] for payment in month.account.payments}) == 2
    states = sorted(str(refund.state) for refund in records.refunds(PERIOD))
    assert states == [RefundState.PAID] * 2 + [RefundState.REPLACED] * 2
    assert records.get_file(PERIOD, batch_no).state == BatchStatus.REFUSED


def test_given_two_return_files_when_only_the_later_is_named_then_both_are_applied(month: DepositMonth) -> None:
    batch_no, key = sent(month, "1")
    send(batch_no, month.means())
    month.files.held = {at: body for at, body in month.files.held.items() if "/return/" not in at[1]}
    orders = paper.read_batch(month.files.read("outbox", key))[1]
    for number in range(2):
        name = f"{folder(batch_no)}/part-{number}.txt"
        answers = [(order, "0000" if place == number else "9999", "") for place, order in enumerate(orders)]
        content = paper.batch_return(batch_no, answers)
        month.files.write("inbox", name, content)
        month.files.write("inbox", f"{name}.sm3", paper.sidecar(content, name))

    assert apply_return(batch_no, f"{folder(batch_no)}/part-1.txt", month.means())["paid"] == 2


def test_given_a_return_for_a_batch_that_was_never_made_when_looked_then_it_is_listed_once(month: DepositMonth) -> None:
    batch_no, _ = sent(month, "1")
    send(batch_no, month.means())
    month.files.write("inbox", f"{folder('9' * 24)}/HZB_RTN.txt", b"0")

    assert [list_unknown(month.files, PERIOD, ("hangzhou",)) for _ in range(2)] == [1, 1]
    assert [each.code for each in list_problems(PERIOD)] == ["RETURN_UNKNOWN"]
