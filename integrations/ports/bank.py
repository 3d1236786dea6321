"""A bank that holds the deposit account: statements in, refund batches out, return files back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import IO, NamedTuple, Protocol, runtime_checkable

from chalicelib.kernel.errors import FileRefused, Problem


class Direction(StrEnum):
    """What a line of a statement did to the account."""

    CREDIT = "credit"
    DEBIT = "debit"
    INTEREST = "interest"


class StatementLine(NamedTuple):
    """One booking on the bank's statement. ``our_ref`` is the hub's own number on payments that it ordered.

    A tuple, since a statement may have a million of them.
    """

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

    @property
    def summary(self) -> StatementSummary:
        """What it says besides its lines."""
        return StatementSummary(
            batch_no=self.batch_no,
            account_no=self.account_no,
            day=self.day,
            opening_fen=self.opening_fen,
            closing_fen=self.closing_fen,
            count=len(self.lines),
            problems=self.problems,
        )


@dataclass(frozen=True)
class StatementSummary:
    """A statement whose lines were handed over as they were read: ``count`` of them hold, and those whose number is in
    ``left_out`` do not."""

    batch_no: str
    account_no: str
    day: date
    opening_fen: int
    closing_fen: int
    count: int
    problems: tuple[Problem, ...]
    left_out: frozenset[int] = frozenset()

    def with_lines(self, handed: Sequence[StatementLine]) -> Statement:
        """The statement in one, of all the lines that were handed over."""
        return Statement(
            batch_no=self.batch_no,
            account_no=self.account_no,
            day=self.day,
            opening_fen=self.opening_fen,
            closing_fen=self.closing_fen,
            lines=tuple(line for line in handed if line.line not in self.left_out),
            problems=self.problems,
        )


@dataclass(frozen=True)
class OwnAccount:
    """An account of the hub's own, as a bank states it on the other side of a line.

    ``memo``: what the line says too, where others send from the same account (a wallet pays its merchants and everybody
    else from one). ``stated``: whether a statement of its own shows what moved (a wallet's bill of trades does not).
    """

    channel: str
    account_no: str
    memo: str = ""
    stated: bool = True


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


class RefusedInPart(FileRefused):
    """Payments of a batch file, maybe all, that the bank refused by its own word when they were handed over; it has the
    others. Not raised while the outcome of one is unknown."""

    def __init__(self, code: str, message: str, our_refs: frozenset[str], problems: tuple[Problem, ...]) -> None:
        super().__init__(code, message, problems=problems)
        self.our_refs = our_refs


class DepositBank(Protocol):
    """A bank that holds the deposit account."""

    channel: str
    # Whether principal and interest of a payment go out each by itself, under a number of its own.
    pays_interest_apart: bool

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
        """Hand the file to the bank. ``Pending`` where it is not known whether it arrived, ``FileRefused`` where the
        bank says that it will take nothing of it, ``RefusedInPart`` where it says so of a part."""
        ...

    def ask_batch(self, file: BatchFile) -> BatchState:
        """Ask what became of a file. ``Pending`` where the bank does not answer, ``Conflict`` where it has another file
        under this number."""
        ...

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        """Decode a return file. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        ...


@runtime_checkable
class StreamingBank(DepositBank, Protocol):
    """One whose statements may be longer than memory: their lines are handed over as they are read."""

    def stream_statement(
        self, source: IO[bytes], sidecar: bytes, take: Callable[[Sequence[StatementLine]], None]
    ) -> StatementSummary:
        """Decode a statement from its start, handing over its lines in order. Nothing counts before this returns;
        raises as ``read_statement``."""
        ...


@dataclass(frozen=True)
class InterestLine:
    """What a bank computed on one credit, known by its serial, of which ``principal_fen`` came in."""

    line: int
    serial: str
    principal_fen: int
    interest_fen: int


@dataclass(frozen=True)
class InterestAdvice:
    """A bank's own interest up to a day, without it: the day on which the money leaves."""

    account_no: str
    leaves_on: date
    lines: tuple[InterestLine, ...]
    problems: tuple[Problem, ...]


@runtime_checkable
class AdvisingBank(DepositBank, Protocol):
    """One that computes interest itself, where its profile says in which file it tells so."""

    @property
    def advises_interest(self) -> bool:
        """Whether its profile has the file's layout."""
        ...

    def read_interest(self, content: bytes, sidecar: bytes) -> InterestAdvice:
        """Decode an interest advice. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        ...


@dataclass(frozen=True)
class CreditNotice:
    """A credit told of as it came in. ``nonce`` is the bank's number for this telling; ``line`` what its statement will
    say of it."""

    nonce: str
    line: StatementLine


@runtime_checkable
class NotifyingBank(DepositBank, Protocol):
    """One that tells of credits the moment they come in."""

    def read_notice(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> CreditNotice:
        """Check and decode a notice. ``NotAuthenticated`` (signature, time), ``NotFound`` (another account than
        ours) or ``InvalidInput``."""
        ...


@runtime_checkable
class AskedBank(DepositBank, Protocol):
    """One that sends nothing of its own accord: the hub fetches what another bank would deliver, as a file."""

    def fetch_statement(self, day: date, opening_fen: int) -> BatchFile:
        """Fetch a day, for ``read_statement``. ``opening_fen`` is what the hub has for the account before it,
        and counts where the counterparty states no balance. ``Pending`` where there is no clear answer, or none yet."""
        ...

    def fetch_return(self, file: BatchFile, refused: frozenset[str] = frozenset()) -> BatchFile:
        """Ask what became of each payment of a batch file, for ``read_return``. ``Pending`` while nothing is known.

        ``refused``: payments that the bank refused when they were handed over. Once it is asked and has them not, the
        file says that they failed."""
        ...
