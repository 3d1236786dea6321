"""A notification: a form, signed over its decoded parameters, and believed only if it is about our trade. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from chalicelib.kernel.errors import InvalidInput, NotAuthenticated
from chalicelib.kernel.money import fen_from_yuan
from integrations.alipay import signature
from integrations.alipay.answers import TRADE_STATES, read_time
from integrations.alipay.profile import Merchant, Profile
from integrations.ports import WalletNotification, WalletTrade

# The whole answer: anything else, and it is sent again (up to 8 times in 25 h).
TAKEN = "success"

BYTES_MAX = 65_536
_FIELDS_MAX = 200
_UNSIGNED = frozenset({"sign", "sign_type"})
_CHARSETS = {"utf-8": "utf-8", "gbk": "gb18030"}


def read_notification(
    body: bytes, key: RSAPublicKey, merchant: Merchant, amount_of: Callable[[str], int | None], profile: Profile
) -> WalletNotification:
    """Check signature, app, seller, our number and the amount, in this order, and decode.

    Raises ``NotAuthenticated`` (``NOTIFICATION_SIGNATURE``) or ``InvalidInput`` (``NOTIFICATION_<FIELD>``); the caller
    ignores it then and logs the code.
    """
    params = _params(body)
    charset = _CHARSETS[params.get("charset", "utf-8").lower()]
    signed = signature.content(params, left_out=_UNSIGNED, empty=True).encode(charset)
    if not signature.is_signed(signed, params.get("sign", ""), key):
        raise NotAuthenticated("NOTIFICATION_SIGNATURE", "通知验签失败")
    for name, ours in (("app_id", merchant.app_id), ("seller_id", merchant.seller_id)):
        if params.get(name) != ours:
            raise _wrong(name)
    our_ref = params.get("out_trade_no", "")
    asked_fen = amount_of(our_ref) if our_ref else None
    if asked_fen is None:
        raise _wrong("out_trade_no")
    if _fen(params, "total_amount") != asked_fen:
        raise _wrong("total_amount")
    return _decoded(params, our_ref, asked_fen, profile)


def _decoded(params: Mapping[str, str], our_ref: str, amount_fen: int, profile: Profile) -> WalletNotification:
    state = TRADE_STATES.get(params.get("trade_status", ""))
    if state is None:
        raise _wrong("trade_status")
    for name in ("notify_id", "trade_no"):
        if not params.get(name):
            raise _wrong(name)
    paid_at_ms = _time(params, "gmt_payment") if params.get("gmt_payment") else None
    refunded_fen = _fen(params, "refund_fee") if params.get("refund_fee") else 0
    buyer = params.get(profile.buyer_field, "")
    trade = WalletTrade(our_ref, params["trade_no"], state, amount_fen, paid_at_ms, buyer)
    return WalletNotification(params["notify_id"], _time(params, "notify_time"), trade, refunded_fen)


def _params(body: bytes) -> dict[str, str]:
    """The parameters, decoded by the charset that they name themselves. None may stand twice."""
    try:
        if len(body) > BYTES_MAX:
            raise ValueError("too long")
        text = body.decode("ascii")
        first = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX, encoding="latin-1"))
        charset = _CHARSETS[first.get("charset", "utf-8").lower()]
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=True,
            encoding=charset,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except (ValueError, KeyError):
        raise _wrong("body") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise _wrong("body")
    return params


def _fen(params: Mapping[str, str], name: str) -> int:
    try:
        return fen_from_yuan(params.get(name, ""))
    except ValueError:
        raise _wrong(name) from None


def _time(params: Mapping[str, str], name: str) -> int:
    try:
        return read_time(params.get(name, ""))
    except ValueError:
        raise _wrong(name) from None


def _wrong(name: str) -> InvalidInput:
    return InvalidInput(f"NOTIFICATION_{name.upper()}", f"支付宝通知不符: {name}")
