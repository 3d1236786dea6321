"""What a signed answer means, case by case: only an explicit word ends a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alipay_sdk.desk import INTEREST, ORDER, PROFILE, REFUND
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import Conflict, HubError, InvalidInput, NotAllowed, NotFound, Pending, TooMany
from integrations.alipay import answers
from integrations.alipay.envelope import Answer
from integrations.ports import TradeState, WalletOutcome

READERS: dict[str, Callable[[Answer], Any]] = {
    "create": lambda answer: answers.read_created(answer, ORDER, PROFILE),
    "trade": lambda answer: answers.read_trade(answer, ORDER.our_ref, PROFILE),
    "refund": lambda answer: answers.read_refund(answer, REFUND, PROFILE),
    "refund_state": lambda answer: answers.read_refund_state(answer, REFUND, PROFILE),
    "transfer": lambda answer: answers.read_transfer(answer, INTEREST, PROFILE),
    "transfer_state": lambda answer: answers.read_transfer_state(answer, INTEREST, PROFILE),
    "bill_url": lambda answer: answers.read_bill_url(answer, PROFILE),
    "user": lambda answer: answers.read_user(answer, PROFILE),
}
PAID_TRADE = {
    "out_trade_no": ORDER.our_ref,
    "trade_no": "2026",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "2000.00",
    "send_pay_date": "2026-03-12 09:30:15",
}
REFUNDED = {
    "out_trade_no": ORDER.our_ref,
    "out_request_no": REFUND.our_ref,
    "refund_status": "REFUND_SUCCESS",
    "refund_amount": "2000",
}
SENT = {"out_biz_no": INTEREST.our_ref, "order_id": "1", "status": "SUCCESS", "trans_amount": "0.37"}


def told(code: str, sub_code: str = "", **fields: Any) -> Answer:
    return Answer(code, sub_code, "", fields)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("code", ["10003", "20000"])
@pytest.mark.parametrize("sub_code", ["", "isp.unknow-error", "ACQ.TRADE_NOT_EXIST", "ACQ.INVALID_PARAMETER"])
def test_given_in_progress_or_out_of_service_when_read_then_pending_whatever_else_it_says(
    reader: str, code: str, sub_code: str
) -> None:
    with pytest.raises(Pending):
        READERS[reader](told(code, sub_code))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("sub_code", ["SYSTEM_ERROR", "ACQ.SYSTEM_ERROR", "", "A_CODE_NOBODY_KNOWS"])
def test_given_a_system_error_or_an_unknown_code_when_read_then_pending(reader: str, sub_code: str) -> None:
    with pytest.raises(Pending):
        READERS[reader](told("40004", sub_code))


@pytest.mark.parametrize("reader", READERS)
def test_given_success_that_says_nothing_when_read_then_no_money_counts(reader: str) -> None:
    if reader == "refund_state":
        assert READERS[reader](told("10000")).outcome is WalletOutcome.NOT_FOUND
    else:
        with pytest.raises(Pending):
            READERS[reader](told("10000"))


@pytest.mark.parametrize(
    ("reader", "fields"),
    [
        ("trade", {**PAID_TRADE, "out_trade_no": "D9"}),
        ("trade", {**PAID_TRADE, "trade_status": "TRADE_PENDING"}),
        ("trade", {**PAID_TRADE, "trade_no": ""}),
        ("trade", {**PAID_TRADE, "total_amount": "2,000.00"}),
        ("trade", {**PAID_TRADE, "total_amount": ["2000.00"]}),
        ("trade", {**PAID_TRADE, "send_pay_date": "2026-3-12 9:30:15"}),
        ("refund", {"out_trade_no": ORDER.our_ref, "fund_change": "N"}),
        ("refund", {"out_trade_no": ORDER.our_ref}),
        ("refund", {"out_trade_no": "D9", "fund_change": "Y"}),
        ("refund_state", {**REFUNDED, "refund_status": "REFUND_PROCESSING"}),
        ("refund_state", {**REFUNDED, "refund_status": ""}),
        ("refund_state", {**REFUNDED, "out_request_no": "R9"}),
        ("refund_state", {**REFUNDED, "out_trade_no": "D9"}),
        ("refund_state", {**REFUNDED, "refund_amount": ""}),
        ("transfer", {**SENT, "status": "DEALING"}),
        ("transfer", {**SENT, "out_biz_no": "I9"}),
        ("transfer_state", {**SENT, "status": "INIT"}),
        ("transfer_state", {**SENT, "out_biz_no": "I9"}),
    ],
)
def test_given_success_without_the_word_that_counts_when_read_then_pending(reader: str, fields: Any) -> None:
    with pytest.raises(Pending):
        READERS[reader](told("10000", **fields))


def test_given_the_words_that_count_when_read_then_they_count() -> None:
    trade = READERS["trade"](told("10000", **PAID_TRADE))
    assert (trade.state, trade.amount_fen, trade.paid_at_ms) == (
        TradeState.PAID,
        200_000,
        at_shanghai("2026-03-12T09:30:15"),
    )
    for reader, fields in (
        ("refund", {"out_trade_no": ORDER.our_ref, "fund_change": "Y"}),
        ("refund_state", REFUNDED),
        ("transfer", SENT),
        ("transfer_state", SENT),
    ):
        assert READERS[reader](told("10000", **fields)).outcome is WalletOutcome.PAID


@pytest.mark.parametrize(
    ("reader", "sub_code", "error"),
    [
        ("create", "ACQ.TRADE_HAS_SUCCESS", Conflict),
        ("create", "ACQ.INVALID_PARAMETER", InvalidInput),
        ("create", "app-call-limited", TooMany),
        ("refund", "ACQ.DISCORDANT_REPEAT_REQUEST", Conflict),
        ("refund", "ACQ.SELLER_BALANCE_NOT_ENOUGH", TooMany),
        ("refund", "isv.insufficient-isv-permissions", NotAllowed),
        ("transfer", "PAYMENT_INFO_INCONSISTENCY", Conflict),
        ("transfer", "PAYER_BALANCE_NOT_ENOUGH", TooMany),
        ("bill_url", "isp.bill_not_exist", NotFound),
    ],
)
def test_given_a_sub_code_of_the_profile_when_read_then_the_kind_says_what_to_do(
    reader: str, sub_code: str, error: type[HubError]
) -> None:
    with pytest.raises(error) as raised:
        READERS[reader](told("40004", sub_code))

    assert type(raised.value) is error


@given(st.sampled_from(sorted(READERS)), st.text(max_size=20), st.text(max_size=40))
def test_given_any_code_but_success_when_read_then_nothing_is_ever_paid(reader: str, code: str, sub_code: str) -> None:
    if code == answers.SUCCESS:
        return
    try:
        outcome = READERS[reader](told(code, sub_code, **PAID_TRADE, **SENT, fund_change="Y"))
    except HubError:
        return
    assert getattr(outcome, "outcome", None) is not WalletOutcome.PAID
    assert getattr(outcome, "state", None) is not TradeState.PAID
