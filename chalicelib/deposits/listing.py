"""Deposits and credits as operators leaf through them: a page at a time, and counts by channel and state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pynamodb.expressions.condition import Condition

from chalicelib.deposits import records
from chalicelib.deposits.records import CREDIT, DEPOSIT, CreditRecord, DepositRecord
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.shards import SHARDS

PAGE_MAX = 200
# What is counted while somebody waits for the page; more than that is said to be more.
COUNTED_MAX = 20_000
KINDS: dict[str, tuple[type[CreditRecord | DepositRecord], str]] = {
    "credits": (CreditRecord, CREDIT),
    "deposits": (DepositRecord, DEPOSIT),
}
_CURSOR = re.compile(r"(0[0-9a-f])~(?:credit|deposit)#[A-Za-z0-9_#-]{1,120}", re.ASCII)


@dataclass(frozen=True)
class ListedPage:
    """Some of the items, shard by shard. ``after`` is where the next page begins; empty at the end."""

    items: tuple[CreditRecord | DepositRecord, ...]
    after: str


@dataclass(frozen=True)
class Counts:
    """``by``: (channel, state) -> how many and how much, in fen. ``whole``: whether everything was counted."""

    by: dict[tuple[str, str], tuple[int, int]]
    whole: bool


def listed_page(
    period: str, kind: str, *, state: str = "", channel: str = "", after: str = "", limit: int = 50
) -> ListedPage:
    """A page of ``credits`` or ``deposits``. Raises ``InvalidInput`` (``PAGE_INVALID``)."""
    if kind not in KINDS or not 1 <= limit <= PAGE_MAX or (after and not _CURSOR.fullmatch(after)):
        raise InvalidInput("PAGE_INVALID", "分页参数不正确")
    found = list(islice(_following(period, kind, state, channel, after), limit + 1))
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return ListedPage(tuple(shown), f"{last.pk.rpartition('#')[2]}~{last.sk}" if last else "")


def counts(period: str, kind: str) -> Counts:
    """How many stand where, and how much that is."""
    everything: Iterator[CreditRecord | DepositRecord] = records.deposits(period)
    if kind == "credits":
        everything = records.credits(period)
    many, much, seen = Counter[tuple[str, str]](), Counter[tuple[str, str]](), 0
    for record in islice(everything, COUNTED_MAX + 1):
        seen += 1
        key = (record.channel, str(record.state))
        many[key] += 1
        much[key] += int(record.amount_fen)
    return Counts({key: (many[key], much[key]) for key in sorted(many)}, seen <= COUNTED_MAX)


def _following(period: str, kind: str, state: str, channel: str, after: str) -> Iterator[CreditRecord | DepositRecord]:
    model, prefix = KINDS[kind]
    shard, _, sk = after.partition("~")
    wanted: Condition | None = model.state == state if state else None
    if channel:
        of_channel = model.channel == channel
        wanted = of_channel if wanted is None else wanted & of_channel
    for each in SHARDS:
        if each < shard:
            continue
        # What begins with the prefix and comes after the cursor: "$" follows "#".
        beyond = model.sk.between(f"{sk}!", f"{prefix[:-1]}$") if each == shard and sk else model.sk.startswith(prefix)
        yield from model.query(f"{period}#{each}", beyond, filter_condition=wanted, consistent_read=True)
