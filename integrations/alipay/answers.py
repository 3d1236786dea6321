"""What the gateway's answers mean. Only an explicit word ends a call; sub_code decides, by the profile. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from chalicelib.kernel.clock import SHANGHAI, to_ms
from chalicelib.kernel.errors import (
    Conflict,
    HubError,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Pending,
    TooMany,
)
from chalicelib.kernel.money import fen_from_yuan
from integrations.alipay.envelope import Answer, unclear
from integrations.alipay.profile import Profile
from integrations.ports import (
    TradeState,
    WalletOrder,
    WalletOutcome,
    WalletPayment,
    WalletRefund,
    WalletTrade,
    WalletTransfer,
)

SUCCESS = "10000"
# In progress, and out of service: whatever sub_code comes along, the outcome is open.
OPEN_CODES = frozenset({"10003", "20000"})

TRADE_STATES = {
    "WAIT_BUYER_PAY": TradeState.WAITING,
    "TRADE_SUCCESS": TradeState.PAID,
    "TRADE_FINISHED": TradeState.FINISHED,
    "TRADE_CLOSED": TradeState.CLOSED,
}
# What my.tradePay told the user's device, and whether a trade that is still unpaid may then be on its way.
CLIENT_PAID, CLIENT_PROCESSING, CLIENT_FAILED = "9000", "8000", "4000"
CLIENT_CANCELLED, CLIENT_NETWORK, CLIENT_UNKNOWN = "6001", "6002", "6004"
CLIENT_SETTLED = frozenset({CLIENT_FAILED, CLIENT_CANCELLED})

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})?", re.ASCII)
_TRANSFER_FAILED = frozenset({"FAIL", "CLOSED", "REFUND"})


def read_created(answer: Answer, order: WalletOrder, profile: Profile) -> WalletTrade:
    """A trade that was opened, now or by an earlier call. Raises as the port's ``create`` does."""
    if answer.code != SUCCESS:
        if profile.means("conflict", answer.sub_code) and answer.code not in OPEN_CODES:
            raise Conflict("WALLET_TRADE_MOVED", f"该商户单号已有其他交易或已支付、已关闭: {answer.sub_code}")
        raise _refusal(answer, profile)
    _same(answer, "out_trade_no", order.our_ref)
    serial = answer.text("trade_no")
    if not serial:
        raise unclear("trade_no")
    return WalletTrade(order.our_ref, serial, TradeState.WAITING, order.amount_fen, None, order.buyer_ref)


def read_trade(answer: Answer, our_ref: str, profile: Profile) -> WalletTrade:
    """A trade as the wallet has it, ``NOT_FOUND`` where it has none."""
    if answer.code != SUCCESS:
        if _is_not_found(answer, profile):
            return WalletTrade(our_ref, "", TradeState.NOT_FOUND, 0, None, "")
        raise _refusal(answer, profile)
    _same(answer, "out_trade_no", our_ref)
    state = TRADE_STATES.get(answer.text("trade_status"))
    if state is None or not answer.text("trade_no"):
        raise unclear("trade_status")
    paid_at = answer.text("send_pay_date")
    return WalletTrade(
        our_ref=our_ref,
        serial=answer.text("trade_no"),
        state=state,
        amount_fen=_fen(answer, "total_amount"),
        paid_at_ms=_moment(paid_at) if paid_at and state is not TradeState.WAITING else None,
        buyer_ref=answer.text(profile.buyer_field),
    )


def check_client(trade: WalletTrade, client_code: str) -> WalletTrade:
    """The trade, unless the device's word leaves a payment possible that the wallet does not show yet (``Pending``)."""
    if trade.state in (TradeState.WAITING, TradeState.NOT_FOUND) and client_code not in CLIENT_SETTLED:
        raise Pending("WALLET_PAYING", "支付结果确认中，请稍后查询")
    return trade


def read_refund(answer: Answer, order: WalletRefund, profile: Profile) -> WalletPayment:
    """``PAID`` only where this call moved the money (fund_change=Y). A repeat (N) says nothing of the first: ask."""
    if answer.code != SUCCESS:
        return _payment_refused(answer, order.our_ref, order.amount_fen, profile)
    _same(answer, "out_trade_no", order.trade_ref)
    if answer.text("fund_change") != "Y":
        raise unclear("fund_change")
    return WalletPayment(order.our_ref, WalletOutcome.PAID, order.amount_fen, answer.text("trade_no"))


def read_refund_state(answer: Answer, order: WalletRefund, profile: Profile) -> WalletPayment:
    """``PAID`` only on REFUND_SUCCESS: code 10000 alone says that the question was understood."""
    if answer.code != SUCCESS:
        if _is_not_found(answer, profile):
            return WalletPayment(order.our_ref, WalletOutcome.NOT_FOUND, 0)
        raise _refusal(answer, profile)
    if not answer.text("refund_status"):
        if answer.text("refund_amount") or answer.text("out_request_no"):
            raise unclear("refund_status")
        return WalletPayment(order.our_ref, WalletOutcome.NOT_FOUND, 0)
    _same(answer, "out_trade_no", order.trade_ref)
    _same(answer, "out_request_no", order.our_ref)
    if answer.text("refund_status") != "REFUND_SUCCESS":
        raise unclear("refund_status")
    _same_amount(_fen(answer, "refund_amount"), order.amount_fen)
    return WalletPayment(order.our_ref, WalletOutcome.PAID, order.amount_fen, answer.text("trade_no"))


def read_transfer(answer: Answer, order: WalletTransfer, profile: Profile) -> WalletPayment:
    """``PAID`` only on status SUCCESS."""
    if answer.code != SUCCESS:
        return _payment_refused(answer, order.our_ref, order.amount_fen, profile)
    _same(answer, "out_biz_no", order.our_ref)
    if answer.text("status") != "SUCCESS":
        raise unclear("status")
    return WalletPayment(order.our_ref, WalletOutcome.PAID, order.amount_fen, answer.text("order_id"))


def read_transfer_state(answer: Answer, order: WalletTransfer, profile: Profile) -> WalletPayment:
    """``PAID`` on SUCCESS, ``FAILED`` on FAIL, CLOSED and REFUND (it came back); all else is open."""
    if answer.code != SUCCESS:
        if _is_not_found(answer, profile):
            return WalletPayment(order.our_ref, WalletOutcome.NOT_FOUND, 0)
        raise _refusal(answer, profile)
    _same(answer, "out_biz_no", order.our_ref)
    status = answer.text("status")
    if status != "SUCCESS" and status not in _TRANSFER_FAILED:
        raise unclear("status")
    _same_amount(_fen(answer, "trans_amount"), order.amount_fen)
    serial = answer.text("order_id")
    if status == "SUCCESS":
        return WalletPayment(order.our_ref, WalletOutcome.PAID, order.amount_fen, serial)
    code, reason = answer.text("error_code") or status, answer.text("fail_reason")
    return WalletPayment(order.our_ref, WalletOutcome.FAILED, order.amount_fen, serial, code, reason)


def read_bill_url(answer: Answer, profile: Profile) -> str:
    """Where a bill can be fetched, for 30 s. ``NotFound`` where there is none (yet)."""
    if answer.code != SUCCESS:
        if profile.means("no_bill", answer.sub_code) and answer.code not in OPEN_CODES:
            raise NotFound("BILL_NOT_READY", "支付宝账单尚未生成或当日无交易")
        raise _refusal(answer, profile)
    url = answer.text("bill_download_url")
    if not url:
        raise unclear("bill_download_url")
    return url


def read_user(answer: Answer, profile: Profile) -> str:
    """The user's id. The method's good answer carries no code."""
    if profile.means("bad_auth_code", answer.sub_code):
        raise NotAuthenticated("WALLET_AUTH_CODE", "支付宝授权已失效，请重新授权")
    if answer.code not in ("", SUCCESS):
        raise _refusal(answer, profile)
    user = answer.text("open_id" if profile.buyer_field == "buyer_open_id" else "user_id")
    if not user:
        raise unclear("open_id")
    return user


def _payment_refused(answer: Answer, our_ref: str, amount_fen: int, profile: Profile) -> WalletPayment:
    if answer.code not in OPEN_CODES:
        if profile.means("never", answer.sub_code):
            return WalletPayment(our_ref, WalletOutcome.FAILED, amount_fen, "", answer.sub_code, answer.reason)
        if profile.means("conflict", answer.sub_code):
            raise Conflict("WALLET_NUMBER_TAKEN", f"该付款编号已用于不同内容: {answer.sub_code}")
    raise _refusal(answer, profile)


def _refusal(answer: Answer, profile: Profile) -> HubError:
    """What an answer other than success means; what no list knows is open."""
    if answer.code not in OPEN_CODES:
        if profile.means("wait", answer.sub_code):
            return TooMany("WALLET_WAIT", f"支付宝暂不受理: {answer.sub_code}")
        if profile.means("account", answer.sub_code):
            return NotAllowed("WALLET_ACCOUNT", f"支付宝商户账户或配置有误: {answer.sub_code}")
        if profile.means("never", answer.sub_code):
            return InvalidInput("WALLET_REFUSED", f"支付宝拒绝该请求: {answer.sub_code}")
    return unclear(answer.sub_code or answer.code or "no code")


def _is_not_found(answer: Answer, profile: Profile) -> bool:
    return answer.code not in OPEN_CODES and profile.means("not_found", answer.sub_code)


def _same(answer: Answer, name: str, ours: str) -> None:
    """A signed answer to another question is no answer to this one."""
    if answer.text(name) != ours:
        raise unclear(f"{name} is not the one asked about")


def _same_amount(found_fen: int, ours_fen: int) -> None:
    if found_fen != ours_fen:
        raise Conflict("WALLET_AMOUNT_DIFFERS", "支付宝记录的金额与本次付款不一致")


def _fen(answer: Answer, name: str) -> int:
    try:
        return fen_from_yuan(answer.text(name))
    except ValueError as error:
        raise unclear(name) from error


def _moment(text: str) -> int:
    try:
        return read_time(text)
    except ValueError as error:
        raise unclear("a time") from error


def read_time(text: str) -> int:
    """``yyyy-MM-dd HH:mm:ss`` (with or without ``.SSS``), Asia/Shanghai, as epoch ms. Raises ``ValueError``."""
    if _TIME.fullmatch(text) is None:
        raise ValueError(f"not yyyy-MM-dd HH:mm:ss: {text[:30]!r}")
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))
