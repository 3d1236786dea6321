"""What became of each text, as operators see it, against the carrier's own book."""

from __future__ import annotations

from collections.abc import Mapping

from local.checks.check import Check, check
from local.world.carrier import Told

DELIVERED = "delivered"


def reports_arrived(told: Told, ends: Mapping[str, Mapping[str, int]]) -> Check:
    """Each campaign's texts ended for the hub as they did for the carrier, which told of it by pushes alone.

    ``ends``: a campaign's template by name -> how its texts ended, by code (``delivered`` for those that did).
    """
    faults = list(told.faults)
    for each in told.campaigns:
        name, wanted = each["name"], dict(ends.get(each["name"], {}))
        seen = {**each["failed"], **({DELIVERED: each[DELIVERED]} if each[DELIVERED] else {})}
        if seen != wanted:
            faults.append(f"{name}: the hub says {seen}, the carrier {wanted}")
        if left := {state: each[state] for state in ("sent", "waiting", "pending") if each[state]}:
            faults.append(f"{name}: {left} have no end")
    if strange := sorted(ends.keys() - {each["name"] for each in told.campaigns}):
        faults.append(f"texted and no campaign: {', '.join(strange)}")
    failed = sum(n for counts in ends.values() for code, n in counts.items() if code != DELIVERED)
    if not failed or not any(counts.get(DELIVERED) for counts in ends.values()):
        faults.append("no text failed, or none arrived: nothing was to be told apart")
    arrived = sum(counts.get(DELIVERED, 0) for counts in ends.values())
    said = (
        f"{told.reports} reports in {told.pushes} pushes, out of order and twice: {arrived} delivered, {failed} failed"
    )
    return check("delivery reports reached each campaign", faults, said)
