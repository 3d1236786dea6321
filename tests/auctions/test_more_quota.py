"""More quota: +50% only where all four conditions hold, each of them on the edge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.auctions.more_quota import QuotaDecision, decide_quota
from chalicelib.auctions.rules import Bid
from chalicelib.periods.rules import MoreQuota, load_rules

RULE = load_rules("hangzhou").more_quota
LOWS = (1_000_000,) * 11 + (1_300_000,)


def ranked(*prices_yuan: int) -> list[Bid]:
    return [Bid(str(place), price * 100, place) for place, price in enumerate(sorted(prices_yuan, reverse=True))]


# Quota 3: the third price wins at the lowest. Six bidders with a mean of 10,000: 13,000 is exactly 1.3 x.
JUST = ranked(13_000, 13_000, 13_000, 7_000, 7_000, 7_000)


def decide(
    bids: list[Bid] = JUST,
    announced: int = 3,
    rule: MoreQuota | None = RULE,
    last_mean_fen: int | None = 999_999,
    lows_fen: tuple[int, ...] = LOWS,
) -> QuotaDecision:
    return decide_quota(bids, announced, rule, last_mean_fen, lows_fen)


def test_given_all_conditions_just_hold_when_decided_then_half_is_added_rounded_down() -> None:
    decision = decide()

    assert (decision.announced, decision.added, decision.quota) == (3, 1, 4)
    assert set(decision.conditions.values()) == {True}


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"bids": ranked(13_000, 13_000, 13_000, 7_000, 7_000)}, "bidders_reach_multiple_of_quota"),
        ({"last_mean_fen": 1_000_000}, "mean_above_last_period"),
        ({"last_mean_fen": None}, "mean_above_last_period"),
        ({"lows_fen": (1_300_100, *LOWS[1:])}, "lowest_reaches_history"),
        ({"lows_fen": LOWS[1:]}, "lowest_reaches_history"),
        ({"bids": ranked(13_000, 13_000, 13_000, 7_000, 7_000, 7_100)}, "lowest_reaches_multiple_of_mean"),
    ],
)
def test_given_one_condition_does_not_hold_when_decided_then_nothing_is_added(
    changed: dict[str, object], broken: str
) -> None:
    decision = decide(**changed)  # type: ignore[arg-type]

    assert decision.added == 0
    assert not decision.conditions[broken]


def test_given_a_low_older_than_the_history_when_decided_then_it_does_not_count() -> None:
    assert decide(lows_fen=(9_000_000, *LOWS)).added == 1


@pytest.mark.parametrize(("rounding", "added"), [("down", 1), ("half_up", 2), ("up", 2)])
def test_given_an_odd_quota_when_decided_then_the_rule_set_says_how_it_is_rounded(rounding: str, added: int) -> None:
    assert RULE is not None
    assert decide(rule=replace(RULE, rounding=rounding)).added == added


@pytest.mark.parametrize("changed", [{"rule": None}, {"bids": []}, {"announced": 0}])
def test_given_no_rule_no_bids_or_no_quota_when_decided_then_nothing_is_added(changed: dict[str, object]) -> None:
    assert decide(**changed).added == 0  # type: ignore[arg-type]
