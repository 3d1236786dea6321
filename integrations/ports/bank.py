"""A bank that holds the deposit account: statements in, refund batches out, return files back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from chalicelib.kernel.errors import Problem


class Direction(StrEnum):
    """What a line of a statement did to the account."""

    CREDIT = "credit"
    DEBIT = "debit"
    INTEREST = "interest"


@dataclass(frozen=True)
class StatementLine:
    """One booking on the bank's statement. ``our_ref`` is the hub's own number on payments that it ordered."""

    line: int
    serial: str
    booked_at_ms: int
    value_date: date
    direction: Direction
    amount_fen: int
    account_no: str
    account_name: str
    memo: str
    our_ref: str


@dataclass(frozen=True)
class Statement:
    """A T+1 statement: what could be read, and what was wrong with the rest, line by line."""

    batch_no: str
    account_no: str
    day: date
    opening_fen: int
    closing_fen: int
    lines: tuple[StatementLine, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class RefundLine:
    """One payment that a bank is told to make. ``our_ref`` was stored before the file was written."""

    our_ref: str
    account_no: str
    account_name: str
    principal_fen: int
    interest_fen: int
    memo: str


@dataclass(frozen=True)
class BatchFile:
    """A file as it goes over the wire, and its digest for the sidecar."""

    name: str
    content: bytes
    digest: str


class PaymentOutcome(StrEnum):
    """What a bank says became of a payment. Only an explicit word ends one: a code nobody knows leaves it pending."""

    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True)
class ReturnLine:
    """What became of one payment. ``code`` and ``reason`` are the bank's own."""

    line: int
    our_ref: str
    amount_fen: int
    outcome: PaymentOutcome
    code: str
    reason: str


@dataclass(frozen=True)
class BatchReturn:
    """A bank's return file for one refund batch."""

    batch_no: str
    lines: tuple[ReturnLine, ...]
    problems: tuple[Problem, ...]


class BatchState(StrEnum):
    """What a bank says of a batch file when asked."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"


class DepositBank(Protocol):
    """A bank that holds the deposit account."""

    channel: str

    def read_statement(self, content: bytes, sidecar: bytes) -> Statement:
        """Decode a statement. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        ...

    def write_batch(self, batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
        """Encode a refund batch (at most ``lines_max`` lines)."""
        ...

    @property
    def lines_max(self) -> int:
        """How many lines one batch file may hold."""
        ...

    def send_batch(self, file: BatchFile) -> None:
        """Hand the file to the bank. ``Pending`` where it is not known whether it arrived."""
        ...

    def ask_batch(self, file_name: str) -> BatchState:
        """Ask what became of a file. ``Pending`` where the bank does not answer."""
        ...

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        """Decode a return file. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        ...
