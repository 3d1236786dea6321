"""An event: signed over its bytes and the time of signing, and believed only if it is about our payment. Pure.

An event says which payment to look at, not when it was paid: that is asked of the gateway. Signatures as documented at
https://docs.stripe.com/webhooks#verify-manually.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.kernel.errors import InvalidInput, NotAuthenticated, Pending
from chalicelib.kernel.json_text import read_json
from integrations.ports import WalletNotification
from integrations.stripe.answers import our_ref_of, read_intent, seconds_of

SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE_SECONDS = 300
BYTES_MAX = 262_144
TYPES = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.created",
    }
)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def check_signature(body: bytes, header: str, secret: str, now_ms: int) -> None:
    """Hold an event to its header ``t=<seconds>,v1=<hex>[,v1=<hex>]``: one ``v1`` is right, and it is fresh.

    Raises ``NotAuthenticated`` (``NOTIFICATION_SIGNATURE``, ``NOTIFICATION_STALE``).
    """
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    told = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or _SECONDS.fullmatch(times[0]) is None:
        raise NotAuthenticated("NOTIFICATION_SIGNATURE", "通知验签失败")
    right = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    # Every one is compared: how long it takes tells nothing.
    if sum(hmac.compare_digest(right, each.encode("ascii", "replace")) for each in told) == 0:
        raise NotAuthenticated("NOTIFICATION_SIGNATURE", "通知验签失败")
    if abs(now_ms - int(times[0]) * 1_000) > TOLERANCE_SECONDS * 1_000:
        raise NotAuthenticated("NOTIFICATION_STALE", "通知已过有效时间")


def read_event(
    body: bytes,
    header: str,
    secret: str,
    now_ms: int,
    asked: tuple[Callable[[str], int | None], Callable[[str], str]],
) -> WalletNotification:
    """Check and decode an event. ``asked``: our number -> the amount that was asked for, and the gateway's number.

    Raises as ``check_signature`` does, and ``InvalidInput`` (``NOTIFICATION_<FIELD>``) for what is not ours.
    """
    if len(body) > BYTES_MAX:
        raise _wrong("body")
    check_signature(body, header, secret, now_ms)
    event = _parsed(body)
    if str(event.get("type")) not in TYPES:
        raise _wrong("type")
    intent = event["data"]["object"]
    our_ref = our_ref_of(intent)
    amount_of, serial_of = asked
    asked_fen = amount_of(our_ref) if our_ref else None
    if asked_fen is None:
        raise _wrong("hub_ref")
    try:
        trade = read_intent(intent, our_ref)
    except Pending:
        raise _wrong("object") from None
    if trade.serial != serial_of(our_ref):
        raise _wrong("id")
    if trade.amount_fen != asked_fen:
        raise _wrong("amount")
    # What an event shows of the booking differs by version; the gateway is asked for it.
    trade = replace(trade, paid_at_ms=None, pay_token="", buyer_ref="")
    return WalletNotification(event["id"], event["created"] * 1_000, trade, 0)


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        event = read_json(body)
        if not isinstance(event["data"]["object"], dict):
            raise ValueError("shape")
        seconds_of(event["created"])
        if not isinstance(event["id"], str) or not 0 < len(event["id"]) <= 255:
            raise ValueError("id")
    except (ValueError, KeyError, TypeError):
        raise _wrong("body") from None
    return dict(event)


def _wrong(name: str) -> InvalidInput:
    return InvalidInput(f"NOTIFICATION_{name.upper()}", f"支付网关通知不符: {name}")
