"""Auctions whose results were published, rebuilt as files of bids. What was not published (other bidders, times) is
made up so that it can't help: losers below, revisions that no longer stand, rows in shuffled order.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from chalicelib.auctions.bids_csv import COLUMNS
from chalicelib.auctions.rules import Bid
from chalicelib.kernel.clock import at_shanghai, local_text


@dataclass(frozen=True)
class KnownAuction:
    """A published result; prices in yuan. ``above`` are the winners' prices over the lowest, ``below`` losers'."""

    name: str
    city: str
    bidder_class: str
    opens_at: str
    last_winner_at: str
    lowest: int
    at_lowest: int
    won_at_lowest: int
    above: tuple[int, ...]
    below: tuple[int, ...]
    average: int | None

    @property
    def quota(self) -> int:
        """As many as won."""
        return len(self.above) + self.won_at_lowest

    @property
    def published(self) -> dict[str, Any]:
        """The figures that were published, by the names of the result."""
        figures: dict[str, Any] = {
            "winners": self.quota,
            "lowest": self.lowest,
            "at_lowest": self.at_lowest,
            "won_at_lowest": self.won_at_lowest,
            "last_winner_at": self.last_winner_at,
        }
        return figures if self.average is None else {**figures, "average": self.average}

    def bids(self) -> list[Bid]:
        """Every accepted bid, revisions included, in no order."""
        chance = random.Random(self.name)
        opens, last = at_shanghai(self.opens_at), at_shanghai(self.last_winner_at)
        at_lowest = [last - 1_000 * place for place in range(self.won_at_lowest)]
        at_lowest += [last + 1 + place for place in range(self.at_lowest - self.won_at_lowest)]
        standing = [(self.lowest, at_ms) for at_ms in at_lowest]
        # Higher bids may come later than the last winner's, lower ones earlier: neither changes anything.
        standing += [(price, last + 60_000 + place) for place, price in enumerate(self.above)]
        standing += [(price, opens + 1_000 + place) for place, price in enumerate(self.below)]
        made = []
        for number, (price, at_ms) in enumerate(standing):
            code = f"{number:013d}"
            made.append(Bid(code, price * 100, at_ms))
            if number % 3 == 0:  # revised upwards or downwards before
                made.append(
                    Bid(code, max(10_000, price + chance.choice((-100, 0, 5_000))) * 100, opens + chance.randrange(900))
                )
        chance.shuffle(made)
        return made

    def bids_csv(self) -> bytes:
        """The bids as a file, written without the code under test."""
        rows = [f"{bid.code},{bid.price_fen // 100},{local_text(bid.bid_at_ms)}" for bid in self.bids()]
        return "\r\n".join([",".join(COLUMNS), *rows, ""]).encode("utf-8-sig")


def _prices_that_add_up(total: int, count: int, least: int) -> tuple[int, ...]:
    """``count`` multiples of 100, each above ``least``, that add up to ``total`` (a multiple of 100)."""
    share, rest = divmod((total - count * least) // 100, count)
    assert share >= 1, "an average above the lowest price"
    return tuple(least + 100 * (share + (place < rest)) for place in range(count))


HANGZHOU_2014_07 = KnownAuction(
    name="hangzhou-2014-07-individual",
    city="hangzhou",
    bidder_class="individual",
    opens_at="2014-07-25T09:00:00.000",
    last_winner_at="2014-07-25T10:17:42.018",
    lowest=16_000,
    at_lowest=317,
    won_at_lowest=74,
    above=tuple(16_100 + 100 * (place % 40) for place in range(1_103)),
    below=tuple(10_000 + 100 * (place % 60) for place in range(2_400)),
    average=None,
)
# 34 at 10,200 and 1,266 above them have a mean of 11,448 to the yuan: 1,300 x 11,448 = 14,882,400.
GUANGZHOU_APRIL_INDIVIDUAL = KnownAuction(
    name="guangzhou-april-individual",
    city="guangzhou",
    bidder_class="individual",
    opens_at="2016-04-25T09:00:00.000",
    last_winner_at="2016-04-25T09:56:15.739",
    lowest=10_200,
    at_lowest=100,
    won_at_lowest=34,
    above=_prices_that_add_up(1_300 * 11_448 - 34 * 10_200, 1_266, 10_200),
    below=(10_000, 10_100) * 150,
    average=11_448,
)
# 5 at 28,100 and 195 above them: 200 x 31,038 = 6,207,600.
GUANGZHOU_APRIL_UNIT = KnownAuction(
    name="guangzhou-april-unit",
    city="guangzhou",
    bidder_class="unit",
    opens_at="2016-04-25T09:00:00.000",
    last_winner_at="2016-04-25T14:02:58.601",
    lowest=28_100,
    at_lowest=7,
    won_at_lowest=5,
    above=_prices_that_add_up(200 * 31_038 - 5 * 28_100, 195, 28_100),
    below=(10_000, 20_000, 28_000) * 40,
    average=31_038,
)
KNOWN = (HANGZHOU_2014_07, GUANGZHOU_APRIL_INDIVIDUAL, GUANGZHOU_APRIL_UNIT)
