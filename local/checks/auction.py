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
    # Half up, in whole yuan.
    average = (2 * sum(bid["price"] for bid in won) + len(won)) // (2 * len(won)) if won else None
    return {
        "bidders": len(ranked),
        "winners": len(won),
        "lowest": lowest,
        "average": average,
        "at_lowest": sum(bid["price"] == lowest for bid in ranked),
        "won_at_lowest": sum(bid["price"] == lowest for bid in won),
        "last_winner_at": won[-1]["bid_at"] if won else None,
    }


def seed_was_committed(window: Mapping[str, Any], result: Mapping[str, Any]) -> Check:
    """The tie-break seed published with the result is the one whose digest was published before the opening."""
    digest = hashlib.sha256(bytes.fromhex(str(result["seed"]))).hexdigest()
    faults = [] if digest == window["seed_commitment"] else ["the published seed is not the committed one"]
    return check("the seed was committed to", faults, f"SHA-256 {digest[:16]}…")
