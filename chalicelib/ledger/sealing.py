"""Seal what was posted: the entries that stand in no segment yet, in order, chained to the segment before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.ledger.chain import Segment, next_segments, segment_of
from chalicelib.ledger.records import entries


class SegmentRecord(Model):
    """A segment at rest. Written once, under a condition on its number; two who seal at once can't both be right."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("LEDGER_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    content = UnicodeAttribute()
    sealed_at_ms = NumberAttribute()


def segments(period: str) -> Iterator[Segment]:
    """A period's segments, in order."""
    for record in SegmentRecord.query(f"{period}#segments", consistent_read=True):
        yield segment_of(json.loads(record.content))


def kept_segments(period: str) -> Iterator[dict[str, object]]:
    """A period's segments as they are kept, with the digest that was written down, to be checked."""
    for record in SegmentRecord.query(f"{period}#segments", consistent_read=True):
        kept: dict[str, object] = json.loads(record.content)
        yield kept


def seal(period: str, now_ms: int) -> int:
    """Seal what is not sealed yet; returns how many entries that were. Where somebody else seals just now, he does."""
    standing = list(segments(period))
    sealed = {entry_id for segment in standing for entry_id, _ in segment.entries}
    unsealed = [entry for entry in entries(period) if entry.entry_id not in sealed]
    count = 0
    for segment in next_segments(period, standing[-1] if standing else None, unsealed):
        transaction = Transaction()
        record = SegmentRecord(
            f"{period}#segments",
            f"{segment.number:06d}",
            content=json.dumps(segment.as_dict()),
            sealed_at_ms=now_ms,
        )
        transaction.put(record, SegmentRecord.pk.does_not_exist())
        try:
            transaction.commit()
        except Conflict:
            break
        count += len(segment.entries)
    return count


def seal_all(periods: Iterable[str], now_ms: int) -> None:
    """Seal several periods."""
    for period in sorted(set(periods)):
        seal(period, now_ms)
