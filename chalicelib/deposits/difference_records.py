"""What the last reconciliation of a period found, kept in one item for the operators."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.deposits.comparing import Difference
from chalicelib.kernel.tables import HubMeta, table_name

# Some 300 bytes each, in an item of at most 400 KB; whoever has more has one fault, and not a thousand.
LISTED_MAX = 1_000


class FoundRecord(Model):
    """The last reconciliation. ``total`` counts all differences, ``listed`` holds the first of them as JSON."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="differences")
    at_ms = NumberAttribute()
    total = NumberAttribute()
    listed = UnicodeAttribute()


def keep(period: str, found: Sequence[Difference], at_ms: int) -> None:
    """Keep what was found in place of what was found before."""
    listed = json.dumps([each.as_dict() for each in found[:LISTED_MAX]], ensure_ascii=False)
    FoundRecord(f"{period}#reconciled", at_ms=at_ms, total=len(found), listed=listed).save()


def last_found(period: str) -> dict[str, Any]:
    """``{"period", "reconciled_at_ms", "total", "differences"}``; ``None`` and nothing where none has run yet."""
    try:
        record = FoundRecord.get(f"{period}#reconciled", "differences", consistent_read=True)
    except FoundRecord.DoesNotExist:
        return {"period": period, "reconciled_at_ms": None, "total": 0, "differences": []}
    return {
        "period": period,
        "reconciled_at_ms": int(record.at_ms),
        "total": int(record.total),
        "differences": json.loads(record.listed),
    }
