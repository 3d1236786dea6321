"""Recompute everything from the postings: digests, zero sums, order, chains, balances, each fen in one place. Pure.

Works on an exported book: JSON lines, ``{"entry": …}`` and ``{"segment": …}``, whole or of several periods together.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.ledger.chain import GENESIS, Head, Segment, follow, seal_of, segment_of
from chalicelib.ledger.rules import Entry, Leg, balances

# What is owed to somebody: never a debit, of no subject. Forfeits come in by bidder and leave in one sum.
OWED = ("held", "doubtful", "returnable", "rolled", "transit", "announced")
POOLED = ("forfeited",)
_ACCOUNT = re.compile(
    r"(?:bank|transit|transfers|coming):[a-z_]+"
    r"|between:[a-z_]+-[a-z_]+"
    r"|(?:held|doubtful|returnable|rolled|forfeited|announced):\d{4}-\d\d"
    r"|interest_income|interest_expense",
    re.ASCII,
)
_WRONG_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold: a stable code, what it is about (an entry's cause, an account, a segment), why."""

    code: str
    subject: str
    why: str

    def as_dict(self) -> dict[str, str]:
        """As JSON shows it."""
        return {"code": self.code, "subject": self.subject, "why": self.why}


@dataclass
class Book:
    """Entries and segments as they were kept, unchecked."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """What a check found: nothing in ``faults`` where the books hold. ``unsealed`` entries stand in no segment yet."""

    faults: tuple[Fault, ...]
    entries: int
    segments: int
    unsealed: int
    balances: Mapping[str, int]


def entry_as_dict(entry: Entry, digest: str | None = None) -> dict[str, Any]:
    """An entry as it is exported; ``digest`` is the one it was kept with."""
    return {
        "id": entry.entry_id,
        "cause": entry.cause,
        "kind": entry.kind,
        "period": entry.period,
        "day": entry.day.isoformat(),
        "at_ms": entry.at_ms,
        "legs": [[leg.account, leg.amount_fen, leg.subject] for leg in entry.legs],
        "digest": digest or entry.digest,
    }


def book_text(entries: Iterable[Mapping[str, Any]], segments: Iterable[Mapping[str, Any]]) -> str:
    """A book as JSON lines, entries in the order they were written down."""
    in_order = sorted(entries, key=lambda each: (each["at_ms"], each["id"]))
    return "".join([*map(entry_line, in_order), *map(segment_line, segments)])


def entry_line(kept: Mapping[str, Any]) -> str:
    """An entry's line of a book, for whoever writes one too long to be held in memory."""
    return _line({"entry": dict(kept)})


def segment_line(kept: Mapping[str, Any]) -> str:
    """A segment's line of a book."""
    return _line({"segment": dict(kept)})


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"


def read_book(text: str) -> Book:
    """Read JSON lines. Raises ``ValueError`` naming the line that is none."""
    book = Book()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            known = {"entry": book.entries, "segment": book.segments}
            [(kind, kept)] = row.items()
            known[kind].append(dict(kept))
        except _WRONG_SHAPE as error:
            raise ValueError(f"line {number}: neither an entry nor a segment of a ledger") from error
    return book


def check(book: Book) -> Checked:
    """Check a book; ``faults`` names each entry, segment and account that does not hold."""
    faults: list[Fault] = []
    entries: list[Entry] = []
    for kept in book.entries:
        try:
            entry = _entry(kept)
        except _WRONG_SHAPE as error:
            faults.append(Fault("ENTRY_INVALID", str(kept.get("cause", "?")), str(error)))
            continue
        entries.append(entry)
        faults += _of_entry(entry, kept)
    faults += [
        Fault("POSTED_TWICE", cause, f"{count} times")
        for cause, count in Counter(entry.cause for entry in entries).items()
        if count > 1
    ]
    sealed: set[str] = set()
    for period in sorted({str(kept.get("period")) for kept in book.segments}):
        of_period = [kept for kept in book.segments if str(kept.get("period")) == period]
        faults += _of_segments(period, of_period, entries, sealed)
    faults += _places(entries)
    by_account = balances(entries)
    if sum(by_account.values()):
        faults.append(Fault("SUM_NOT_ZERO", "ledger", f"{sum(by_account.values())} fen"))
    unsealed = sum(entry.entry_id not in sealed for entry in entries)
    return Checked(tuple(faults), len(entries), len(book.segments), unsealed, by_account)


def extends(book: Book, earlier: Book) -> list[Fault]:
    """How a book differs from an earlier one that it must go on from: each entry or segment gone or changed."""
    faults: list[Fault] = []
    for name, key, later_rows, earlier_rows in (
        ("ENTRY", ("id",), book.entries, earlier.entries),
        ("SEGMENT", ("period", "number"), book.segments, earlier.segments),
    ):
        standing = {tuple(str(row.get(each)) for each in key): row for row in later_rows}
        for row in earlier_rows:
            found = standing.get(tuple(str(row.get(each)) for each in key))
            subject = str(row.get("cause") or f"{row.get('period')} segment {row.get('number')}")
            if found is None:
                faults.append(Fault(f"{name}_GONE", subject, "the earlier book has it"))
            elif found != row:
                faults.append(Fault(f"{name}_CHANGED", subject, "the earlier book has it with other content"))
    return faults


def _entry(kept: Mapping[str, Any]) -> Entry:
    legs = tuple(Leg(str(account), int(fen), str(subject)) for account, fen, subject in kept["legs"])
    day = date.fromisoformat(kept["day"])
    return Entry(str(kept["cause"]), str(kept["kind"]), str(kept["period"]), day, int(kept["at_ms"]), legs)


def _of_entry(entry: Entry, kept: Mapping[str, Any]) -> Iterator[Fault]:
    if kept.get("id") != entry.entry_id:
        yield Fault("ID_DIFFERS", entry.cause, f"kept under {kept.get('id')}, its cause makes {entry.entry_id}")
    if kept.get("digest") != entry.digest:
        yield Fault("DIGEST_DIFFERS", entry.cause, "the entry does not say what it said when it was written down")
    for leg in entry.legs:
        if not _ACCOUNT.fullmatch(leg.account):
            yield Fault("ACCOUNT_UNKNOWN", entry.cause, f"{leg.account} is not in the chart of accounts")


def _of_segments(
    period: str, kept_segments: Iterable[Mapping[str, Any]], entries: Iterable[Entry], sealed: set[str]
) -> Iterator[Fault]:
    by_id = {entry.entry_id: entry for entry in entries if entry.period == period}
    previous = GENESIS
    heads: dict[str, Head] = {}
    in_order = sorted(kept_segments, key=lambda each: int(each.get("number", 0)))
    for number, kept in enumerate(in_order, start=1):
        name = f"{period} segment {number}"
        try:
            segment = segment_of(kept)
        except _WRONG_SHAPE as error:
            yield Fault("SEGMENT_INVALID", name, str(error))
            return
        if segment.number != number or segment.previous != previous:
            yield Fault("CHAIN_BROKEN", name, f"number {segment.number} does not follow the segment before")
        if kept.get("digest") != segment.digest:
            yield Fault("SEGMENT_DIFFERS", name, "it does not say what it said when it was sealed")
        yield from _of_segment(name, segment, by_id, sealed)
        heads.update({each.account: each.head for each in follow(_in_order(segment, by_id), heads)})
        for account in sorted({*heads, *segment.heads}):
            told, found = segment.heads.get(account, Head()), heads.get(account, Head())
            if told != found:
                why = f"{told.balance_fen} fen after {told.count} postings; its entries give {found.balance_fen} fen "
                yield Fault("ACCOUNT_DIFFERS", f"{name} {account}", f"{why}after {found.count}")
        # From here on as it was sealed: one fault is told once.
        previous, heads = str(kept.get("digest")), dict(segment.heads)


def _in_order(segment: Segment, by_id: Mapping[str, Entry]) -> list[Entry]:
    return [by_id[entry_id] for entry_id, _ in segment.entries if entry_id in by_id]


def _of_segment(name: str, segment: Segment, by_id: Mapping[str, Entry], sealed: set[str]) -> Iterator[Fault]:
    for entry_id, seal in segment.entries:
        if entry_id in sealed:
            yield Fault("SEALED_TWICE", by_id[entry_id].cause if entry_id in by_id else entry_id, name)
        sealed.add(entry_id)
        if entry_id not in by_id:
            yield Fault("ENTRY_MISSING", entry_id, f"it was sealed in {name}, and is gone")
        elif seal_of(by_id[entry_id]) != seal:
            yield Fault("ENTRY_CHANGED", by_id[entry_id].cause, f"it was sealed in {name} with other content")


def _places(entries: Iterable[Entry]) -> Iterator[Fault]:
    """Nobody is given more than he is owed: each fen is in one place. What was rolled over from a period whose books
    are not here can't be told."""
    entries = list(entries)
    periods = {entry.period for entry in entries}
    owed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        for leg in entry.legs:
            kind, _, of = leg.account.partition(":")
            if kind in (*OWED, *POOLED) and (kind != "rolled" or of in periods):
                owed[leg.account, leg.subject if kind in OWED else ""] += leg.amount_fen
    for (account, subject), fen in sorted(owed.items()):
        if fen > 0:
            yield Fault("OVERDRAWN", f"{account} {subject}".strip(), f"gave {fen} fen more than it held")
