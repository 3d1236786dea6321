"""Sealed segments of a period's ledger: the order of its entries, a hash chain and a balance for every account. Pure.

Entries are posted without touching anything that two of them share, so that no item is hot; a later step puts those
that are not sealed yet into an order and seals it (docs/decisions/0019).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.ids import digest_of
from chalicelib.ledger.rules import Entry

# What a segment holds of an entry takes some 110 bytes; an item of DynamoDB holds 400 KB.
SEGMENT_ENTRIES_MAX = 2_000
GENESIS = "0" * 64


@dataclass(frozen=True)
class Head:
    """Where an account stands: how many postings it has had, what they add up to, and the hash over all of them."""

    count: int = 0
    balance_fen: int = 0
    chain: str = GENESIS


@dataclass(frozen=True)
class Posting:
    """One entry on one account: ``balance_fen`` and ``chain`` are the account's after it."""

    account: str
    entry_id: str
    amount_fen: int
    head: Head


@dataclass(frozen=True)
class Segment:
    """Entries in their order, by id and seal, and where every account stands after them. ``number`` counts from 1."""

    period: str
    number: int
    previous: str
    entries: tuple[tuple[str, str], ...]
    heads: Mapping[str, Head]

    @property
    def digest(self) -> str:
        """What the next segment is chained to."""
        heads = {name: [head.count, head.balance_fen, head.chain] for name, head in self.heads.items()}
        return digest_of([self.period, self.number, self.previous, [list(each) for each in self.entries], heads])

    def as_dict(self) -> dict[str, Any]:
        """As it is kept and exported."""
        heads = {name: [head.count, head.balance_fen, head.chain] for name, head in self.heads.items()}
        return {
            "period": self.period,
            "number": self.number,
            "previous": self.previous,
            "entries": [list(each) for each in self.entries],
            "heads": heads,
            "digest": self.digest,
        }


def segment_of(kept: Mapping[str, Any]) -> Segment:
    """A segment from what ``as_dict`` gave; its ``digest`` is computed anew. Raises what a wrong shape raises."""
    heads = {name: Head(int(head[0]), int(head[1]), str(head[2])) for name, head in kept["heads"].items()}
    entries = tuple((str(entry_id), str(seal)) for entry_id, seal in kept["entries"])
    return Segment(str(kept["period"]), int(kept["number"]), str(kept["previous"]), entries, heads)


def seal_of(entry: Entry) -> str:
    """What an entry says, with the instant it was written down, which its digest leaves out."""
    return digest_of([entry.digest, entry.at_ms])


def follow(entries: Iterable[Entry], heads: Mapping[str, Head]) -> Iterator[Posting]:
    """Go through entries in their order, from where each account stood: every posting with the balance after it."""
    standing = dict(heads)
    for entry in entries:
        amounts: dict[str, int] = {}
        for leg in entry.legs:
            amounts[leg.account] = amounts.get(leg.account, 0) + leg.amount_fen
        for account, amount_fen in amounts.items():
            before = standing.get(account, Head())
            count, balance_fen = before.count + 1, before.balance_fen + amount_fen
            chain = digest_of([before.chain, account, count, seal_of(entry), amount_fen, balance_fen])
            standing[account] = Head(count, balance_fen, chain)
            yield Posting(account, entry.entry_id, amount_fen, standing[account])


def next_segments(period: str, last: Segment | None, unsealed: Iterable[Entry]) -> Iterator[Segment]:
    """Seal entries, in the order in which they were written down, into as many segments as they need."""
    in_order = sorted(unsealed, key=lambda entry: (entry.at_ms, entry.entry_id))
    for start in range(0, len(in_order), SEGMENT_ENTRIES_MAX):
        part = in_order[start : start + SEGMENT_ENTRIES_MAX]
        heads = dict(last.heads) if last else {}
        heads.update({posting.account: posting.head for posting in follow(part, heads)})
        last = Segment(
            period=period,
            number=last.number + 1 if last else 1,
            previous=last.digest if last else GENESIS,
            entries=tuple((entry.entry_id, seal_of(entry)) for entry in part),
            heads=heads,
        )
        yield last
