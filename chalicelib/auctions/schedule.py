"""The day as it holds: the plan's instants moved by what pauses took, and what is due next. Pure.

``auction`` is the fact of a prepared auction: the planned instants stay in it as they were, so that everything that
holds follows from them and the pauses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.bidding.phases import AROUND_LOWEST
from chalicelib.bidding.rules import DRAIN_MS, Pause, PriceLimits, Window, WindowPhase
from chalicelib.kernel.clock import utc_text

# A broadcast counts the bids before its instant. This long after it, the last of them have come to the table; one that
# took longer between gateway and table is in the result, but in no broadcast.
BROADCAST_DRAIN_MS = DRAIN_MS
# The first lowest winning price is there before the phase opens that it bounds.
LOWEST_AHEAD_MS = 5_000
# How often the machine looks whether a pause without an end has been given one.
LOOK_EVERY_MS = 30_000


def pauses_of(auction: Mapping[str, Any]) -> tuple[Pause, ...]:
    """The pauses so far, one after the other; only the last may be without an end."""
    return tuple(Pause(each["from_ms"], each["until_ms"]) for each in auction["pauses"])


def moved(at_ms: int, pauses: Sequence[Pause], extends: str) -> int:
    """A planned instant as it holds: later by every pause that began before it. An open pause moves nothing yet."""
    for pause in pauses if extends == "length" else ():
        if pause.until_ms is not None and pause.from_ms < at_ms:
            at_ms += pause.until_ms - pause.from_ms
    return at_ms


def limits_of(auction: Mapping[str, Any]) -> dict[str, PriceLimits]:
    """The price limits of each class of a prepared auction."""
    return {
        name: PriceLimits(terms["reserve_fen"], terms["tick_fen"], terms["cap_fen"], terms["warning_fen"])
        for name, terms in auction["classes"].items()
    }


def window_of(period: str, auction: Mapping[str, Any]) -> Window:
    """The window as it holds."""
    pauses, extends = pauses_of(auction), auction["pause_rule"]["extends"]
    return Window(
        period,
        moved(auction["opens_at_ms"], pauses, extends),
        moved(auction["closes_at_ms"], pauses, extends),
        auction["bids_max"],
        limits_of(auction),
        tuple(_moved_phase(WindowPhase(**phase), pauses, extends) for phase in auction["phases"]),
        pauses,
        auction["version"],
    )


def broadcasts_of(auction: Mapping[str, Any]) -> list[int]:
    """The broadcasts' instants as they hold."""
    extends = auction["pause_rule"]["extends"]
    return [moved(at_ms, pauses_of(auction), extends) for at_ms in auction["broadcasts"]]


def agenda(
    period: str, auction: Mapping[str, Any], *, now_ms: int, told: Collection[int], lowest_at_ms: int | None
) -> dict[str, Any]:
    """What the machine does next: ``{"do": "broadcast" | "lowest" | "close" | "look", "at": UTC, "number"}``.

    ``told`` are the broadcasts that have been made, ``lowest_at_ms`` when the lowest price was last found. A ``lowest``
    is done at ``at``, which may lie ahead; a ``look`` asks again then; the others are due now.
    """
    window, open_pause = window_of(period, auction), _open_pause(auction)
    ends_at_ms = None if open_pause is None else open_pause.from_ms
    due = [
        (at_ms, do, number)
        for at_ms, do, number, planned_ms in _due(window, auction, told, lowest_at_ms)
        # What lies beyond the beginning of a pause without an end has no instant yet.
        if ends_at_ms is None or planned_ms <= ends_at_ms
    ]
    if open_pause is not None:
        due.append((max(now_ms, open_pause.from_ms) + LOOK_EVERY_MS, "look", 0))
    at_ms, do, number = min(due)
    if at_ms > now_ms and do != "lowest":
        do = "look"
    return {"do": do, "at": utc_text(at_ms), "number": number}


def _open_pause(auction: Mapping[str, Any]) -> Pause | None:
    return next((pause for pause in pauses_of(auction) if pause.until_ms is None), None)


def _moved_phase(phase: WindowPhase, pauses: Sequence[Pause], extends: str) -> WindowPhase:
    return replace(
        phase,
        opens_at_ms=moved(phase.opens_at_ms, pauses, extends),
        closes_at_ms=moved(phase.closes_at_ms, pauses, extends),
    )


def _due(
    window: Window, auction: Mapping[str, Any], told: Collection[int], lowest_at_ms: int | None
) -> Iterator[tuple[int, str, int, int]]:
    # When it is to be done, what, its number, and the instant in the day that it belongs to.
    for number, at_ms in enumerate(broadcasts_of(auction), 1):
        if number not in told:
            yield at_ms + BROADCAST_DRAIN_MS, "broadcast", number, at_ms
    yield window.closes_at_ms + DRAIN_MS, "close", 0, window.closes_at_ms
    for phase, terms in zip(window.phases, auction["phases_every_ms"], strict=True):
        if phase.limit == AROUND_LOWEST:
            at_ms = phase.opens_at_ms - LOWEST_AHEAD_MS
            if lowest_at_ms is not None and lowest_at_ms >= at_ms:
                at_ms = lowest_at_ms + terms
            for pause in window.pauses:
                # Nobody bids in a pause; shortly before its end the price must be there again.
                if pause.holds(at_ms) and pause.until_ms is not None:
                    at_ms = max(at_ms, pause.until_ms - LOWEST_AHEAD_MS)
            if at_ms < phase.closes_at_ms:
                yield at_ms, "lowest", 0, at_ms
