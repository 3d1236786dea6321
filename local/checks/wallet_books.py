"""The wallet's own books against the ledger: what went back of each payment, as the wallet itself has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.ledger import accounts, causes
from chalicelib.ledger.rules import Entry
from local.checks.check import Check, check
from local.month import ALIPAY


def wallet_gave_back_once(books: Mapping[str, Any], entries: Iterable[Entry]) -> Check:
    """Each refund stands in the wallet's books once, under a number of ours that the ledger has as paid from there, and
    no payment gave more back than it brought. ``books``: ``local.world.wallet.books_of``."""
    faults: list[str] = []
    given: dict[str, int] = {}
    for trade in books["trades"]:
        back = _pairs(trade["refunds"])
        counts = Counter(number for number, _ in back)
        faults += [f"{number} was refunded {count} times" for number, count in sorted(counts.items()) if count > 1]
        if sum(fen for _, fen in back) > trade["fen"]:
            faults.append(f"{trade['out_trade_no']} gave back more than it brought")
        given.update(back)
    bank, paid = accounts.bank(ALIPAY), causes.refund_paid("")
    posted = {
        entry.cause.removeprefix(paid): -sum(leg.amount_fen for leg in entry.legs if leg.account == bank)
        for entry in entries
        if entry.cause.startswith(paid) and any(leg.account == bank for leg in entry.legs)
    }
    faults += [
        f"{number}: {given.get(number, 0)} fen in the wallet's books, {posted.get(number, 0)} in the ledger"
        for number in sorted(given.keys() | posted.keys())
        if given.get(number, 0) != posted.get(number, 0)
    ]
    told = f"{len(books['trades'])} payments, {len(given)} refunds, {sum(given.values())} fen"
    return check("the wallet's own books agree", faults, told)


def _pairs(refunds: Any) -> list[tuple[str, int]]:
    """Number and fen; one gateway's books have them as pairs, since it may have a number twice."""
    return [(str(number), int(fen)) for number, fen in (refunds.items() if isinstance(refunds, dict) else refunds)]
