"""A campaign without sending it: how many, how much, and how the first ten would read, with nobody's data in clear."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.kernel.privacy import mask_id
from chalicelib.messages.campaigns import Campaign
from chalicelib.messages.rules import Entry, fen_of
from integrations.ports import SmsCarrier

SAMPLES = 10


def dry_run(campaign: Campaign, entries: Iterable[Entry], carrier: SmsCarrier) -> dict[str, Any]:
    """``{count, parts, cost_fen, samples: [{text, parts}]}`` of those who would get it now.

    In the samples code, pay code and amounts are masked as on every screen.
    """
    count = parts = cost = 0
    samples: list[dict[str, Any]] = []
    for entry in entries:
        seen = carrier.preview(campaign.template, entry.params)
        count, parts, cost = count + 1, parts + seen.parts, cost + seen.cost_centifen
        if len(samples) < SAMPLES:
            masked = {name: _masked(name, value) for name, value in entry.params.items()}
            samples.append({"text": carrier.preview(campaign.template, masked).text, "parts": seen.parts})
    return {"count": count, "parts": parts, "cost_fen": fen_of(cost), "samples": samples}


def _masked(name: str, value: str) -> str:
    if name in ("application", "pay_code"):
        return mask_id(value)
    return "*" * len(value) if name in ("price", "amount") else value
