"""Statements in the deposits' table, and those of their lines that are no credits: debits and the bank's interest.

| item | pk | sk |
|---|---|---|
| statement | ``{period}#statements`` | ``{channel}#{day}`` |
| debit or interest line | ``{period}#{shard of serial}`` | ``line#{channel}#{serial}`` |
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, table_name

LINE = "line#"


class StatementState(StrEnum):
    """A statement is read, then closed."""

    READ = "read"
    CLOSED = "closed"


class StatementRecord(Model):
    """One day's statement of one channel. ``digest`` is over its bytes; ``problems`` counts lines that were refused."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    channel = UnicodeAttribute()
    day = UnicodeAttribute()
    key = UnicodeAttribute()
    batch_no = UnicodeAttribute()
    account_no = UnicodeAttribute()
    opening_fen = NumberAttribute()
    closing_fen = NumberAttribute()
    lines = NumberAttribute()
    problems = NumberAttribute()
    digest = UnicodeAttribute()
    state = UnicodeAttribute()


class BankLineRecord(Model):
    """A debit or interest line. A debit only confirms what the return file already posted; ``our_ref`` ties them."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    channel = UnicodeAttribute()
    serial = UnicodeAttribute()
    direction = UnicodeAttribute()
    amount_fen = NumberAttribute()
    our_ref = UnicodeAttribute(default="")
    statement_day = UnicodeAttribute()
    digest = UnicodeAttribute()


def statement_key(period: str, channel: str, day: str) -> tuple[str, str]:
    """The table key of a statement."""
    return f"{period}#statements", f"{channel}#{day}"


def line_key(period: str, channel: str, serial: str) -> tuple[str, str]:
    """The table key of a debit or interest line."""
    return f"{period}#{shard_of(serial)}", f"{LINE}{channel}#{serial}"


def find_statement(period: str, channel: str, day: str) -> StatementRecord | None:
    """A day's statement."""
    try:
        return StatementRecord.get(*statement_key(period, channel, day), consistent_read=True)
    except StatementRecord.DoesNotExist:
        return None


def find_line(period: str, channel: str, serial: str) -> BankLineRecord | None:
    """The debit or interest line that a serial stands for."""
    try:
        return BankLineRecord.get(*line_key(period, channel, serial), consistent_read=True)
    except BankLineRecord.DoesNotExist:
        return None


def statements(period: str) -> Iterator[StatementRecord]:
    """Every statement of a period, by channel and day."""
    yield from StatementRecord.query(f"{period}#statements", consistent_read=True)


def bank_lines(period: str) -> Iterator[BankLineRecord]:
    """Every debit and interest line of a period, in no particular order."""
    for shard in SHARDS:
        prefix = BankLineRecord.sk.startswith(LINE)
        yield from BankLineRecord.query(f"{period}#{shard}", prefix, consistent_read=True)
