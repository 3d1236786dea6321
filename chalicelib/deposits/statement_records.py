"""An account's statements and lines. An account outlives periods; each of its lines is allotted to one of them.

| item | pk | sk |
|---|---|---|
| statement of a day | ``account#{channel}`` | ``statement#{day}`` |
| line of a day | ``account#{channel}#{day}#{shard of serial}`` | ``line#{serial}`` |
| the bank's serial, taken once | ``serial#{channel}#{serial}`` | ``serial`` |
| debit, interest or own transfer of a period | ``{period}#{shard of serial}`` | ``line#{channel}#{serial}`` |
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.ledger import causes
from integrations.ports import Direction

LINE = "line#"
STATEMENT = "statement#"


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


class AccountLineRecord(Model):
    """A line as the account has it: ``cause`` is the ledger's, ``period`` the one whose books it is in."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    channel = UnicodeAttribute()
    day = UnicodeAttribute()
    serial = UnicodeAttribute()
    direction = UnicodeAttribute()
    amount_fen = NumberAttribute()
    period = UnicodeAttribute()
    cause = UnicodeAttribute()

    @property
    def signed_fen(self) -> int:
        """What the line did to the account's balance."""
        return signed_fen(self.direction, int(self.amount_fen))


class SerialRecord(Model):
    """A bank's serial that was booked: on which day's statement, in which period's books, and what it said."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="serial")
    day = UnicodeAttribute()
    period = UnicodeAttribute()
    direction = UnicodeAttribute()
    digest = UnicodeAttribute()


class BankLineRecord(Model):
    """A debit, interest, or what moved from or to the own account of ``moved_with``. Another debit only confirms what
    the return file already posted; ``our_ref`` ties them."""

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
    moved_with = UnicodeAttribute(default="")
    statement_day = UnicodeAttribute()
    digest = UnicodeAttribute()

    @property
    def signed_fen(self) -> int:
        """What the line did to the account's balance."""
        return signed_fen(self.direction, int(self.amount_fen))

    @property
    def cause(self) -> str:
        """The ledger's cause that the line confirms. A debit without a number of ours, to nobody of ours, confirms
        none."""
        if self.moved_with:
            return causes.moved(self.channel, self.serial)
        if self.direction == Direction.INTEREST:
            return causes.bank_interest(self.channel, self.serial)
        return causes.refund_paid(self.our_ref) if self.our_ref else causes.unexplained_debit(self.channel, self.serial)


def signed_fen(direction: str, amount_fen: int) -> int:
    """What so much did to an account's balance."""
    return -amount_fen if direction == Direction.DEBIT else amount_fen


def statement_key(channel: str, day: str) -> tuple[str, str]:
    """The table key of a statement."""
    return f"account#{channel}", f"{STATEMENT}{day}"


def line_key(period: str, channel: str, serial: str) -> tuple[str, str]:
    """The table key of a line that is no bidder's payment."""
    return f"{period}#{shard_of(serial)}", f"{LINE}{channel}#{serial}"


def add_line(transaction: Transaction, line: AccountLineRecord, digest: str) -> None:
    """Add a line to its account, on condition that its serial was not booked yet, on any day or in any period."""
    serial = SerialRecord(
        _serial_pk(line.channel, line.serial),
        day=line.day,
        period=line.period,
        direction=line.direction,
        digest=digest,
    )
    transaction.put(serial, SerialRecord.pk.does_not_exist())
    transaction.put(line)


def account_line(
    channel: str, day: str, serial: str, *, direction: Direction, amount_fen: int, period: str, cause: str
) -> AccountLineRecord:
    """A line as its account keeps it."""
    return AccountLineRecord(
        f"account#{channel}#{day}#{shard_of(serial)}",
        f"{LINE}{serial}",
        channel=channel,
        day=day,
        serial=serial,
        direction=direction,
        amount_fen=amount_fen,
        period=period,
        cause=cause,
    )


def find_statement(channel: str, day: str) -> StatementRecord | None:
    """A day's statement."""
    try:
        return StatementRecord.get(*statement_key(channel, day), consistent_read=True)
    except StatementRecord.DoesNotExist:
        return None


def find_serial(channel: str, serial: str) -> SerialRecord | None:
    """What was booked under a bank's serial."""
    try:
        return SerialRecord.get(_serial_pk(channel, serial), "serial", consistent_read=True)
    except SerialRecord.DoesNotExist:
        return None


def _serial_pk(channel: str, serial: str) -> str:
    return f"serial#{channel}#{serial}"


def statements(channel: str, first: str = "", last: str = "9") -> Iterator[StatementRecord]:
    """An account's statements from one day to another, both included, by day."""
    span = StatementRecord.sk.between(f"{STATEMENT}{first}", f"{STATEMENT}{last}")
    yield from StatementRecord.query(f"account#{channel}", span, consistent_read=True)


def statement_before(channel: str, day: str) -> StatementRecord | None:
    """An account's last statement of an earlier day."""
    span = StatementRecord.sk.between(STATEMENT, f"{STATEMENT}{day}")
    found = StatementRecord.query(f"account#{channel}", span, consistent_read=True, scan_index_forward=False, limit=2)
    return next((each for each in found if each.day < day), None)


def lines_of_day(channel: str, day: str) -> Iterator[AccountLineRecord]:
    """Every line that was booked from a day's statement, in no particular order."""
    for shard in SHARDS:
        prefix = AccountLineRecord.sk.startswith(LINE)
        yield from AccountLineRecord.query(f"account#{channel}#{day}#{shard}", prefix, consistent_read=True)


def find_bank_line(period: str, channel: str, serial: str) -> BankLineRecord | None:
    """A line of a period that is no bidder's payment."""
    try:
        return BankLineRecord.get(*line_key(period, channel, serial), consistent_read=True)
    except BankLineRecord.DoesNotExist:
        return None


def bank_lines(period: str) -> Iterator[BankLineRecord]:
    """Every line of a period that is no bidder's payment, in no particular order."""
    for shard in SHARDS:
        prefix = BankLineRecord.sk.startswith(LINE)
        yield from BankLineRecord.query(f"{period}#{shard}", prefix, consistent_read=True)
