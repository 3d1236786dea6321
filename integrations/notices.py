"""A bank's word on a credit the moment it comes in: HTTPS POST, signed, with a time and a number used once. Pure.

PRIVATE to each bank, so a profile: names of headers and fields and how far clocks may differ. Signed is
``{timestamp}\\n{nonce}\\n{SHA-256 of the body, hex}`` with HMAC-SHA256 under the secret shared with the bank.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import InvalidInput, NotAuthenticated, NotFound, Problem
from chalicelib.kernel.json_text import read_json
from integrations.ports import CreditNotice, Direction, StatementLine

BODY_BYTES_MAX = 65_536
_NONCE = re.compile(r"[0-9A-Za-z_-]{8,64}", re.ASCII)
_TIMESTAMP = re.compile(r"\d{1,15}", re.ASCII)
_TEXTS = {"serial": (1, 64), "account_no": (0, 34), "account_name": (0, 120), "memo": (0, 200)}


@dataclass(frozen=True)
class NoticeLayout:
    """A profile's ``[notice]``: ``headers`` and ``fields`` map what the hub calls a thing to what the bank does."""

    tolerance_seconds: int
    headers: Mapping[str, str]
    fields: Mapping[str, str]


def read_layout(raw: Mapping[str, Any]) -> NoticeLayout:
    """From a profile's table. Raises ``ValueError`` naming what is missing."""
    needed = {
        "headers": {"timestamp", "nonce", "signature"},
        "fields": {"own_account", "booked_at", "value_date", "amount_fen", *_TEXTS},
    }
    for name, keys in needed.items():
        missing = sorted(keys - raw.get(name, {}).keys())
        if missing:
            raise ValueError(f"notice.{name} lacks {', '.join(missing)}")
    return NoticeLayout(int(raw["tolerance_seconds"]), dict(raw["headers"]), dict(raw["fields"]))


def read_notice(
    headers: Mapping[str, str], body: bytes, now_ms: int, ours: tuple[str, str], layout: NoticeLayout
) -> CreditNotice:
    """Check signature, time and account, in this order, and decode. ``ours`` is secret and account number.

    Raises ``NotAuthenticated`` (``NOTICE_SIGNATURE``, ``NOTICE_STALE``), ``NotFound`` (``NOTICE_ACCOUNT``) or
    ``InvalidInput`` (``NOTICE_INVALID``).
    """
    secret, own_account = ours
    given = {name.lower(): value for name, value in headers.items()}
    names = (layout.headers[name].lower() for name in ("timestamp", "nonce", "signature"))
    timestamp, nonce, signature = (given.get(name, "") for name in names)
    right = signature_of(secret, timestamp, nonce, body)
    if len(body) > BODY_BYTES_MAX or not hmac.compare_digest(right.encode(), signature.lower().encode()):
        raise NotAuthenticated("NOTICE_SIGNATURE", "通知验签失败")
    if _NONCE.fullmatch(nonce) is None or _TIMESTAMP.fullmatch(timestamp) is None:
        raise _invalid("timestamp, nonce", "epoch ms; 8 to 64 letters, digits, _ and -")
    if abs(now_ms - int(timestamp)) > layout.tolerance_seconds * 1_000:
        raise NotAuthenticated("NOTICE_STALE", "通知时间与当前时间相差过大,请校时后重新签名发送")
    try:
        said = read_json(body)
        value = {name: said[field] for name, field in layout.fields.items()}
    except (ValueError, KeyError, TypeError):
        raise _invalid("body", f"a JSON object with {', '.join(layout.fields.values())}") from None
    if value["own_account"] != own_account:
        raise NotFound("NOTICE_ACCOUNT", "通知中的收款账户不是本平台账户")
    return CreditNotice(nonce, _line(value, layout))


def signature_of(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """What the bank signs a notice with, in hex."""
    signed = f"{timestamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def _line(value: Mapping[str, Any], layout: NoticeLayout) -> StatementLine:
    for name, (least, most) in _TEXTS.items():
        if not isinstance(value[name], str) or not least <= len(value[name]) <= most:
            raise _invalid(layout.fields[name], f"a text of {least} to {most} characters")
    amount_fen = value["amount_fen"]
    if type(amount_fen) is not int or not 0 < amount_fen < 10**15:
        raise _invalid(layout.fields["amount_fen"], "a whole number of fen above 0")
    try:
        booked_at_ms, value_date = at_shanghai(value["booked_at"]), date.fromisoformat(value["value_date"])
    except (ValueError, TypeError):
        raise _invalid("booked_at, value_date", "2026-03-10T09:56:15.739 and 2026-03-10") from None
    texts = {name: value[name] for name in _TEXTS}
    return StatementLine(
        line=0,
        booked_at_ms=booked_at_ms,
        value_date=value_date,
        direction=Direction.CREDIT,
        amount_fen=amount_fen,
        our_ref="",
        **texts,
    )


def _invalid(field: str, remedy: str) -> InvalidInput:
    return InvalidInput("NOTICE_INVALID", "通知内容不正确", problems=(Problem(0, field, "", remedy),))
