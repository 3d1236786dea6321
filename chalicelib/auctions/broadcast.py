"""The averages that are broadcast while the window is open (11:00 and 13:00; later where it was paused before)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.auctions import records
from chalicelib.auctions.rules import trimmed_mean_fen
from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS, broadcasts_of, window_of
from chalicelib.auctions.window import prepared
from chalicelib.bidding.listing import Bidder, all_bidders
from chalicelib.bidding.records import BidsTable
from chalicelib.kernel.clock import Clock, local_text
from chalicelib.kernel.errors import InvalidInput, TooEarlyOrLate
from chalicelib.kernel.files import Files, write_json
from chalicelib.kernel.money import whole_yuan_half_up
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet

_PREFIX = "broadcast#"


def broadcast(
    plan: Plan, rules: RuleSet, number: int, *, clock: Clock, table: BidsTable, files: Files
) -> dict[str, Any]:
    """Publish average ``number`` (from 1) as ``auction/{period}/broadcast-{number}.json`` and return it.

    It counts the bids that stood at the instant, once those that were on their way have come, and however late it runs;
    what was once broadcast stays as it is. Shape: ``{"period", "number", "phase", "at", "classes": {class: {"bidders",
    "average"}}}``, average in whole yuan or null. Raises ``InvalidInput`` (``BROADCAST_UNKNOWN``) or ``TooEarlyOrLate``
    (``BROADCAST_EARLY``).
    """
    auction = prepared(plan.period)
    instants = broadcasts_of(auction)
    if not 1 <= number <= len(instants):
        raise InvalidInput("BROADCAST_UNKNOWN", f"本期计划没有第 {number} 次均价播报")
    at_ms = instants[number - 1]
    if clock.now_ms() < at_ms + BROADCAST_DRAIN_MS:
        raise TooEarlyOrLate("BROADCAST_EARLY", "未到均价播报时间")
    name = f"{_PREFIX}{number}"
    content: dict[str, Any] | None = records.fact(plan.period, name)
    if content is None:
        bidders = all_bidders(table, plan.period)
        content = records.keep(
            plan.period,
            name,
            {
                "period": plan.period,
                "number": number,
                "phase": _phase_name(plan.period, auction, at_ms),
                "at": local_text(at_ms),
                "classes": {
                    bidder_class: _average(
                        prices_at((one for one in bidders if one.bidder_class == bidder_class), at_ms),
                        rules.broadcast_trim_percent,
                    )
                    for bidder_class in plan.quotas
                },
            },
        )
    write_json(files, "public", f"auction/{plan.period}/broadcast-{number}.json", content)
    return content


def broadcasts(period: str) -> list[dict[str, Any]]:
    """The broadcasts that have been made, the first one first."""
    return sorted(records.facts(period, _PREFIX).values(), key=lambda content: int(content["number"]))


def told(period: str) -> set[int]:
    """The numbers of the broadcasts that have been made."""
    return {int(name.removeprefix(_PREFIX)) for name in records.facts(period, _PREFIX)}


def _phase_name(period: str, auction: dict[str, Any], at_ms: int) -> str:
    phases = window_of(period, auction).phases
    return next((phase.name for phase in phases if at_ms < phase.closes_at_ms), phases[-1].name)


def prices_at(bidders: Iterable[Bidder], at_ms: int) -> list[int]:
    """The prices, in fen, that stood at an instant: of each bidder the last one bid before it."""
    before = ([bid.price_fen for bid in bidder.placed if bid.bid_at_ms < at_ms] for bidder in bidders)
    return [prices[-1] for prices in before if prices]


def _average(prices_fen: list[int], trim_percent: int) -> dict[str, int | None]:
    mean = trimmed_mean_fen(prices_fen, trim_percent)
    return {"bidders": len(prices_fen), "average": None if mean is None else whole_yuan_half_up(mean)}
