"""The ledger's table: entries are added under a condition, never changed and never taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import id_from
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.ledger.rules import Entry, Leg


class EntryRecord(Model):
    """An entry at rest. Key: period and shard of the cause; id made from the cause."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("LEDGER_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    cause = UnicodeAttribute()
    kind = UnicodeAttribute()
    period = UnicodeAttribute()
    day = UnicodeAttribute()
    at_ms = NumberAttribute()
    legs = UnicodeAttribute()
    digest = UnicodeAttribute()


def _key(period: str, cause: str) -> tuple[str, str]:
    return f"{period}#{shard_of(cause)}", id_from(cause)


def _at_rest(entry: Entry) -> EntryRecord:
    pk, sk = _key(entry.period, entry.cause)
    return EntryRecord(
        pk,
        sk,
        cause=entry.cause,
        kind=entry.kind,
        period=entry.period,
        day=entry.day.isoformat(),
        at_ms=entry.at_ms,
        legs=json.dumps([[leg.account, leg.amount_fen, leg.subject] for leg in entry.legs], ensure_ascii=False),
        digest=entry.digest,
    )


def _entry(record: EntryRecord) -> Entry:
    legs = tuple(Leg(*leg) for leg in json.loads(record.legs))
    return Entry(record.cause, record.kind, record.period, date.fromisoformat(record.day), int(record.at_ms), legs)


def add(transaction: Transaction, entry: Entry) -> None:
    """Put an entry into a transaction, on condition that its cause was not posted yet."""
    transaction.put(_at_rest(entry), EntryRecord.pk.does_not_exist())


def post(entry: Entry, transaction: Transaction | None = None) -> bool:
    """Commit an entry together with whatever the transaction already holds.

    ``True``: posted now. ``False``: the same was posted before, and nothing was written. Raises ``Conflict`` with code
    ``LEDGER_CONFLICT`` where the cause was posted with other content (money rule 4), and the transaction's own
    ``Conflict`` where another of its conditions did not hold.
    """
    transaction = transaction or Transaction()
    add(transaction, entry)
    try:
        transaction.commit()
    except Conflict:
        standing = read(entry.period, entry.cause)
        if standing is None:
            raise
        if standing.digest != entry.digest:
            raise Conflict("LEDGER_CONFLICT", f"同一事项已按不同内容入账: {entry.cause}") from None
        return False
    return True


def read(period: str, cause: str) -> Entry | None:
    """The entry that a cause was posted as."""
    try:
        return _entry(EntryRecord.get(*_key(period, cause), consistent_read=True))
    except EntryRecord.DoesNotExist:
        return None


def kept_entries(period: str) -> Iterator[dict[str, Any]]:
    """A period's entries as they are kept, with the id and digest that were written down, to be checked."""
    for shard in SHARDS:
        for record in EntryRecord.query(f"{period}#{shard}", consistent_read=True):
            yield {
                "id": record.sk,
                "cause": record.cause,
                "kind": record.kind,
                "period": record.period,
                "day": record.day,
                "at_ms": int(record.at_ms),
                "legs": json.loads(record.legs),
                "digest": record.digest,
            }


def entries(period: str) -> Iterator[Entry]:
    """Every entry of a period, in no particular order."""
    for shard in SHARDS:
        for record in EntryRecord.query(f"{period}#{shard}", consistent_read=True):
            yield _entry(record)
