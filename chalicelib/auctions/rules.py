"""Who wins, at what price: the rules of the auction, pure. The close and the notary's recount both run this code.

Prices are fen, times UTC epoch ms. A published mean is rounded once, from the exact sum, to a whole yuan, half up.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import eq, itemgetter
from typing import Any, NamedTuple

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.money import FEN_PER_YUAN, whole_yuan_half_up


class Bid(NamedTuple):
    """One accepted bid. A close makes millions of them: as a tuple each costs a third."""

    code: str
    price_fen: int
    bid_at_ms: int


@dataclass(frozen=True)
class Result:
    """What is announced of one class after the close. ``None`` where nobody bid or won."""

    quota: int
    bidders: int
    winners: int
    lowest_fen: int | None
    average_fen: int | None
    at_lowest: int
    won_at_lowest: int
    last_winner_at_ms: int | None
    mean_bid_fen: int | None
    trimmed_mean_fen: int | None

    def as_dict(self) -> dict[str, Any]:
        """The result as it is published: prices in whole yuan, times as local text."""
        return {
            "quota": self.quota,
            "bidders": self.bidders,
            "winners": self.winners,
            "lowest": _yuan(self.lowest_fen),
            "average": _yuan(self.average_fen),
            "at_lowest": self.at_lowest,
            "won_at_lowest": self.won_at_lowest,
            "last_winner_at": None if self.last_winner_at_ms is None else local_text(self.last_winner_at_ms),
            "mean_bid": _yuan(self.mean_bid_fen),
            "trimmed_mean": _yuan(self.trimmed_mean_fen),
        }


def _yuan(fen: int | None) -> int | None:
    return None if fen is None else whole_yuan_half_up(fen)


def standing_bids(bids: Iterable[Bid]) -> list[Bid]:
    """Each bidder's latest bid: the one that stands.

    Raises ``ValueError`` where one bidder has two prices at the same instant: the bid function never accepts that.
    """
    latest: dict[str, Bid] = {}
    known_of = latest.setdefault
    for bid in bids:
        code, price_fen, bid_at_ms = bid
        known = known_of(code, bid)
        if known is bid:
            continue
        if known.bid_at_ms == bid_at_ms and known.price_fen != price_fen:
            raise ValueError(f"bidder {code} has two prices at {local_text(bid_at_ms)}")
        if bid_at_ms > known.bid_at_ms:
            latest[code] = bid
    return list(latest.values())


def tie_break(seed: bytes, code: str) -> bytes:
    """Orders bids of one price and one millisecond: HMAC-SHA256 of the code.

    The seed's digest is published before the window opens and the seed after it closes, so nobody can steer it.
    """
    return hmac.digest(seed, code.encode(), "sha256")


def rank(bids: Iterable[Bid], seed: bytes) -> list[Bid]:
    """Standing bids, best first: price down, time up, then ``tie_break``. The order they come in changes nothing.

    Raises ``ValueError`` where a bidder has more than one bid.
    """
    listed = list(bids)
    if len({bid[0] for bid in listed}) != len(listed):
        raise ValueError("a bidder has more than one standing bid")
    # Prices are few and bids are many: to part them by price and sort each part costs less than to sort them whole, and
    # what a part is sorted by is still near at hand when its ties are looked for.
    at_price: dict[int, list[Bid]] = {}
    for bid in listed:
        price_fen = bid[1]
        if price_fen in at_price:
            at_price[price_fen].append(bid)
        else:
            at_price[price_fen] = [bid]
    ranked: list[Bid] = []
    for price_fen in sorted(at_price, reverse=True):
        ranked += _by_time(at_price[price_fen], seed)
    return ranked


_TIME = itemgetter(2)


def _by_time(bids: list[Bid], seed: bytes) -> list[Bid]:
    bids.sort(key=_TIME)
    times = list(map(_TIME, bids))
    if not any(map(eq, times, islice(times, 1, None))):
        return bids
    ordered: list[Bid] = []
    for _, shared in groupby(bids, key=_TIME):
        tied = list(shared)
        # A keyed hash for each of a million bids would cost more than ranking them.
        ordered += sorted(tied, key=lambda bid: tie_break(seed, bid.code)) if len(tied) > 1 else tied
    return ordered


def mean_fen(prices_fen: Sequence[int]) -> int | None:
    """The mean as it is published: a whole yuan, half up, in fen; ``None`` of nothing."""
    if not prices_fen:
        return None
    return whole_yuan_half_up(sum(prices_fen), len(prices_fen)) * FEN_PER_YUAN


def trimmed_mean_fen(prices_fen: Iterable[int], trim_percent: int) -> int | None:
    """The broadcast average: without the top and the bottom ``trim_percent`` of bidders, each rounded down.

    A whole yuan, half up, in fen; ``None`` where nobody bid.
    """
    if not 0 <= trim_percent < 50:
        raise ValueError("trim_percent is in 0..49")
    ordered = sorted(prices_fen)
    cut = len(ordered) * trim_percent // 100
    return mean_fen(ordered[cut : len(ordered) - cut])


def result(ranked: Sequence[Bid], quota: int, trim_percent: int) -> Result:
    """What is announced for ranked bids. With fewer bidders than quota all of them win."""
    if quota < 0:
        raise ValueError("a quota is not negative")
    winners = ranked[:quota]
    prices = [bid.price_fen for bid in ranked]
    last = winners[-1] if winners else None
    lowest_fen = last.price_fen if last else None
    return Result(
        quota=quota,
        bidders=len(ranked),
        winners=len(winners),
        lowest_fen=lowest_fen,
        average_fen=mean_fen(prices[:quota]),
        at_lowest=prices.count(lowest_fen) if lowest_fen is not None else 0,
        won_at_lowest=sum(bid.price_fen == lowest_fen for bid in winners),
        last_winner_at_ms=last.bid_at_ms if last else None,
        mean_bid_fen=mean_fen(prices),
        # The other way round they are in order already: sorting them finds that out and does no more.
        trimmed_mean_fen=trimmed_mean_fen(reversed(prices), trim_percent),
    )
