"""More quota (增加配置): whether a period's quota of a class grows at the close, and by how much. Pure.

domain.md, "The auction": +50% if bidders >= 2 x quota, the mean bid is above the last period's, and the lowest winning
price reaches both the highest of the last 12 periods' and 1.3 x the mean bid. The numbers are the rule set's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.auctions.rules import Bid
from chalicelib.kernel.money import divide_half_up
from chalicelib.periods.rules import MoreQuota


@dataclass(frozen=True)
class QuotaDecision:
    """The quota that was announced, what the close added to it, and each condition as it was found."""

    announced: int
    added: int
    conditions: Mapping[str, bool]

    @property
    def quota(self) -> int:
        """The quota that is awarded."""
        return self.announced + self.added

    def as_dict(self) -> dict[str, Any]:
        """The decision as it is published."""
        return {"announced": self.announced, "added": self.added, "conditions": dict(self.conditions)}


def decide_quota(
    ranked: Sequence[Bid], announced: int, rule: MoreQuota | None, last_mean_fen: int | None, lows_fen: Sequence[int]
) -> QuotaDecision:
    """Decide on the bids as ranked, with the lowest price that wins under the announced quota.

    ``last_mean_fen`` is the last period's mean bid as published, ``lows_fen`` earlier periods' lowest winning prices,
    the latest last. This period's own mean is compared exactly, not as rounded. A condition whose history is not known
    does not hold. ``rule`` is ``None`` for a class or a city that has no such rule.
    """
    if rule is None:
        return QuotaDecision(announced, 0, {})
    count, total_fen = len(ranked), sum(bid.price_fen for bid in ranked)
    lowest_fen = ranked[:announced][-1].price_fen if ranked[:announced] else 0
    history_fen = lows_fen[-rule.history_periods :]
    conditions = {
        "bidders_reach_multiple_of_quota": count >= rule.bidders_multiple * announced,
        "mean_above_last_period": last_mean_fen is not None and total_fen > last_mean_fen * count,
        "lowest_reaches_history": len(history_fen) == rule.history_periods and lowest_fen >= max(history_fen),
        "lowest_reaches_multiple_of_mean": lowest_fen * 100 * count >= rule.lowest_percent_of_mean * total_fen,
    }
    held = announced > 0 and all(conditions.values())
    return QuotaDecision(announced, _share(announced, rule) if held else 0, conditions)


def _share(announced: int, rule: MoreQuota) -> int:
    share = announced * rule.percent
    if rule.rounding == "half_up":
        return divide_half_up(share, 100)
    return -(-share // 100) if rule.rounding == "up" else share // 100
