"""Entries that balance, and what they add up to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from chalicelib.kernel.ids import digest_of, id_from


@dataclass(frozen=True)
class Leg:
    """One side of an entry in fen: a debit (> 0) or a credit (< 0). ``subject`` is a code or a bank serial."""

    account: str
    amount_fen: int
    subject: str = ""

    def __post_init__(self) -> None:  # noqa: D105
        if not self.account:
            raise ValueError("a leg names an account")
        if self.amount_fen == 0:
            raise ValueError(f"a leg of nothing on {self.account}")


@dataclass(frozen=True)
class Entry:
    """One thing that happened to money. ``cause`` makes it unique; ``day`` is the accounting day, ``at_ms`` when it was
    written down. Raises ``ValueError`` where the legs do not add up to zero."""

    cause: str
    kind: str
    period: str
    day: date
    at_ms: int
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:  # noqa: D105
        if len(self.legs) < 2:
            raise ValueError(f"entry {self.cause} has {len(self.legs)} legs; double entry takes two or more")
        total = sum(leg.amount_fen for leg in self.legs)
        if total != 0:
            raise ValueError(f"entry {self.cause} does not balance: {total} fen are left over")

    @property
    def entry_id(self) -> str:
        """32 hex digits; the same cause always has the same."""
        return id_from(self.cause)

    @property
    def digest(self) -> str:
        """What the entry says, without the instant it was written down: a repeat at another time is still the same."""
        legs = [[leg.account, leg.amount_fen, leg.subject] for leg in self.legs]
        return digest_of([self.cause, self.kind, self.period, self.day.isoformat(), legs])


def move(
    cause: str, kind: str, period: str, day: date, at_ms: int, *, debit: str, credit: str, amount_fen: int, subject: str
) -> Entry:
    """An entry of two legs: ``amount_fen`` (> 0) debited to one account and credited to the other."""
    if amount_fen <= 0:
        raise ValueError(f"entry {cause} moves {amount_fen} fen; the direction is in the accounts, not in the sign")
    legs = (Leg(debit, amount_fen, subject), Leg(credit, -amount_fen, subject))
    return Entry(cause, kind, period, day, at_ms, legs)


@dataclass(frozen=True)
class TrialLine:
    """One account of the trial balance: debits and credits as sums >= 0, and their difference."""

    account: str
    debit_fen: int
    credit_fen: int

    @property
    def balance_fen(self) -> int:
        """Debits less credits."""
        return self.debit_fen - self.credit_fen


def balances(entries: Iterable[Entry]) -> dict[str, int]:
    """Account -> balance in fen; their sum is always zero."""
    totals: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        for leg in entry.legs:
            totals[leg.account] += leg.amount_fen
    return dict(totals)


def trial_balance(entries: Iterable[Entry]) -> tuple[TrialLine, ...]:
    """Every account that was ever touched, by name."""
    debited: defaultdict[str, int] = defaultdict(int)
    credited: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        for leg in entry.legs:
            side = debited if leg.amount_fen > 0 else credited
            side[leg.account] += abs(leg.amount_fen)
    return tuple(TrialLine(name, debited[name], credited[name]) for name in sorted({*debited, *credited}))


def by_subject(entries: Iterable[Entry], account: str) -> dict[str, int]:
    """Subject -> balance in fen within one account; those that came to zero are left out."""
    totals: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        for leg in entry.legs:
            if leg.account == account:
                totals[leg.subject] += leg.amount_fen
    return {subject: fen for subject, fen in totals.items() if fen}


def total(by_account: Mapping[str, int]) -> int:
    """Sum of all balances in fen: zero, or money was lost or made."""
    return sum(by_account.values())
