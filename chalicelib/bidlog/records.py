"""The log at rest: lines in batches that are never changed, a marker for each bid, the size, and the heads.

A batch, its bids' markers and the new size are written in one transaction: a bid is in the log once, whoever delivers
it and however often, and no number of the log is given twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.bidlog.rules import Entry, line_of
from chalicelib.kernel.errors import Conflict, Pending
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.tables import TRANSACTION_ACTIONS_MAX, HubMeta, Transaction, table_name

# Beside the markers a transaction holds the batch and the size.
BATCH_MAX = TRANSACTION_ACTIONS_MAX - 2
# How many lines of batches lie in one partition.
LINES_A_PARTITION = 10_000
_TRIES_MAX = 8
_FINAL = "final head"


class _LogItem(Model):
    """What every item of the log's table has."""

    class Meta(HubMeta):
        """Table and region."""

        table_name = table_name("BIDLOG_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class SizeRecord(_LogItem):
    """How many leaves the log of a period has."""

    size = NumberAttribute()


class BatchRecord(_LogItem):
    """Consecutive lines; ``begin`` is the number of the first, from 0."""

    begin = NumberAttribute()
    lines = UnicodeAttribute()


class PlaceRecord(_LogItem):
    """Which leaf a bid is."""

    place = NumberAttribute()


class HeadRecord(_LogItem):
    """A signed tree head, as JSON."""

    content = UnicodeAttribute()


def size_of(period: str) -> int:
    """How many leaves there are."""
    try:
        return int(SizeRecord.get(period, "size", consistent_read=True).size)
    except SizeRecord.DoesNotExist:
        return 0


def place_of(period: str, bidder_class: str, code: str, number: int) -> int | None:
    """Which leaf a bid is, from 0; ``None`` while it is none."""
    try:
        return int(PlaceRecord.get(*_place_key(period, bidder_class, code, number), consistent_read=True).place)
    except PlaceRecord.DoesNotExist:
        return None


def append(period: str, entries: Sequence[Entry]) -> int:
    """Append what is not in the log yet, in this order; returns how many leaves that were."""
    added = 0
    for begin in range(0, len(entries), BATCH_MAX):
        added += _append(period, entries[begin : begin + BATCH_MAX])
    return added


def _append(period: str, entries: Sequence[Entry]) -> int:
    for _ in range(_TRIES_MAX):
        size, known = size_of(period), _known(period, entries)
        fresh = [entry for entry in entries if _place_key(period, *entry[:3]) not in known]
        if not fresh:
            return 0
        try:
            _write(period, size, fresh)
        except Conflict:
            # Somebody else appended meanwhile, perhaps one of these: look again.
            continue
        return len(fresh)
    raise Pending("BID_LOG_BUSY", f"出价日志正被他处追加: {period}")


def _write(period: str, size: int, fresh: Sequence[Entry]) -> None:
    write = Transaction()
    for place, entry in enumerate(fresh, size):
        record = PlaceRecord(*_place_key(period, *entry[:3]), place=place)
        write.put(record, PlaceRecord.pk.does_not_exist())
    lines = "\n".join(line_of(period, entry) for entry in fresh)
    write.put(BatchRecord(*_batch_key(period, size), begin=size, lines=lines), BatchRecord.pk.does_not_exist())
    stands = SizeRecord.size == size if size else SizeRecord.pk.does_not_exist()
    write.put(SizeRecord(period, "size", size=size + len(fresh)), stands)
    write.commit()


def _known(period: str, entries: Sequence[Entry]) -> set[tuple[str, str]]:
    keys = {_place_key(period, *entry[:3]) for entry in entries}
    return {(record.pk, record.sk) for record in PlaceRecord.batch_get(keys, consistent_read=True)}


def lines(period: str, begin: int, end: int) -> Iterator[str]:
    """The lines from number ``begin`` to ``end``, which is left out."""
    first = max(0, begin - BATCH_MAX + 1)
    for partition in range(first // LINES_A_PARTITION, -(-end // LINES_A_PARTITION)):
        within = BatchRecord.sk.between(_number(first), _number(max(end - 1, 0)))
        for record in BatchRecord.query(f"{period}#lines{partition}", within, consistent_read=True):
            for number, line in enumerate(record.lines.split("\n"), int(record.begin)):
                if begin <= number < end:
                    yield line


def keep_head(period: str, signed: dict[str, Any]) -> dict[str, Any]:
    """Keep a signed head; returns it, or the final one where that stands: no head comes after it, however late.

    What is handed to the notary lists the heads up to the final one, so that their list must not change any more.
    """
    content, write = canonical(signed).decode(), Transaction()
    write.put(HeadRecord(f"{period}#heads", _head_key(signed), content=content))
    if signed["head"]["final"]:
        write.put(HeadRecord(period, _FINAL, content=content), HeadRecord.pk.does_not_exist())
    else:
        write.check(HeadRecord, period, _FINAL, HeadRecord.pk.does_not_exist())
    try:
        write.commit()
    except Conflict:
        stands: dict[str, Any] = json.loads(HeadRecord.get(period, _FINAL, consistent_read=True).content)
        return stands
    return signed


def heads(period: str) -> list[dict[str, Any]]:
    """Every head that was signed, the oldest first."""
    found = HeadRecord.query(f"{period}#heads", consistent_read=True)
    return [json.loads(record.content) for record in found]


def last_head(period: str) -> dict[str, Any] | None:
    """The newest head; ``None`` before the first."""
    found = HeadRecord.query(f"{period}#heads", consistent_read=True, scan_index_forward=False, limit=1)
    return next((json.loads(record.content) for record in found), None)


def _head_key(signed: dict[str, Any]) -> str:
    return f"{signed['head']['at_ms']:013d}"


def _place_key(period: str, bidder_class: str, code: str, number: int) -> tuple[str, str]:
    return f"{period}#{bidder_class}#{code}", f"bid#{number}"


def _batch_key(period: str, begin: int) -> tuple[str, str]:
    return f"{period}#lines{begin // LINES_A_PARTITION}", _number(begin)


def _number(place: int) -> str:
    return f"{place:09d}"
