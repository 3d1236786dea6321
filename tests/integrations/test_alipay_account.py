"""Alipay's account as a deposit account, against the simulated Alipay over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests
from alipay_sdk.desk import DAY, MERCHANT, Day, client, simulator

from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, Pending
from integrations.alipay.account import AlipayAccount
from integrations.alipay.simulator import AlipaySimulator
from integrations.ports import AskedBank, BatchFile, BatchState, Direction, PaymentOutcome, RefundLine, WalletOrder

BATCH_NO = "202604041200002026030101"
CODE = "3301234567890"
TRADE = f"HP202603_{CODE}_001"
PRINCIPAL = RefundLine("RF202603" + "a" * 24, TRADE, "", 200_000, 0, "保证金退款")
INTEREST = RefundLine("RF202603" + "b" * 24, TRADE, "", 0, 37, "保证金退款")
REFUND_CALL, TRANSFER = "alipay.trade.refund", "alipay.fund.trans.uni.transfer"


class Desk:
    def __init__(self, alipay: AlipaySimulator, day: Day) -> None:
        self.alipay, self.day = alipay, day
        self.wallet = client(alipay, day)
        self.account = AlipayAccount(self.wallet, MERCHANT.seller_id, pause=lambda _: None)

    def post(self, door: str, **content: Any) -> None:
        requests.post(f"{self.alipay.url}{door}", json=content, timeout=5).raise_for_status()

    def pay(self) -> None:
        self.wallet.create(WalletOrder(TRADE, 200_000, "open-id-1", "竞买保证金"))
        self.post("/_pay", out_trade_no=TRADE, push=False)

    def state(self) -> Any:
        return requests.get(f"{self.alipay.url}/_state", timeout=5).json()


@pytest.fixture
def desk() -> Iterator[Desk]:
    day = Day()
    with simulator(day, balance_fen=1_000) as alipay:
        yield Desk(alipay, day)


def sidecar(file: BatchFile) -> bytes:
    return f"{file.digest}  {file.name}\n".encode()


def outcomes(desk: Desk, file: BatchFile) -> list[PaymentOutcome]:
    fetched = desk.account.fetch_return(file)
    return [line.outcome for line in desk.account.read_return(fetched.content, sidecar(fetched)).lines]


def test_given_a_day_when_fetched_then_its_bill_is_a_statement_that_names_each_payers_code(desk: Desk) -> None:
    desk.pay()
    file = desk.account.write_batch(BATCH_NO, (PRINCIPAL,))
    desk.account.send_batch(file)

    fetched = desk.account.fetch_statement(date.fromisoformat(DAY), 55)
    told = desk.account.read_statement(fetched.content, sidecar(fetched))

    assert isinstance(desk.account, AskedBank)
    assert (told.opening_fen, told.closing_fen, told.problems) == (55, 55, ())
    paid, back = told.lines
    assert (paid.direction, paid.amount_fen, paid.account_no) == (Direction.CREDIT, 200_000, TRADE)
    assert CODE in paid.memo
    assert (back.direction, back.our_ref) == (Direction.DEBIT, PRINCIPAL.our_ref)
    with pytest.raises(FileRefused, match="DIGEST_DIFFERS"):
        desk.account.read_statement(fetched.content + b" ", sidecar(fetched))


def test_given_a_day_without_a_bill_when_fetched_then_it_is_pending_and_may_stand_as_empty(desk: Desk) -> None:
    with pytest.raises(Pending, match="BILL_NOT_READY"):
        desk.account.fetch_statement(date(2026, 3, 11), 7)

    empty = desk.account.empty_statement(date(2026, 3, 11), 7)
    told = desk.account.read_statement(empty.content, sidecar(empty))

    assert (told.opening_fen, told.closing_fen, told.lines) == (7, 7, ())


@pytest.mark.parametrize("fault", ["mute", "http_500", "system_error_done", "unread", "busy", "wrong_signature"])
def test_given_a_lost_answer_when_sent_again_then_principal_and_interest_are_paid_once(desk: Desk, fault: str) -> None:
    desk.pay()
    file = desk.account.write_batch(BATCH_NO, (PRINCIPAL, INTEREST))
    desk.post("/_faults", **{REFUND_CALL: [fault], TRANSFER: [fault]})

    with pytest.raises(Pending, match="WALLET_PAYMENTS_OPEN"):
        desk.account.send_batch(file)
    desk.account.send_batch(file)
    desk.account.send_batch(file)

    assert desk.account.ask_batch(file) is BatchState.ACCEPTED
    assert outcomes(desk, file) == [PaymentOutcome.PAID, PaymentOutcome.PAID]
    assert desk.state()["balance_fen"] == 1_000 - 37
    assert [each["out_biz_no"] for each in desk.state()["transfers"]] == [INTEREST.our_ref]


def test_given_a_transfer_that_alipay_refuses_when_asked_then_only_that_one_failed(desk: Desk) -> None:
    desk.pay()
    desk.post("/_payees", **{"open-id-1": "PAYEE_NOT_EXIST"})
    file = desk.account.write_batch(BATCH_NO, (PRINCIPAL, INTEREST))

    desk.account.send_batch(file)

    assert outcomes(desk, file) == [PaymentOutcome.PAID, PaymentOutcome.FAILED]


def test_given_another_amount_under_a_number_when_asked_then_it_is_a_conflict(desk: Desk) -> None:
    desk.pay()
    desk.account.send_batch(desk.account.write_batch(BATCH_NO, (RefundLine(PRINCIPAL.our_ref, TRADE, "", 1, 0, "m"),)))

    with pytest.raises(Conflict):
        desk.account.ask_batch(desk.account.write_batch(BATCH_NO, (PRINCIPAL,)))


@pytest.mark.parametrize(
    "line",
    [
        RefundLine(PRINCIPAL.our_ref, TRADE, "", 200_000, 37, "m"),
        RefundLine(PRINCIPAL.our_ref, TRADE, "", 0, 0, "m"),
        RefundLine(PRINCIPAL.our_ref, "6222 0000", "", 1, 0, "m"),
    ],
)
def test_given_a_line_that_no_call_can_pay_when_written_then_it_is_refused(desk: Desk, line: RefundLine) -> None:
    with pytest.raises(InvalidInput, match="LINE_UNPAYABLE"):
        desk.account.write_batch(BATCH_NO, (line,))
