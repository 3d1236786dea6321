"""Every receipt that a bidder holds against what the close made of the bids. Reads files and answers, not the tables.

*Lost*: a bid without an answer, a receipt whose bid is not among the sealed ones, a sealed bid without a receipt.
*Mismatched*: a receipt that is not signed, or tells another price, time or number; a bidder's last receipt that is not
what he was ranked with; a rank that the order of prices and times does not give.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.auctions.records import Standing
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.signing import holds
from local.load.bidders import Script
from local.load.pool import Seen


@dataclass
class Verdict:
    """Counts, and the first of what is wrong."""

    accepted: int = 0
    repeats: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    mismatched: int = 0
    examples: list[str] = field(default_factory=list)

    def lose(self, why: str) -> None:
        """One more is lost."""
        self.lost += 1
        self.examples.append(f"lost: {why}")

    def mismatch(self, why: str) -> None:
        """One more does not match."""
        self.mismatched += 1
        self.examples.append(f"mismatched: {why}")


SealedBid = tuple[str, int, str]


def sealed_bids(content: bytes) -> set[SealedBid]:
    """``(code, price in yuan, time as text)`` of a sealed ``bids-{class}.csv``."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    next(rows)
    return {(code, int(price), bid_at) for code, price, bid_at in rows}


def judge(
    scripts: Iterable[Script],
    seen: Sequence[Seen],
    sealed: Mapping[str, set[SealedBid]],
    standings: Mapping[str, Standing],
    public_key: str,
) -> Verdict:
    """Hold everything that was sent and answered against the sealed bids and the ranks."""
    verdict = Verdict()
    receipts: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    answered: Counter[tuple[int, str]] = Counter()
    codes: dict[int, tuple[str, str]] = {}
    for one in seen:
        if one.kind != "poll" and one.status:
            answered[one.bidder, one.request_id] += 1
    for script in scripts:
        codes[script.number] = (script.code, script.bidder_class)
        meant = Counter(action.request_id for action in script.actions if action.kind != "poll")
        for request_id, times in meant.items():
            for _ in range(times - answered[script.number, request_id]):
                verdict.lose(f"no answer for request {request_id}")
    for one in seen:
        if one.kind == "poll" or not one.status:
            continue
        if one.status != 201:
            verdict.refused[_code(one)] += 1
            continue
        _take(one, codes[one.bidder], receipts, verdict, public_key)
    _against_the_sealed(receipts, sealed, verdict)
    _against_the_ranks(receipts, standings, verdict)
    return verdict


def _code(one: Seen) -> str:
    try:
        return str(json.loads(one.body)["code"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP_{one.status}"


def _take(
    one: Seen,
    who: tuple[str, str],
    receipts: dict[str, dict[str, dict[str, Any]]],
    verdict: Verdict,
    public_key: str,
) -> None:
    shown = json.loads(one.body)
    receipt = shown["receipt"]
    code, bidder_class = who
    held = receipts[code].setdefault(one.request_id, receipt)
    if held is not receipt:
        verdict.repeats += 1
        if held != receipt:
            verdict.mismatch(f"a repeat of request {one.request_id} has another receipt")
        return
    verdict.accepted += 1
    told = (receipt["application_code"], receipt["bidder_class"], receipt["request_id"], receipt["price"])
    if told != (code, bidder_class, one.request_id, one.price_yuan):
        verdict.mismatch(f"the receipt of request {one.request_id} is of another bid")
    if shown["public_key"] != public_key or not holds(receipt, shown["signature"], public_key):
        verdict.mismatch(f"the receipt of request {one.request_id} is not signed by the hub")


def _against_the_sealed(
    receipts: Mapping[str, Mapping[str, dict[str, Any]]], sealed: Mapping[str, set[SealedBid]], verdict: Verdict
) -> None:
    held: dict[str, set[SealedBid]] = {name: set() for name in sealed}
    for code, of_bidder in receipts.items():
        numbers = []
        for receipt in of_bidder.values():
            held[receipt["bidder_class"]].add((code, receipt["price"], receipt["bid_at"]))
            numbers.append((receipt["bid_number"], receipt["bid_at"]))
        if [number for number, _ in sorted(numbers)] != list(range(1, len(numbers) + 1)):
            verdict.mismatch(f"the bids of {code} are not numbered 1 to {len(numbers)}")
        if sorted(numbers) != sorted(numbers, key=lambda each: each[1]):
            verdict.mismatch(f"the bids of {code} are not in the order of their times")
    for name, bids in sealed.items():
        for code, price, at in sorted(held[name] - bids):
            verdict.lose(f"the receipt of {code} for {price} at {at} has no sealed bid")
        for code, price, at in sorted(bids - held[name]):
            verdict.lose(f"the sealed bid of {code}, {price} at {at}, has no receipt")


def _against_the_ranks(
    receipts: Mapping[str, Mapping[str, dict[str, Any]]], standings: Mapping[str, Standing], verdict: Verdict
) -> None:
    last = {code: max(held.values(), key=lambda each: each["bid_number"]) for code, held in receipts.items()}
    for code in last.keys() ^ standings.keys():
        verdict.mismatch(f"{code} is ranked without a receipt, or has one and no rank")
    ordered: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for code in last.keys() & standings.keys():
        receipt, standing = last[code], standings[code]
        at_ms = at_shanghai(receipt["bid_at"])
        if (standing.price_fen, standing.bid_at_ms) != (receipt["price"] * 100, at_ms):
            verdict.mismatch(f"{code} was ranked with another bid than his last receipt's")
        ordered[receipt["bidder_class"]].append((standing.rank, -receipt["price"], at_ms))
    for name, ranks in ordered.items():
        ranks.sort()
        places = [(price, at_ms) for _, price, at_ms in ranks]
        if places != sorted(places) or [rank for rank, _, _ in ranks] != list(range(1, len(ranks) + 1)):
            verdict.mismatch(f"the ranks of class {name} are not those of the receipts' prices and times")
