"""What the gateway's answers mean. Only an explicit word ends a call; whatever else comes leaves it open. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.errors import Conflict, HubError, InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.json_text import read_json
from integrations.ports import TradeState, WalletOutcome, WalletPayment, WalletRefund, WalletTrade
from integrations.stripe.forms import CURRENCY, OUR_REF

Fields = Mapping[str, Any]

FEN_MAX = 10**15
# Some months before the year 9999 does.
_SECONDS_MAX = 253_000_000_000

# The API's words: https://docs.stripe.com/payments/paymentintents/lifecycle
_INTENT_STATES = {
    "requires_payment_method": TradeState.WAITING,
    "requires_confirmation": TradeState.WAITING,
    "requires_action": TradeState.WAITING,
    "processing": TradeState.WAITING,
    "succeeded": TradeState.PAID,
    "canceled": TradeState.CLOSED,
}
_REFUND_FAILED = frozenset({"failed", "canceled"})
# Nothing was done, and the same may be sent later.
_WAIT = frozenset({"balance_insufficient", "insufficient_funds", "lock_timeout", "rate_limit"})


def read_body(status: int, body: bytes) -> Fields:
    """The object in a good answer. Raises what an error means: ``Conflict``, ``TooMany``, ``NotAllowed``,
    ``InvalidInput`` (it was explicitly not done) or ``Pending``."""
    try:
        fields = read_json(body)
        if not isinstance(fields, dict):
            raise unclear("no object")
    except ValueError:
        raise unclear(f"HTTP {status}") from None
    if status == 200:
        return fields
    error = fields.get("error")
    raise _refusal(status, error if isinstance(error, dict) else {})


def _refusal(status: int, error: Fields) -> HubError:
    kind, code = str(error.get("type", "")), str(error.get("code") or "")
    if kind == "idempotency_error" and status == 400:
        return Conflict("WALLET_NUMBER_TAKEN", "该付款编号已用于不同内容")
    if status == 429 or code in _WAIT:
        return TooMany("WALLET_WAIT", f"支付网关暂不受理: {code or status}")
    if status in (401, 403):
        return NotAllowed("WALLET_ACCOUNT", "支付网关账户或密钥有误")
    if status in (400, 402, 404) and kind in ("invalid_request_error", "card_error"):
        return InvalidInput("WALLET_REFUSED", f"支付网关拒绝该请求: {code or status}")
    return unclear(f"HTTP {status}")


def read_intent(fields: Fields, our_ref: str) -> WalletTrade:
    """A payment. ``paid_at_ms`` is when its money was booked, ``None`` where the answer does not show the booking.

    Raises ``Pending`` for what is not about our number, or in another currency.
    """
    if fields.get("object") != "payment_intent" or our_ref_of(fields) != our_ref:
        raise unclear("another payment")
    if fields.get("currency") != CURRENCY:
        raise unclear("currency")
    state = _INTENT_STATES.get(str(fields.get("status")))
    if state is None:
        raise unclear("status")
    charge = _object(fields.get("latest_charge"))
    return WalletTrade(
        our_ref=our_ref,
        serial=_text(fields, "id"),
        state=state,
        amount_fen=_fen(fields, "amount"),
        paid_at_ms=_paid_at_ms(charge) if state is TradeState.PAID else None,
        buyer_ref=_payer(charge),
        pay_token=str(fields.get("client_secret") or ""),
    )


def _paid_at_ms(charge: Fields) -> int | None:
    booked = _object(charge.get("balance_transaction"))
    return _seconds(booked, "created") * 1_000 if booked else None


def _payer(charge: Fields) -> str:
    details = _object(_object(charge.get("payment_method_details")).get("alipay"))
    return str(details.get("buyer_id") or charge.get("payment_method") or "")


def read_refund(fields: Fields, order: WalletRefund) -> WalletPayment:
    """What became of a refund. ``Conflict`` where it has another amount, ``Pending`` while it is under way."""
    if fields.get("object") != "refund" or our_ref_of(fields) != order.our_ref:
        raise unclear("another refund")
    if _fen(fields, "amount") != order.amount_fen:
        raise Conflict("WALLET_AMOUNT_DIFFERS", "支付网关记录的退款金额与本次退款不一致")
    status, serial = str(fields.get("status")), _text(fields, "id")
    if status == "succeeded":
        return WalletPayment(order.our_ref, WalletOutcome.PAID, order.amount_fen, serial)
    if status in _REFUND_FAILED:
        reason = str(fields.get("failure_reason") or "")
        return WalletPayment(order.our_ref, WalletOutcome.FAILED, order.amount_fen, serial, status, reason)
    raise unclear("status")


def standing_fen(refunds: list[Fields]) -> int:
    """What was given back of a payment, or is on its way."""
    return sum(_fen(refund, "amount") for refund in refunds if str(refund.get("status")) not in _REFUND_FAILED)


def read_page(fields: Fields) -> tuple[list[Fields], bool]:
    """The objects of a page and whether there are more."""
    data, more = fields.get("data"), fields.get("has_more")
    if not isinstance(data, list) or type(more) is not bool or not all(isinstance(each, dict) for each in data):
        raise unclear("no list")
    return data, more


def our_ref_of(fields: Fields) -> str:
    """Our number of an object, empty where it has none."""
    return str(_object(fields.get("metadata")).get(OUR_REF) or "")


def seconds_of(found: Any) -> int:
    """An instant as the gateway writes it. Raises ``ValueError``."""
    if type(found) is not int or not 0 <= found < _SECONDS_MAX:
        raise ValueError("an instant, in seconds")
    return found


def unclear(what: str) -> Pending:
    """No clear answer: ask."""
    return Pending("WALLET_UNCLEAR", f"支付网关没有明确答复: {what}")


def _object(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise unclear(name)
    return value


def _fen(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value < FEN_MAX:
        raise unclear(name)
    return value


def _seconds(fields: Fields, name: str) -> int:
    try:
        return seconds_of(fields.get(name))
    except ValueError:
        raise unclear(name) from None
