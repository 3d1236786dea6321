"""The auction's own table: the prepared auction, broadcasts and result as facts that stand, and everybody's rank."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name


class FactRecord(Model):
    """Something about a period's auction that is written once: JSON under a name."""

    class Meta(HubMeta):
        """Table and region."""

        table_name = table_name("AUCTIONS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    content = UnicodeAttribute()


class StandingRecord(Model):
    """Where a bidder came in."""

    class Meta(HubMeta):
        """Table and region."""

        table_name = table_name("AUCTIONS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    code = UnicodeAttribute()
    bidder_class = UnicodeAttribute()
    rank = NumberAttribute()
    price_fen = NumberAttribute()
    bid_at_ms = NumberAttribute()
    won = BooleanAttribute()


@dataclass(frozen=True)
class Standing:
    """A bidder's rank in his class, 1 the best; whether it won; the bid that stood."""

    code: str
    bidder_class: str
    price_fen: int
    bid_at_ms: int
    rank: int
    won: bool


@dataclass(frozen=True)
class Winner:
    """A winner, his rank in his class, and the price that he owes."""

    code: str
    bidder_class: str
    price_fen: int
    bid_at_ms: int
    rank: int


_STANDING = "standing#"


def fact(period: str, name: str) -> Any | None:
    """The content kept under a name such as ``auction``, ``broadcast#1`` or ``result``; ``None`` where nothing is."""
    try:
        return json.loads(FactRecord.get(period, name, consistent_read=True).content)
    except FactRecord.DoesNotExist:
        return None


def facts(period: str, prefix: str) -> dict[str, Any]:
    """All facts whose names begin so, by name."""
    found = FactRecord.query(period, FactRecord.sk.startswith(prefix), consistent_read=True)
    return {record.sk: json.loads(record.content) for record in found}


def latest(period: str, prefix: str) -> tuple[str, Any] | None:
    """The last in order of the facts whose names begin so, with its name; ``None`` where there is none."""
    found = FactRecord.query(
        period, FactRecord.sk.startswith(prefix), consistent_read=True, scan_index_forward=False, limit=1
    )
    return next(((record.sk, json.loads(record.content)) for record in found), None)


def keep(period: str, name: str, content: Any) -> Any:
    """Keep a fact once and return what stands: this content, or the one that was there first."""
    record = FactRecord(period, name, content=canonical(content).decode())
    try:
        record.save(FactRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return fact(period, name)
    return json.loads(record.content)


def keep_same(period: str, name: str, content: Any) -> None:
    """Keep a fact once. The same again is fine; other content raises ``Conflict`` (``AUCTION_FACT_STANDS``)."""
    if canonical(keep(period, name, content)) != canonical(content):
        raise Conflict("AUCTION_FACT_STANDS", f"竞价记录已存在且内容不同: {period} {name}")


def replace(period: str, name: str, content: Any, standing: Any) -> None:
    """Put a fact in another's place, if that one still stands. Raises ``Conflict`` (``AUCTION_FACT_MOVED``)."""
    record = FactRecord(period, name, content=canonical(content).decode())
    try:
        record.save(FactRecord.content == canonical(standing).decode())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise Conflict("AUCTION_FACT_MOVED", f"竞价记录已变化: {period} {name}") from error


def check(transaction: Transaction, period: str, name: str, standing: Any) -> None:
    """A transaction happens only while a fact stands as it was read."""
    transaction.check(FactRecord, period, name, FactRecord.content == canonical(standing).decode())


def save_standings(period: str, standings: Iterable[Standing]) -> None:
    """Write everybody's rank; the same again changes nothing."""
    with StandingRecord.batch_write() as batch:
        for standing in standings:
            batch.save(
                StandingRecord(
                    f"{period}#{shard_of(standing.code)}",
                    f"{_STANDING}{standing.code}",
                    code=standing.code,
                    bidder_class=standing.bidder_class,
                    rank=standing.rank,
                    price_fen=standing.price_fen,
                    bid_at_ms=standing.bid_at_ms,
                    won=standing.won,
                )
            )


def _standing(record: StandingRecord) -> Standing:
    return Standing(
        code=record.code,
        bidder_class=record.bidder_class,
        price_fen=int(record.price_fen),
        bid_at_ms=int(record.bid_at_ms),
        rank=int(record.rank),
        won=record.won,
    )


def standing(period: str, code: str) -> Standing | None:
    """Where a bidder came in; ``None`` for somebody who never bid, and for everybody before the close."""
    try:
        return _standing(StandingRecord.get(f"{period}#{shard_of(code)}", f"{_STANDING}{code}", consistent_read=True))
    except StandingRecord.DoesNotExist:
        return None


def standings(period: str) -> Iterator[Standing]:
    """Everybody who bid, winners and losers, shard by shard."""
    for shard in SHARDS:
        # Consistent: the treasury's room counts the winners right after they were written.
        ranks = StandingRecord.query(f"{period}#{shard}", StandingRecord.sk.startswith(_STANDING), consistent_read=True)
        for record in ranks:
            yield _standing(record)


def winners(period: str) -> Iterator[Winner]:
    """The winners, by class, best first."""
    won = [one for one in standings(period) if one.won]
    for one in sorted(won, key=lambda winner: (winner.bidder_class, winner.rank)):
        yield Winner(one.code, one.bidder_class, one.price_fen, one.bid_at_ms, one.rank)
