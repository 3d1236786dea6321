"""Payments by wallet and what was told of credits before a statement states them, in the deposits' table.

| item | pk | sk |
|---|---|---|
| trade | ``{period}#{shard of code}`` | ``trade#{code}#{number}`` |
| announced credit | ``{period}#{shard of code or serial}`` | ``announced#{code or -}#{channel}#{serial}`` |
| telling, as it came in | ``told#{channel}#{id}`` | ``told`` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, UpdateError
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, table_name

TRADE, ANNOUNCED = "trade#", "announced#"
_NUMBER = re.compile(r"HP(\d{4})(\d{2})_([0-9A-Za-z-]{1,32})_(\d{3})", re.ASCII)
_CONDITION_FAILED = "ConditionalCheckFailedException"


class TradeStatus(StrEnum):
    """Where a trade stands; it only moves on."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


class TradeRecord(Model):
    """A payment that a bidder wants to make: written down before the wallet hears of it. ``serial`` is the wallet's."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    our_ref = UnicodeAttribute()
    channel = UnicodeAttribute()
    code = UnicodeAttribute()
    amount_fen = NumberAttribute()
    buyer_lookup = UnicodeAttribute()
    expires_at_ms = NumberAttribute()
    serial = UnicodeAttribute(default="")
    state = UnicodeAttribute(default=TradeStatus.OPEN)
    paid_at_ms = NumberAttribute(default=0)


class AnnouncedState(StrEnum):
    """``pending`` until a statement states it (``posted``) or does not (``void``)."""

    PENDING = "pending"
    POSTED = "posted"
    VOID = "void"


class AnnouncedRecord(Model):
    """A credit that was told of as it came in. ``missed_on``: the first day whose statement lacked it."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    channel = UnicodeAttribute()
    serial = UnicodeAttribute()
    code = UnicodeAttribute(default="")
    amount_fen = NumberAttribute()
    arrived_at_ms = NumberAttribute()
    state = UnicodeAttribute(default=AnnouncedState.PENDING)
    missed_on = UnicodeAttribute(default="")


class ToldRecord(Model):
    """One telling as it came in, by the teller's own id (a nonce, a ``notify_id``); ``digest`` is over what it said."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="told")
    digest = UnicodeAttribute()
    content = UnicodeAttribute()
    received_at_ms = NumberAttribute()


def trade_number(period: str, code: str, number: int) -> str:
    """Our number of a trade. The code stands in it, so that the wallet's bill alone tells whose payment a line is."""
    return f"HP{period.replace('-', '')}_{code}_{number:03d}"


def trade_key(our_ref: str) -> tuple[str, str]:
    """The table key of a trade. Raises ``NotFound`` (``PAYMENT_UNKNOWN``) for what is no number of ours."""
    found = _NUMBER.fullmatch(our_ref)
    if found is None:
        raise NotFound("PAYMENT_UNKNOWN", "没有这一笔付款")
    return f"{found[1]}-{found[2]}#{shard_of(found[3])}", f"{TRADE}{found[3]}#{found[4]}"


def find_trade(our_ref: str) -> TradeRecord | None:
    """The trade under one of our numbers."""
    try:
        return TradeRecord.get(*trade_key(our_ref), consistent_read=True)
    except (TradeRecord.DoesNotExist, NotFound):
        return None


def trades_of(period: str, code: str) -> list[TradeRecord]:
    """A bidder's trades of a period, by number."""
    prefix = TradeRecord.sk.startswith(f"{TRADE}{code}#")
    return list(TradeRecord.query(f"{period}#{shard_of(code)}", prefix, consistent_read=True))


def trades(period: str) -> Iterator[TradeRecord]:
    """Every trade of a period, in no particular order."""
    for shard in SHARDS:
        yield from TradeRecord.query(f"{period}#{shard}", TradeRecord.sk.startswith(TRADE), consistent_read=True)


def put_once(record: Model) -> bool:
    """Write an item that must not be there yet; ``False`` where it is."""
    try:
        record.save(type(record).pk.does_not_exist())  # type: ignore[attr-defined]
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        return False
    return True


def keep_serial(trade: TradeRecord, serial: str) -> bool:
    """Keep the wallet's number of a trade; ``False``, and ``trade`` read anew, where another one was kept before."""
    known = TradeRecord.serial
    try:
        trade.update([known.set(serial)], known.does_not_exist() | (known == "") | (known == serial))
    except UpdateError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        trade.refresh(consistent_read=True)
        return False
    return True


def keep_told(channel: str, told_id: str, digest: str, content: str, now_ms: int) -> None:
    """Write a telling down, once. Raises ``Conflict`` (``NOTICE_REPLAYED``) where its id was used for another one."""
    record = ToldRecord(f"told#{channel}#{told_id}", "told", digest=digest, content=content, received_at_ms=now_ms)
    if not put_once(record) and find_told(channel, told_id).digest != digest:
        raise Conflict("NOTICE_REPLAYED", "该通知编号已用于不同内容")


def find_told(channel: str, told_id: str) -> ToldRecord:
    """A telling as it came in."""
    return ToldRecord.get(f"told#{channel}#{told_id}", "told", consistent_read=True)


def announced_key(period: str, code: str, channel: str, serial: str) -> tuple[str, str]:
    """The table key of an announced credit."""
    return f"{period}#{shard_of(code or serial)}", f"{ANNOUNCED}{code or '-'}#{channel}#{serial}"


def find_announced(pk: str, sk: str) -> AnnouncedRecord | None:
    """The announced credit under a key."""
    try:
        return AnnouncedRecord.get(pk, sk, consistent_read=True)
    except AnnouncedRecord.DoesNotExist:
        return None


def announced_to(period: str, code: str) -> list[AnnouncedRecord]:
    """The announced credits that bear a code."""
    prefix = AnnouncedRecord.sk.startswith(f"{ANNOUNCED}{code}#")
    return list(AnnouncedRecord.query(f"{period}#{shard_of(code)}", prefix, consistent_read=True))


def announced(period: str) -> Iterator[AnnouncedRecord]:
    """Every announced credit of a period, in no particular order."""
    for shard in SHARDS:
        prefix = AnnouncedRecord.sk.startswith(ANNOUNCED)
        yield from AnnouncedRecord.query(f"{period}#{shard}", prefix, consistent_read=True)
