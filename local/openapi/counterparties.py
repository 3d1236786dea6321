"""Doors at which counterparties tell the hub something, each in its own form."""

from __future__ import annotations

from local.openapi.schema import COUNTERPARTY, FORM, TEXT_PLAIN, Door, asked, one_of, text, thing, whole
from local.openapi.words import BASE64

_FRAME = thing({"frame": BASE64})

DOORS = {
    "POST /alipay/notifications": Door(
        COUNTERPARTY,
        {200: text(about="The bare word `success`.")},
        {"type": "object", "additionalProperties": {"type": "string"}},
        kind=FORM,
        answer_kind=TEXT_PLAIN,
        own_errors=True,
        behind=("alipay/notification.py",),
    ),
    "POST /stripe/notifications": Door(
        COUNTERPARTY,
        {200: thing({"state": one_of("taken", "ignored")}, optional={"code": text()})},
        {"type": "object"},
        headers={"Stripe-Signature": text(about="`t=...,v1=HMAC-SHA256(t.payload)`")},
        behind=("stripe/event.py",),
    ),
    "POST /banks/{channel}/notifications": Door(
        COUNTERPARTY,
        {200: thing({"serial": text(), "state": one_of("taken")})},
        {"type": "object"},
        behind=("notices.py",),
    ),
    "POST /treasury/messages": Door(
        COUNTERPARTY,
        {200: _FRAME, 400: _FRAME, 409: _FRAME},
        asked({"frame": BASE64}),
        about="A frame of the treasury's (5996, a payment confirmed) in base64, and the frame that answers it: 8001 "
        "under 200, 5001 under 400 (wrong) and 409 (other content under a number that stands).",
    ),
    "POST /sms-reports/{carrier}/{key}": Door(
        COUNTERPARTY,
        {200: {"anyOf": [thing({"code": whole(), "msg": text()}), thing({"result": whole(), "errmsg": text()})]}},
        {"type": "array", "items": {"type": "object"}},
        behind=("aliyun_sms/codec.py", "tencent_sms/codec.py"),
        about="A carrier's push of delivery reports, answered in the words of that carrier.",
    ),
}
