"""Rule: what the carrier reported and the notary attached is held against the hub's word, and each fault shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.evidence.package import Attachment
from local.checks.attached import ANSWERS, attachments_hold
from local.checks.reported import reports_arrived
from local.world.carrier import OFF_CODE, Told
from local.world.notary import MINUTES, VIDEO, Attached, _registered
from tests.evidence.sealed_auction import changed, sealed

ENDS = {"activate": {"delivered": 4, OFF_CODE: 1}, "result": {"delivered": 3}}
KEY = "2026-03/3-qualification.zip"
FILES = {VIDEO: b"video" * 100, MINUTES: b"minutes"}
NAMED = [Attachment(**_registered(name, content)) for name, content in FILES.items()]


def campaign(name: str, **seen: Any) -> dict[str, Any]:
    return {"name": name, "sent": 0, "delivered": 0, "failed": {}, "waiting": 0, "pending": {}, **seen}


CAMPAIGNS = [
    campaign("activate", delivered=4, failed={OFF_CODE: 1}),
    campaign("result", delivered=3),
    campaign("refund_done"),
]


def test_given_each_text_with_the_carriers_own_end_when_checked_then_it_holds() -> None:
    done = reports_arrived(Told(8, 4, campaigns=CAMPAIGNS), ENDS)

    assert done.holds, done.detail
    assert done.detail == "8 reports in 4 pushes, out of order and twice: 7 delivered, 1 failed"


@pytest.mark.parametrize(
    ("told", "ends", "fault"),
    [
        (Told(campaigns=CAMPAIGNS), {**ENDS, "result": {"delivered": 2}}, "result: the hub says {'delivered': 3}"),
        (Told(campaigns=CAMPAIGNS), {**ENDS, "activate": {"delivered": 4, "OTHER": 1}}, "activate: the hub says"),
        (Told(campaigns=[campaign("result", sent=3)]), {"result": {"delivered": 3}}, "result: {'sent': 3} have no end"),
        (Told(campaigns=CAMPAIGNS[1:]), ENDS, "texted and no campaign: activate"),
        (Told(campaigns=CAMPAIGNS[1:2]), {"result": {"delivered": 3}}, "no text failed, or none arrived"),
        (Told(campaigns=CAMPAIGNS, faults=["the hub took 1 of 2 pushes"]), ENDS, "the hub took 1 of 2 pushes"),
    ],
)
def test_given_another_end_when_checked_then_it_shows(told: Told, ends: dict[str, dict[str, int]], fault: str) -> None:
    done = reports_arrived(told, ends)

    assert not done.holds
    assert fault in done.detail


def attached(**changes: Any) -> Attached:
    listed = [
        {"name": VIDEO, "upload": "arrived", "sealed_in": KEY},
        {"name": MINUTES, "upload": "none", "sealed_in": KEY},
    ]
    return replace(Attached(dict(FILES), dict(ANSWERS), listed), **changes)


def packages(attachments: list[Attachment]) -> dict[str, bytes]:
    return {KEY: sealed("qualification", {"a.json": b"{}"}, attachments=attachments)}


def bucket(content: bytes = FILES[VIDEO]) -> dict[str, bytes]:
    return {"attachments/2026-03/digest": content, KEY: b""}


def test_given_attachments_as_sealed_when_checked_then_both_verifiers_find_them() -> None:
    done = attachments_hold(attached(), packages(NAMED), bucket())

    assert done.holds, done.detail
    assert KEY in done.detail


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (
            lambda: (attached(uploads={**ANSWERS, "other bytes": 200}), packages(NAMED), bucket()),
            "uploads were answered",
        ),
        (lambda: (attached(), packages(NAMED[:1]), bucket()), f"{MINUTES}: named in []"),
        (lambda: (attached(listed=[]), packages(NAMED), bucket()), "listed are []"),
        (lambda: (attached(), packages(NAMED), bucket(b"other")), "what lies in the bucket is not the video alone"),
        (
            lambda: (attached(), packages([replace(each, sm3="0" * 64) for each in NAMED]), bucket()),
            f"hangpai verify: attachment {VIDEO}: sm3 differs",
        ),
        (
            lambda: (attached(), {KEY: changed(packages(NAMED)[KEY], {"a.json": b"[]"})}, bucket()),
            f"the shipped verifier ends with 1 on {VIDEO}",
        ),
        (lambda: (attached(faults=["taken twice"]), packages(NAMED), bucket()), "taken twice"),
    ],
)
def test_given_attachments_that_are_not_as_sealed_when_checked_then_it_shows(
    spoil: Callable[[], tuple[Attached, dict[str, bytes], dict[str, bytes]]], fault: str
) -> None:
    done = attachments_hold(*spoil())

    assert not done.holds
    assert fault in done.detail
