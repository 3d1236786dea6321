"""Who wins: the rules against published auctions, and properties that hold for any bids."""

from __future__ import annotations

import random
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auctions import close
from chalicelib.auctions.rules import Bid, mean_fen, rank, result, standing_bids, trimmed_mean_fen
from chalicelib.kernel.ids import digest_of
from tests.auctions.known_auctions import KNOWN, KnownAuction

SEED = b"seed"
# Few prices and few instants, so that ties of both are common.
PRICES = st.integers(100, 104).map(lambda hundreds: hundreds * 10_000)
BIDS = st.lists(
    st.builds(Bid, st.integers(0, 10**6).map(str), PRICES, st.integers(0, 5)),
    max_size=40,
    unique_by=lambda bid: bid.code,
)


def bid(code: str, price_yuan: int, at_ms: int = 0) -> Bid:
    return Bid(code, price_yuan * 100, at_ms)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_given_a_known_auction_when_counted_then_the_published_result_comes_out(known: KnownAuction) -> None:
    shown = result(rank(standing_bids(known.bids()), SEED), known.quota, 10).as_dict()

    assert {name: shown[name] for name in known.published} == known.published


def test_given_prices_and_times_when_ranked_then_price_goes_down_and_time_up() -> None:
    ranked = rank([bid("late", 200, 2), bid("low", 100, 0), bid("early", 200, 1)], SEED)

    assert [one.code for one in ranked] == ["early", "late", "low"]


def test_given_one_price_and_millisecond_when_ranked_then_the_seed_decides() -> None:
    tied = [bid(str(number), 200) for number in range(20)]

    assert rank(tied, b"one seed") == rank(list(reversed(tied)), b"one seed")
    assert rank(tied, b"one seed") != rank(tied, b"another")


def test_given_fewer_bidders_than_quota_when_counted_then_all_win() -> None:
    outcome = result(rank([bid("A", 200), bid("B", 100)], SEED), 5, 10)

    assert (outcome.winners, outcome.lowest_fen, outcome.at_lowest, outcome.won_at_lowest) == (2, 10_000, 1, 1)


@pytest.mark.parametrize(("bids", "quota"), [([], 5), ([bid("A", 100)], 0)])
def test_given_nobody_bids_or_nothing_is_to_be_had_when_counted_then_there_is_no_lowest(
    bids: list[Bid], quota: int
) -> None:
    shown = result(bids, quota, 10).as_dict()

    assert (shown["winners"], shown["lowest"], shown["average"], shown["last_winner_at"]) == (0, None, None, None)


def test_given_two_bids_of_one_bidder_when_ranked_then_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="more than one"):
        rank([bid("A", 100), bid("A", 200)], SEED)


def test_given_revisions_when_the_last_is_lower_then_the_last_stands() -> None:
    assert standing_bids([bid("A", 100, 3), bid("A", 300, 1), bid("A", 200, 2)]) == [bid("A", 100, 3)]


def test_given_two_prices_at_one_instant_when_the_standing_bid_is_sought_then_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="two prices"):
        standing_bids([bid("A", 100, 3), bid("A", 300, 3)])


@pytest.mark.parametrize(
    ("prices_yuan", "mean_yuan"),
    [
        ([100], 100),
        ([100, 101], 101),  # 100.5 rounds up
        ([100, 100, 101], 100),  # 100.33
        ([1, *[100] * 8, 1_000_000], 100),  # ten bidders: one off either end
        ([1, 1, *[100] * 16, 1_000_000], 94),  # nineteen bidders: still only one off either end, 1601 / 17
    ],
)
def test_given_prices_when_the_broadcast_mean_is_taken_then_a_tenth_goes_off_either_end(
    prices_yuan: list[int], mean_yuan: int
) -> None:
    assert trimmed_mean_fen([price * 100 for price in prices_yuan], 10) == mean_yuan * 100


@given(BIDS, st.integers(0, 45), st.randoms(use_true_random=False))
def test_property_the_order_that_bids_come_in_changes_nothing(
    bids: list[Bid], quota: int, chance: random.Random
) -> None:
    shuffled = list(bids)
    chance.shuffle(shuffled)

    assert rank(shuffled, SEED) == rank(bids, SEED)
    assert result(rank(shuffled, SEED), quota, 10) == result(rank(bids, SEED), quota, 10)


@given(BIDS, st.integers(0, 45))
def test_property_no_loser_outranks_a_winner(bids: list[Bid], quota: int) -> None:
    ranked = rank(bids, SEED)
    winners, losers = ranked[:quota], ranked[quota:]

    assert sorted(ranked, key=lambda one: one.code) == sorted(bids, key=lambda one: one.code)
    for winner in winners:
        for loser in losers:
            assert (-winner.price_fen, winner.bid_at_ms) <= (-loser.price_fen, loser.bid_at_ms)


@given(BIDS, st.integers(1, 45))
def test_property_the_figures_agree_with_each_other(bids: list[Bid], quota: int) -> None:
    outcome = result(rank(bids, SEED), quota, 10)

    assert outcome.winners == min(quota, len(bids))
    assert outcome.won_at_lowest <= outcome.at_lowest <= outcome.bidders
    if outcome.lowest_fen is not None and outcome.average_fen is not None:
        assert outcome.won_at_lowest >= 1
        assert outcome.average_fen >= outcome.lowest_fen


@given(BIDS.filter(bool), st.integers(1, 45))
def test_property_bidding_more_never_costs_a_winner_his_place(bids: list[Bid], quota: int) -> None:
    raised = bids[0]._replace(price_fen=bids[0].price_fen + 10_000)

    before = rank(bids, SEED).index(bids[0])

    assert rank([raised, *bids[1:]], SEED).index(raised) <= before


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_property_a_mean_is_within_half_a_yuan_of_the_exact_one(prices: list[int]) -> None:
    mean = mean_fen(prices)

    assert mean is not None
    assert -50 * len(prices) <= sum(prices) - mean * len(prices) <= 50 * len(prices)


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(1, 10**6), st.text(max_size=14), st.booleans()), max_size=9))
def test_given_any_ranks_then_their_digest_is_that_of_their_canonical_json(
    rows: list[tuple[str, int, str, bool]],
) -> None:
    with patch.object(close, "DIGEST_ROWS", 3):
        assert close.ranking_digest(rows) == digest_of(rows)
