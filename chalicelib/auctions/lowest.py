"""The lowest price that would win, found anew every few seconds while a phase is bounded by it (Shanghai's changes).

From a scan of the bids, not from their stream: no state to lose, no order to keep, and what it costs is known
(docs/decisions/0023). Every price that bids were ever held to stays on record, with the instant it is of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.auctions import records
from chalicelib.auctions.broadcast import prices_at
from chalicelib.auctions.schedule import window_of
from chalicelib.auctions.window import prepared
from chalicelib.bidding.listing import Bidder, all_bidders
from chalicelib.bidding.phases import AROUND_LOWEST, Lowest
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import Window
from chalicelib.bidding.window import sign_lowest
from chalicelib.kernel.clock import Clock, local_text
from chalicelib.kernel.files import Files, write_json
from chalicelib.kernel.money import FEN_PER_YUAN

_PREFIX = "lowest#"


def refresh(period: str, *, clock: Clock, window_key: bytes, table: BidsTable, files: Files) -> Lowest:
    """Find the prices as of now, keep them, give them out, and publish ``auction/{period}/lowest.json``."""
    auction, at_ms = prepared(period), clock.now_ms()
    bidders = all_bidders(table, period)
    quotas = {name: terms["quota"] for name, terms in auction["classes"].items()}
    found = {name: lowest_fen(bidders, name, quota, at_ms) for name, quota in quotas.items()}
    prices = {name: price for name, price in found.items() if price is not None}
    # What another run kept for the same instant counts.
    lowest = Lowest(period, at_ms, records.keep(period, f"{_PREFIX}{at_ms}", prices))
    table.save_lowest(period, sign_lowest(lowest, window_key))
    write_json(files, "public", f"auction/{period}/lowest.json", _shown(lowest, window_of(period, auction)))
    return lowest


def lowest_fen(bidders: Iterable[Bidder], bidder_class: str, quota: int, at_ms: int) -> int | None:
    """The lowest price among those that would win, were ``at_ms`` the close; ``None`` where there is none."""
    prices = prices_at((one for one in bidders if one.bidder_class == bidder_class), at_ms)
    return min(sorted(prices, reverse=True)[:quota], default=None)


def kept(period: str) -> dict[int, dict[str, int]]:
    """Every lowest winning price of a period: instant -> class -> fen."""
    found: dict[str, dict[str, int]] = records.facts(period, _PREFIX)
    return {int(name.removeprefix(_PREFIX)): prices for name, prices in found.items()}


def last_kept(period: str) -> Lowest | None:
    """What was found last."""
    found = records.latest(period, _PREFIX)
    return None if found is None else Lowest(period, int(found[0].removeprefix(_PREFIX)), found[1])


def shown(period: str, window: Window) -> dict[str, Any] | None:
    """The price as everybody reads it: ``{"period", "phase", "at", "at_ms", "classes": {class: {"lowest", "from",
    "to"}}}``, in whole yuan; ``None`` before the first."""
    lowest = last_kept(period)
    return None if lowest is None else _shown(lowest, window)


def _shown(lowest: Lowest, window: Window) -> dict[str, Any]:
    # The phase that it bounds: the first price is found, and shown, a little before that one opens.
    coming = (each for each in window.phases if lowest.at_ms < each.closes_at_ms and each.limit == AROUND_LOWEST)
    phase = next(coming, window.phases[-1])
    return {
        "period": lowest.period,
        "phase": phase.name,
        "at": local_text(lowest.at_ms),
        "at_ms": lowest.at_ms,
        "classes": {
            name: {
                "lowest": price // FEN_PER_YUAN,
                "from": max(price - phase.band_fen, window.limits[name].reserve_fen) // FEN_PER_YUAN,
                "to": (price + phase.band_fen) // FEN_PER_YUAN,
            }
            for name, price in lowest.prices_fen.items()
        },
    }
