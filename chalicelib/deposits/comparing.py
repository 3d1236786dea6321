"""What differs between an account's statements and the books, each with a stable code and a proposed cause. Pure.

An account is whatever states its days: a bank by its T+1 statement, a wallet by its daily bill. Here it is only the
name of a channel, days, and lines with the ledger's cause that they confirm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from chalicelib.kernel.errors import Problem


class Why(StrEnum):
    """The proposed cause of a difference."""

    NOT_YET_BOOKED = "not_yet_booked"
    NOT_YET_STATED = "not_yet_stated"
    BOOKED_TWICE = "booked_twice"
    AMOUNT = "amount_differs"
    UNKNOWN = "unknown"


# Differences that a later statement or return file may settle: they keep a month open, and nothing before its end.
PASSING = (Why.NOT_YET_BOOKED, Why.NOT_YET_STATED)


@dataclass(frozen=True)
class Difference:
    """One difference. ``subject`` is a ledger cause, a statement, or a place and whose money it is; sums in fen.

    ``ledger_fen`` or ``bank_fen`` is ``None`` where that side has nothing; ``wanted`` says what would be right.
    """

    code: str
    why: Why
    subject: str
    ledger_fen: int | None
    bank_fen: int | None
    wanted: str

    @property
    def passing(self) -> bool:
        """Whether time may settle it."""
        return self.why in PASSING

    def as_dict(self) -> dict[str, Any]:
        """As operators are shown it."""
        return {**asdict(self), "why": str(self.why), "passing": self.passing}

    def as_problem(self) -> Problem:
        """As it stands on the operators' list."""
        found = "nothing in the ledger" if self.ledger_fen is None else f"{self.ledger_fen} fen"
        told = "" if self.bank_fen is None else f"{self.bank_fen} fen, "
        return Problem(0, self.subject, found, f"{told}{self.wanted} ({self.code}, {self.why})")


@dataclass(frozen=True)
class Told:
    """A line of an account: the ledger's cause that it confirms, and what it did to the account's balance."""

    cause: str
    signed_fen: int


@dataclass(frozen=True)
class Stated:
    """A day of an account."""

    name: str
    day: date
    account_no: str
    opening_fen: int
    closing_fen: int
    closed: bool


def of_lines(told: Iterable[Told], posted: Mapping[str, int]) -> Iterator[Difference]:
    """Each line against the entry with the same cause, in both directions; ``posted``: cause -> fen on the account."""
    lines: dict[str, list[int]] = {}
    for line in told:
        lines.setdefault(line.cause, []).append(line.signed_fen)
    for cause in sorted({*lines, *posted}):
        amounts, ledger_fen = lines.get(cause, []), posted.get(cause)
        bank_fen = sum(amounts) if amounts else None
        if bank_fen == ledger_fen and len(amounts) == 1:
            continue
        if len(amounts) > 1:
            yield Difference(
                "LINE_TWICE",
                Why.BOOKED_TWICE,
                cause,
                ledger_fen,
                bank_fen,
                f"once; the bank states it {len(amounts)} times",
            )
        elif ledger_fen is None:
            unexplained = cause.startswith("debit/")
            code, why = ("DEBIT_UNEXPLAINED", Why.UNKNOWN) if unexplained else ("LINE_NOT_BOOKED", Why.NOT_YET_BOOKED)
            yield Difference(code, why, cause, None, bank_fen, "as the bank's statement has it")
        elif bank_fen is None:
            yield Difference("ENTRY_NOT_STATED", Why.NOT_YET_STATED, cause, ledger_fen, None, "a line on a statement")
        else:
            yield Difference(
                "AMOUNT_DIFFERS", Why.AMOUNT, cause, ledger_fen, bank_fen, "as the bank's statement has it"
            )


def of_days(in_order: list[Stated]) -> Iterator[Difference]:
    """An account goes on where it ended, and every day is closed."""
    for day in in_order:
        if not day.closed:
            yield Difference("STATEMENT_OPEN", Why.NOT_YET_BOOKED, day.name, None, None, "closed")
    for earlier, later in pairwise(in_order):
        if later.opening_fen != earlier.closing_fen:
            # Days in between whose statements are not in yet explain it; of two days that meet, nothing does.
            gap = later.day - earlier.day > timedelta(days=1)
            yield Difference(
                "CHAIN_BROKEN",
                Why.NOT_YET_BOOKED if gap else Why.UNKNOWN,
                later.name,
                later.opening_fen,
                earlier.closing_fen,
                "the closing balance of the statement before",
            )
        if later.account_no != earlier.account_no:
            yield Difference(
                "ACCOUNT_DIFFERS", Why.UNKNOWN, later.name, None, None, "the account of the statement before"
            )
