"""Before the close counts a bid: does everything in the table look as the bid function writes it? Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from chalicelib.auctions.rules import Bid
from chalicelib.bidding.listing import Bidder
from chalicelib.bidding.phases import AROUND_LOWEST, WARNING_PRICE, phase_fault
from chalicelib.bidding.rules import INGRESS_AGE_MS_MAX, PriceLimits, Window, price_fault
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import Conflict, Problem
from chalicelib.kernel.money import FEN_PER_YUAN

NOTHING: Mapping[int, Mapping[str, int]] = {}


def check_bidders(
    bidders: Iterable[Bidder], window: Window, lowests: Mapping[int, Mapping[str, int]] = NOTHING
) -> None:
    """Raise ``Conflict`` (``BIDS_INCONSISTENT``) naming every bidder whose bids can't have been accepted.

    ``lowests`` are the lowest winning prices that were given out: instant -> class -> fen. The close never drops such a
    bid silently, nor counts it: somebody wrote to the table past the bid function.
    """
    problems = tuple(
        Problem(0, bidder.code, found, remedy)
        for bidder in (suspects(bidders, window) if _plain(window) else bidders)
        for found, remedy in _faults(bidder, window, lowests)
    )
    if problems:
        raise Conflict("BIDS_INCONSISTENT", f"出价记录有 {len(problems)} 处异常,不能开标", problems=problems)


def _faults(bidder: Bidder, window: Window, lowests: Mapping[int, Mapping[str, int]]) -> Iterator[tuple[str, str]]:
    limits = window.limits.get(bidder.bidder_class)
    if limits is None:
        yield bidder.bidder_class, "a class of this auction"
        return
    if not 1 <= len(bidder.placed) <= window.bids_max:
        yield f"{len(bidder.placed)} bids", f"1 to {window.bids_max} bids"
    times = [bid.bid_at_ms for bid in bidder.placed]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield local_text(times[-1]), "bids in the order of their times"
    for bid in bidder.placed:
        if not window.opens_at_ms <= bid.bid_at_ms < window.closes_at_ms:
            yield local_text(bid.bid_at_ms), "a time within the window"
        elif window.pauses and any(pause.holds(bid.bid_at_ms) for pause in window.pauses):
            yield local_text(bid.bid_at_ms), "a time outside every pause"
        if fault := price_fault(bid.price_fen, limits):
            yield fault.value, "a price within the limits of the window"
    if len(window.phases) > 1:
        yield from _phase_faults(bidder, window, limits, lowests)


def _phase_faults(
    bidder: Bidder, window: Window, limits: PriceLimits, lowests: Mapping[int, Mapping[str, int]]
) -> Iterator[tuple[str, str]]:
    for place, phase in enumerate(window.phases):
        within = [bid for bid in bidder.placed if phase.opens_at_ms <= bid.bid_at_ms < phase.closes_at_ms]
        if len(within) > phase.bids_max:
            yield f"{len(within)} bids in {phase.name}", f"at most {phase.bids_max} bids"
        if place and within and not phase.newcomers and within[0] is bidder.placed[0]:
            yield local_text(within[0].bid_at_ms), "a bid in an earlier phase before it"
        for bid in within:
            given = lowests.get(bid.lowest_at_ms or 0, {}).get(bidder.bidder_class)
            if bid.lowest_fen is not None and bid.lowest_fen != given:
                yield f"{bid.lowest_fen // FEN_PER_YUAN} yuan", "a lowest winning price that was given out then"
            if fault := phase_fault(bid.price_fen, phase, limits, bid.lowest_fen):
                yield fault.value, f"a price within the limits of {phase.name}"


def sealed_phase_faults(
    bids: Iterable[Bid], bidder_class: str, window: Mapping[str, Any], lowests: Mapping[str, Mapping[str, int]]
) -> Iterator[str]:
    """What of a class's sealed bids no phase of the published window allows, for a recount, in English.

    ``window`` and ``lowests`` are ``window.json`` and ``lowest.json``. Which price a bid was held to stands on its
    receipt; here it must be one that was given out around then, or a moment later, while the bid was worked on.
    """
    warning = window["classes"][bidder_class]["warning"] or 0
    given = [(int(ms), prices[bidder_class]) for ms, prices in lowests.items() if bidder_class in prices]
    turns: Counter[tuple[str, str]] = Counter()
    earlier: set[str] = set()
    for code, price_fen, bid_at_ms in sorted(bids, key=lambda bid: bid.bid_at_ms):
        at = local_text(bid_at_ms)
        phase = next((each for each in window["phases"] if at < each["closes_at"]), window["phases"][-1])
        turns[code, phase["name"]] += 1
        fault = ""
        if turns[code, phase["name"]] > phase["bids_max"]:
            fault = f"at most {phase['bids_max']} bids in {phase['name']}"
        elif not phase["newcomers"] and code not in earlier:
            fault = f"only who bid earlier may bid in {phase['name']}"
        elif phase["limit"] == WARNING_PRICE and price_fen > warning * FEN_PER_YUAN:
            fault = f"at most the warning price, {warning} yuan"
        elif phase["limit"] == AROUND_LOWEST and not any(
            abs(price_fen - fen) <= phase["band"] * FEN_PER_YUAN
            for ms, fen in given
            if -phase["lowest_age_ms_max"] <= ms - bid_at_ms <= INGRESS_AGE_MS_MAX
        ):
            fault = f"at most {phase['band']} yuan from a lowest winning price of then"
        if fault:
            yield f"bids-{bidder_class}.csv: {code} bid {price_fen // FEN_PER_YUAN} yuan at {at}: {fault}"
        earlier.add(code)


def accepted_bids(bidders: Iterable[Bidder], bidder_class: str) -> tuple[list[Bid], list[Bid]]:
    """Every accepted bid of a class, revisions included; and those that stand, the last of each bidder.

    Of checked bidders: each has bids, in the order of their times, and is there once, as the table's key is.
    """
    every: list[Bid] = []
    standing: list[Bid] = []
    # One number for each price, not one for each bid: a million fewer to keep, and to fetch from memory again.
    shared: dict[int, int] = {}
    share = shared.setdefault
    for code, of_class, placed in bidders:
        if of_class != bidder_class:
            continue
        for one in placed:
            price_fen = one[1]
            every.append(bid := Bid(code, share(price_fen, price_fen), one[2]))
        standing.append(bid)
    return every, standing


def _plain(window: Window) -> bool:
    return len(window.phases) < 2 and not window.pauses


def suspects(bidders: Iterable[Bidder], window: Window) -> Iterator[Bidder]:
    """The bidders who need a closer look: a cheap test that everybody passes whose bids are as they should be.

    Among a million bidders nobody is wrong, and each distinct price has to be judged only once. For a window of one
    phase that was never paused.
    """
    limits, bids_max = window.limits, window.bids_max
    opens_at_ms, closes_at_ms = window.opens_at_ms, window.closes_at_ms
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
