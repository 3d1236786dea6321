"""When bids come: the arrival curve of an auction day, for the load and for the capacity model. Pure.

No city publishes arrivals by the second. Known are the volumes and the rush (docs/load.md); the shares are assumptions
and stand here, in one place. A run keeps the last minute's pace and squeezes the hours before it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """A part of the window: how long it is, its share of people's bids, its share of a run's time.

    Within it the rate goes up linearly from ``start_rate`` of its mean at the beginning (1 is level, 0 from nothing).
    """

    name: str
    real_seconds: int
    share: float
    run_share: float
    start_rate: float

    def when(self, chance: random.Random) -> float:
        """An instant in the stretch, 0 to 1: the inverse of the integral of a straight line."""
        slope = 1 - self.start_rate
        drawn = chance.random()
        if slope == 0:
            return drawn
        return float(((self.start_rate**2 + 4 * slope * drawn) ** 0.5 - self.start_rate) / (2 * slope))

    def rate_at(self, part: float) -> float:
        """The rate at an instant (0 to 1) as a multiple of the stretch's mean."""
        return self.start_rate + 2 * (1 - self.start_rate) * part


# 09:00:00 to 15:00:00, six hours.
DAY = (
    Stretch("09:00-14:50", 21_000, 0.45, 4 / 9, 1.0),
    Stretch("14:50-14:59", 540, 0.25, 2 / 9, 0.5),
    Stretch("14:59-15:00", 60, 0.30, 1 / 3, 0.15),
)
# The run in which the last minute passes at its real pace.
REAL_PACE_SECONDS = 180
# Scripted clients bid in the window's last seconds, and nowhere else.
SCRIPTED_SHARE = 0.05
SCRIPTED_SECONDS = 3
# How many bids a bidder makes: one and up to two revisions.
BIDS_SHARES = {1: 0.35, 2: 0.35, 3: 0.30}
BIDS_MEAN = sum(bids * share for bids, share in BIDS_SHARES.items())


def draw(chance: random.Random, run_seconds: float) -> float:
    """A person's bid: seconds after the opening of a run of ``run_seconds``."""
    (stretch,) = chance.choices(DAY, [each.share for each in DAY])
    before = sum(each.run_share for each in DAY[: DAY.index(stretch)])
    return (before + stretch.when(chance) * stretch.run_share) * run_seconds


def draw_scripted(chance: random.Random, run_seconds: float) -> float:
    """A script's bid: the last seconds, at their real pace in a run of ``REAL_PACE_SECONDS``."""
    last = SCRIPTED_SECONDS * min(1.0, run_seconds / REAL_PACE_SECONDS)
    # A script leaves itself a margin for the way.
    return run_seconds - last * (0.05 + 0.95 * chance.random())


def real_rate(seconds_to_close: float, bidders: int) -> float:
    """Bids a second of ``bidders`` at so many seconds before the close of a real day."""
    left, rate = seconds_to_close, 0.0
    people = bidders * (1 - SCRIPTED_SHARE) * BIDS_MEAN
    if 0 <= seconds_to_close < SCRIPTED_SECONDS:
        rate += bidders * SCRIPTED_SHARE * BIDS_MEAN / SCRIPTED_SECONDS
    for stretch in reversed(DAY):
        if 0 <= left < stretch.real_seconds:
            mean = people * stretch.share / stretch.real_seconds
            return rate + mean * stretch.rate_at(1 - left / stretch.real_seconds)
        left -= stretch.real_seconds
    return 0.0
