"""Before the close counts a bid: does everything in the table look as the bid function writes it? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from chalicelib.auctions.rules import Bid
from chalicelib.bidding.listing import Bidder
from chalicelib.bidding.rules import PriceLimits, price_fault
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import Conflict, Problem


def check_bidders(
    bidders: Iterable[Bidder], *, limits: Mapping[str, PriceLimits], opens_at_ms: int, closes_at_ms: int, bids_max: int
) -> None:
    """Raise ``Conflict`` (``BIDS_INCONSISTENT``) naming every bidder whose bids can't have been accepted.

    The close never drops such a bid silently, nor counts it: somebody wrote to the table past the bid function.
    """
    problems = tuple(
        Problem(0, bidder.code, found, remedy)
        for bidder in suspects(bidders, limits, opens_at_ms, closes_at_ms, bids_max)
        for found, remedy in _faults(bidder, limits.get(bidder.bidder_class), opens_at_ms, closes_at_ms, bids_max)
    )
    if problems:
        raise Conflict("BIDS_INCONSISTENT", f"出价记录有 {len(problems)} 处异常,不能开标", problems=problems)


def _faults(
    bidder: Bidder, limits: PriceLimits | None, opens_at_ms: int, closes_at_ms: int, bids_max: int
) -> Iterator[tuple[str, str]]:
    if limits is None:
        yield bidder.bidder_class, "a class of this auction"
        return
    if not 1 <= len(bidder.placed) <= bids_max:
        yield f"{len(bidder.placed)} bids", f"1 to {bids_max} bids"
    times = [bid.bid_at_ms for bid in bidder.placed]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield local_text(times[-1]), "bids in the order of their times"
    for bid in bidder.placed:
        if not opens_at_ms <= bid.bid_at_ms < closes_at_ms:
            yield local_text(bid.bid_at_ms), "a time within the window"
        if fault := price_fault(bid.price_fen, limits):
            yield fault.value, "a price within the limits of the window"


def accepted_bids(bidders: Iterable[Bidder], bidder_class: str) -> list[Bid]:
    """Every accepted bid of a class, revisions included."""
    return [
        Bid(bidder.code, bid.price_fen, bid.bid_at_ms)
        for bidder in bidders
        if bidder.bidder_class == bidder_class
        for bid in bidder.placed
    ]


def suspects(
    bidders: Iterable[Bidder], limits: Mapping[str, PriceLimits], opens_at_ms: int, closes_at_ms: int, bids_max: int
) -> Iterator[Bidder]:
    """The bidders who need a closer look: a cheap test that everybody passes whose bids are as they should be.

    Among a million bidders nobody is wrong, and each distinct price has to be judged only once.
    """
    fair: dict[tuple[str, int], bool] = {}
    for bidder in bidders:
        _, bidder_class, placed = bidder
        before_ms = opens_at_ms - 1
        sound = bidder_class in limits and 1 <= len(placed) <= bids_max
        for bid in placed if sound else ():
            key = (bidder_class, bid.price_fen)
            if key not in fair:
                fair[key] = price_fault(bid.price_fen, limits[bidder_class]) is None
            if not before_ms < bid.bid_at_ms < closes_at_ms or not fair[key]:
                sound = False
                break
            before_ms = bid.bid_at_ms
        if not sound:
            yield bidder
