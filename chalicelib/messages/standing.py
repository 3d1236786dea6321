"""Where a campaign stands, for operators: sent, delivered, failed by code, waiting, and pending by carrier."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib.messages.records import batches, outcomes
from chalicelib.messages.rules import RELEASED, UNCLEAR, BatchState


def standing(period: str, campaign: str) -> dict[str, Any]:
    """``{sent, delivered, failed: {code: n}, waiting, pending: {carrier: n}}``, in people, each counted once.

    ``sent`` awaits the phone's own receipt; ``waiting`` are those whom a limit stopped until the next round. Who was
    on a list and in no batch yet is not counted.
    """
    ends = outcomes(period, campaign)
    went: dict[str, tuple[str, str]] = {}
    waiting: set[str] = set()
    for record in batches(period, campaign):
        if record.status is BatchState.SPLIT:
            continue
        for code in record.people():
            if record.status in RELEASED:
                waiting.add(code)
            elif record.status in UNCLEAR:
                went[code] = ("pending", record.carrier)
            elif record.status is BatchState.FAILED:
                went[code] = ("failed", record.detail)
            else:
                end = ends.get(code)
                ours = end is not None and (end.state != "limited" or end.out_id == f"{period}.{campaign}.{record.sk}")
                if end is None or not ours:
                    went[code] = ("sent", "")
                elif end.state == "limited":
                    waiting.add(code)
                else:
                    went[code] = (end.state, end.detail)
    counts = Counter(went.values())
    by_kind = Counter(kind for kind, _ in went.values())
    return {
        "sent": by_kind["sent"],
        "delivered": by_kind["delivered"],
        "failed": {detail: number for (kind, detail), number in sorted(counts.items()) if kind == "failed"},
        "waiting": len(waiting - went.keys()),
        "pending": {carrier: number for (kind, carrier), number in sorted(counts.items()) if kind == "pending"},
    }
