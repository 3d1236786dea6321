"""What goes to the gateway: the business content of each method, and the signed parameters around it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.money import yuan_text
from integrations.alipay import signature
from integrations.alipay.profile import Merchant, Profile
from integrations.ports import WalletOrder, WalletRefund, WalletTransfer

CREATE = "alipay.trade.create"
QUERY = "alipay.trade.query"
REFUND = "alipay.trade.refund"
REFUND_QUERY = "alipay.trade.fastpay.refund.query"
TRANSFER = "alipay.fund.trans.uni.transfer"
TRANSFER_QUERY = "alipay.fund.trans.common.query"
BILL_URL = "alipay.data.dataservice.bill.downloadurl.query"
TOKEN = "alipay.system.oauth.token"  # noqa: S105 (a method's name)

AMOUNT_FEN_MAX = 10_000_000_000

_OUR_NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_TEXT_CHARACTERS_MAX = {"subject": 256, "refund_reason": 256, "order_title": 128, "remark": 200}
# Alipay refuses these in texts that it shows.
_FORBIDDEN = re.compile(r"[/=&\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Call:
    """One method and its parameters: ``biz`` goes as JSON in biz_content, ``plain`` as parameters of their own."""

    method: str
    biz: Mapping[str, object] = field(default_factory=dict, repr=False)
    plain: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_notified: bool = False


@dataclass(frozen=True)
class Request:
    """A signed request: what stands in the URL's query, and what in the form."""

    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)


def create(order: WalletOrder, merchant: Merchant, profile: Profile) -> Call:
    """``alipay.trade.create``. Raises ``InvalidInput`` for a number, an amount or a text that Alipay does not take."""
    if not order.buyer_ref:
        raise _wrong("WALLET_BUYER", "缺少付款人的支付宝标识")
    biz: dict[str, object] = {
        "out_trade_no": _our_number(order.our_ref),
        "total_amount": _amount(order.amount_fen),
        "subject": _text("subject", order.title),
        "product_code": profile.trade_product_code,
        "op_app_id": merchant.op_app_id,
        profile.buyer_field: order.buyer_ref,
        "seller_id": merchant.seller_id,
    }
    if order.expires_at_ms is not None:
        biz["time_expire"] = time_text(order.expires_at_ms)
    return Call(CREATE, biz, is_notified=True)


def query(our_ref: str) -> Call:
    """``alipay.trade.query``, by our number."""
    return Call(QUERY, {"out_trade_no": _our_number(our_ref)})


def refund(order: WalletRefund) -> Call:
    """``alipay.trade.refund``, under the refund's own number."""
    return Call(
        REFUND,
        {
            "out_trade_no": _our_number(order.trade_ref),
            "refund_amount": _amount(order.amount_fen),
            "refund_reason": _text("refund_reason", order.reason),
            "out_request_no": _our_number(order.our_ref),
        },
    )


def refund_query(order: WalletRefund) -> Call:
    """``alipay.trade.fastpay.refund.query``."""
    return Call(
        REFUND_QUERY,
        {"out_trade_no": _our_number(order.trade_ref), "out_request_no": _our_number(order.our_ref)},
    )


def transfer(order: WalletTransfer, profile: Profile) -> Call:
    """``alipay.fund.trans.uni.transfer`` to a user's balance, without a password."""
    if not order.payee_ref:
        raise _wrong("WALLET_PAYEE", "缺少收款人的支付宝标识")
    return Call(
        TRANSFER,
        {
            "out_biz_no": _our_number(order.our_ref),
            "trans_amount": _amount(order.amount_fen),
            "product_code": profile.transfer_product_code,
            "biz_scene": profile.transfer_biz_scene,
            "order_title": _text("order_title", order.title),
            "payee_info": {"identity": order.payee_ref, "identity_type": profile.payee_identity_type},
            "remark": _text("remark", order.memo),
        },
    )


def transfer_query(our_ref: str, profile: Profile) -> Call:
    """``alipay.fund.trans.common.query``, by our number."""
    return Call(
        TRANSFER_QUERY,
        {
            "out_biz_no": _our_number(our_ref),
            "product_code": profile.transfer_product_code,
            "biz_scene": profile.transfer_biz_scene,
        },
    )


def bill_url(day: date, profile: Profile) -> Call:
    """``alipay.data.dataservice.bill.downloadurl.query`` for one day."""
    return Call(BILL_URL, {"bill_type": profile.bill_type, "bill_date": day.isoformat()})


def token(auth_code: str) -> Call:
    """``alipay.system.oauth.token``: its parameters are plain, it has no biz_content."""
    if re.fullmatch(r"[0-9A-Za-z_-]{1,128}", auth_code, re.ASCII) is None:
        raise _wrong("WALLET_AUTH_CODE", "支付宝授权码格式不正确")
    return Call(TOKEN, plain={"grant_type": "authorization_code", "code": auth_code})


def request(call: Call, merchant: Merchant, keys: signature.Keys, profile: Profile, now_ms: int) -> Request:
    """The signed request. Common parameters go in the query, where the gateway looks for the charset; the rest, which
    holds personal data, in the form, where no proxy logs it.
    """
    common = {
        "app_id": merchant.app_id,
        "method": call.method,
        "format": "JSON",
        "charset": profile.charset,
        "sign_type": signature.SIGN_TYPE,
        "timestamp": time_text(now_ms),
        "version": "1.0",
    }
    if call.is_notified and merchant.notify_url:
        common["notify_url"] = merchant.notify_url
    form = dict(call.plain)
    if call.biz:
        form["biz_content"] = json.dumps(call.biz, ensure_ascii=False, separators=(",", ":"))
    signed = signature.content({**common, **form}).encode(profile.charset)
    return Request({**common, "sign": signature.sign(signed, keys.private)}, form)


def time_text(at_ms: int) -> str:
    """An instant as Alipay writes it: Asia/Shanghai, ``yyyy-MM-dd HH:mm:ss``."""
    return from_ms(at_ms).strftime("%Y-%m-%d %H:%M:%S")


def _our_number(text: str) -> str:
    if _OUR_NUMBER.fullmatch(text) is None:
        raise _wrong("WALLET_NUMBER", "商户单号须为 1 至 64 位字母、数字或下划线")
    return text


def _amount(fen: int) -> str:
    if not 0 < fen <= AMOUNT_FEN_MAX:
        raise _wrong("WALLET_AMOUNT", "金额须为 0.01 至 100000000 元")
    return yuan_text(fen)


def _text(name: str, text: str) -> str:
    if not 0 < len(text) <= _TEXT_CHARACTERS_MAX[name] or _FORBIDDEN.search(text) is not None:
        raise _wrong("WALLET_TEXT", f"{name} 为空、过长或含有 / = & 等字符")
    return text


def _wrong(code: str, message: str) -> InvalidInput:
    return InvalidInput(code, message)
