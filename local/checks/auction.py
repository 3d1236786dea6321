"""What the bidders saw against what was published: receipts are genuine, and a recount of them gives the result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.kernel.signing import holds
from local.checks.check import Check, check

Receipts = Mapping[str, Sequence[Mapping[str, Any]]]
# Announced of a class, and recounted here from the receipts alone.
RECOUNTED = ("bidders", "winners", "lowest", "average", "at_lowest", "won_at_lowest", "last_winner_at")


def receipts_are_signed(receipts: Receipts) -> Check:
    """Every receipt is signed by one key, and its bids are numbered from one without a gap."""
    faults = []
    keys = set()
    for code, answers in receipts.items():
        for place, answer in enumerate(answers, start=1):
            receipt, key = answer["receipt"], str(answer["public_key"])
            keys.add(key)
            if not holds(receipt, str(answer["signature"]), key):
                faults.append(f"{code}: the signature of bid {place} does not fit the receipt")
            if receipt["bid_number"] != place:
                faults.append(f"{code}: bid {place} was receipted as number {receipt['bid_number']}")
    if len(keys) > 1:
        faults.append(f"receipts were signed by {len(keys)} keys")
    count = sum(len(answers) for answers in receipts.values())
    return check("receipts are signed", faults, f"{count} receipts of {len(receipts)} bidders")


def result_is_recounted(receipts: Receipts, result: Mapping[str, Any]) -> Check:
    """The published result (``auction/{period}/result.json``) follows from the last receipt of each bidder.

    A recount of its own: price down, time up. Ties of price and millisecond don't change what is announced.
    """
    standing: dict[str, list[Mapping[str, Any]]] = {}
    for answers in receipts.values():
        if answers:
            receipt = answers[-1]["receipt"]
            standing.setdefault(receipt["bidder_class"], []).append(receipt)
    faults = []
    for name, announced in result["classes"].items():
        counted = recounted(standing.get(name, []), announced["quota"])
        faults += [
            f"{name} {key}: published {announced[key]}, recounted {counted[key]}"
            for key in RECOUNTED
            if announced[key] != counted[key]
        ]
    seen = ", ".join(f"{name} {c['winners']} of {c['bidders']} won" for name, c in sorted(result["classes"].items()))
    return check("receipts give the result", faults, seen)


def recounted(bids: Sequence[Mapping[str, Any]], quota: int) -> dict[str, Any]:
    """What is announced of a class, from its standing bids (``price`` in yuan, ``bid_at``)."""
    ranked = sorted(bids, key=lambda bid: (-bid["price"], bid["bid_at"]))
    won = ranked[:quota]
    lowest = won[-1]["price"] if won else None
    return {
        "bidders": len(ranked),
        "winners": len(won),
        "lowest": lowest,
        "average": _mean([bid["price"] for bid in won]),
        "at_lowest": sum(bid["price"] == lowest for bid in ranked),
        "won_at_lowest": sum(bid["price"] == lowest for bid in won),
        "last_winner_at": won[-1]["bid_at"] if won else None,
    }


def broadcasts_are_recounted(receipts: Receipts, told: Sequence[Mapping[str, Any]], trim_percent: int) -> Check:
    """Each published average (``auction/{period}/broadcast-N.json``) follows from the receipts of before its instant.

    A recount of its own: of each bidder the last bid before ``at``, without ``trim_percent`` of the bidders off either
    end, in whole yuan.
    """
    faults = []
    for each in told:
        for name, announced in each["classes"].items():
            prices = _prices_before(receipts, name, each["at"])
            cut = len(prices) * trim_percent // 100
            counted = {"bidders": len(prices), "average": _mean(prices[cut : len(prices) - cut])}
            if counted != announced:
                faults.append(f"broadcast {each['number']} {name}: published {announced}, recounted {counted}")
    seen = ", ".join(f"{each['at'].partition('T')[2]} {_averages(each)}" for each in told)
    return check("receipts give the broadcasts", faults, seen or "none was made")


def _prices_before(receipts: Receipts, bidder_class: str, at: str) -> list[int]:
    standing = []
    for answers in receipts.values():
        before = [answer["receipt"] for answer in answers if answer["receipt"]["bid_at"] < at]
        if before and before[-1]["bidder_class"] == bidder_class:
            standing.append(before[-1]["price"])
    return sorted(standing)


def _averages(told: Mapping[str, Any]) -> str:
    return " and ".join(f"{one['average']} of {one['bidders']}" for one in told["classes"].values())


def _mean(prices: Sequence[int]) -> int | None:
    """Half up, in whole yuan."""
    return (2 * sum(prices) + len(prices)) // (2 * len(prices)) if prices else None


def seed_was_committed(window: Mapping[str, Any], result: Mapping[str, Any]) -> Check:
    """The tie-break seed published with the result is the one whose digest was published before the opening."""
    digest = hashlib.sha256(bytes.fromhex(str(result["seed"]))).hexdigest()
    faults = [] if digest == window["seed_commitment"] else ["the published seed is not the committed one"]
    return check("the seed was committed to", faults, f"SHA-256 {digest[:16]}…")
