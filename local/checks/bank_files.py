"""The bank's files read by hand, apart from the hub's codec, so that a check does not repeat the codec's mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from local.payments import PAYOUT_ACCOUNT_NO

CHINA = timezone(timedelta(hours=8))
PAID = "0000"
# The bank's word that it does not know yet: neither paid nor failed.
PENDING = "9999"


@dataclass(frozen=True)
class StatementRow:
    """A booking: ``direction`` C, D or I."""

    serial: str
    booked_at_ms: int
    direction: str
    amount_fen: int
    account: str
    name: str
    our_ref: str


@dataclass(frozen=True)
class StatementFile:
    """A statement; ``total_fen`` and ``count`` are the header's."""

    key: str
    day: str
    opening_fen: int
    count: int
    total_fen: int
    closing_fen: int
    rows: tuple[StatementRow, ...]


@dataclass(frozen=True)
class BatchRow:
    """A payment that the hub ordered."""

    our_ref: str
    account: str
    name: str
    principal_fen: int
    interest_fen: int

    @property
    def amount_fen(self) -> int:
        """Principal and interest."""
        return self.principal_fen + self.interest_fen


@dataclass(frozen=True)
class RefundFile:
    """A batch as it went to the bank."""

    key: str
    batch_no: str
    count: int
    total_fen: int
    rows: tuple[BatchRow, ...]


@dataclass(frozen=True)
class ReturnRow:
    """What became of a payment."""

    our_ref: str
    amount_fen: int
    code: str


@dataclass(frozen=True)
class ReturnFile:
    """The bank's answer to a batch."""

    key: str
    batch_no: str
    count: int
    total_fen: int
    rows: tuple[ReturnRow, ...]


@dataclass(frozen=True)
class Exchanged:
    """Every file that went between bank and hub, each kind in order of day or number."""

    statements: tuple[StatementFile, ...]
    batches: tuple[RefundFile, ...]
    returns: tuple[ReturnFile, ...]

    @property
    def batch_rows(self) -> tuple[BatchRow, ...]:
        """The rows of all batches."""
        return tuple(row for batch in self.batches for row in batch.rows)

    @property
    def return_rows(self) -> tuple[ReturnRow, ...]:
        """The rows of all return files."""
        return tuple(row for file in self.returns for row in file.rows)

    @property
    def credits(self) -> tuple[StatementRow, ...]:
        """What others paid in."""
        return tuple(row for row in self.statement_rows("C") if row.account != PAYOUT_ACCOUNT_NO)

    @property
    def drawn(self) -> tuple[StatementRow, ...]:
        """What was drawn from the wallet: money of ours that moved."""
        return tuple(row for row in self.statement_rows("C") if row.account == PAYOUT_ACCOUNT_NO)

    def statement_rows(self, direction: str) -> tuple[StatementRow, ...]:
        """The rows of all statements in one direction."""
        return tuple(row for file in self.statements for row in file.rows if row.direction == direction)


def read_exchange(files: Mapping[str, bytes]) -> Exchanged:
    """Pick the bank's files out of inbox and outbox (key -> bytes) and read them. ``ValueError`` where one can't be."""
    statements, batches, returns = [], [], []
    for key, content in sorted(files.items()):
        name = key.rsplit("/", 1)[-1]
        if not name.endswith(".txt"):
            continue
        if name.startswith("HZB_STMT_"):
            statements.append(_statement(key, content))
        elif name.startswith("HZB_RFD_"):
            batches.append(_batch(key, content))
        elif name.startswith("HZB_RTN_"):
            returns.append(_return(key, content))
    return Exchanged(
        tuple(sorted(statements, key=lambda file: file.day)),
        tuple(sorted(batches, key=lambda file: file.batch_no)),
        tuple(sorted(returns, key=lambda file: file.batch_no)),
    )


def _table(content: bytes) -> list[list[str]]:
    return [line.split("|") for line in content.decode("gb18030").splitlines() if line]


def _instant(digits: str) -> int:
    whole = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    return int(whole.timestamp()) * 1_000 + int(digits[14:17])


def _statement(key: str, content: bytes) -> StatementFile:
    head, *rows = _table(content)
    return StatementFile(
        key=key,
        day=head[2],
        opening_fen=int(head[3]),
        count=int(head[4]),
        total_fen=int(head[5]),
        closing_fen=int(head[6]),
        rows=tuple(StatementRow(row[0], _instant(row[1]), row[3], int(row[4]), row[5], row[6], row[8]) for row in rows),
    )


def _batch(key: str, content: bytes) -> RefundFile:
    head, *rows = _table(content)
    read = tuple(BatchRow(row[1], row[2], row[3], int(row[4]), int(row[5])) for row in rows)
    return RefundFile(key, head[0], int(head[1]), int(head[2]), read)


def _return(key: str, content: bytes) -> ReturnFile:
    head, *rows = _table(content)
    read = tuple(ReturnRow(row[1], int(row[2]), row[3]) for row in rows)
    return ReturnFile(key, head[0], int(head[1]), int(head[2]), read)
