"""Texting a one-time code. Its number was stored by whoever made it; without an answer the bidder simply asks again."""

from __future__ import annotations

from collections.abc import Callable

from integrations.ports import Sms, SmsCarrier

TEMPLATE = "code"


def code_sender(carrier: Callable[[], SmsCarrier]) -> Callable[[str, str, str], None]:
    """What sends a code: ``(out_id, phone, code)``. It raises what ``SmsCarrier.send`` does."""

    def send(out_id: str, phone: str, sms_code: str) -> None:
        carrier().send(Sms(out_id, phone, TEMPLATE, {"code": sms_code}))

    return send
