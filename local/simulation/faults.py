"""What goes wrong in a month, drawn from its seed: how often, and when a whole service is away."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

HOUR_MS = 3_600_000

# Each kind of fault and how often it comes at most, of the occasions that it has. A month is hit by some kinds only, so
# that a rare one is not always hidden behind the machine's stop that a frequent one caused.
RATES = {
    "throttled": 0.02,  # an attempt at AWS is turned away
    "unsent": 0.01,  # an attempt at AWS never arrives
    "unheard": 0.01,  # an attempt at AWS is carried out, its answer is lost
    "conflict": 0.03,  # a transaction meets another one
    "killed": 0.03,  # a function's process ends between two calls
    "not_invoked": 0.02,  # Lambda turns an invocation away
    "answer_lost": 0.02,  # a function did its work, nobody hears of it
    "twice": 0.15,  # a message of a queue or a stream is delivered again
    "late": 0.15,  # it comes minutes or hours late, and after others
    "party_unsent": 0.05,  # a request to a counterparty never arrives
    "party_unheard": 0.06,  # it arrives, its answer is lost
    "party_twice": 0.04,  # it arrives twice
    "party_slow": 0.05,  # it arrives, and is answered after a minute
    "door_unsent": 0.03,  # a client's request never reaches the API
    "door_unheard": 0.05,  # the API did it, the client hears nothing
    "half_file": 0.25,  # a counterparty's file is half written first
    "file_again": 0.3,  # a counterparty drops its file twice
    "pair": 0.3,  # two operators act at once
    "abort": 0.5,  # the period's machine is ended from outside
    "dark": 1.0,  # DynamoDB is away for seconds
    "clock": 0.6,  # a clock jumps
    "working": 0.4,  # the bank does not know yet what became of a payment
}
SPARED = 0.45
# In so many months Minsheng turns requests of refund files away, this many.
TURNING_AWAY, TURNED_AWAY_MAX = 0.5, 3
# In so many the other bank tells its own interest.
ADVISING = 0.5
DARK_SPELLS_MAX = 5


@dataclass
class Faults:
    """The weather of one month. ``seen`` counts what struck. ``rates`` are this month's own."""

    rng: random.Random
    rates: dict[str, float]
    dark: tuple[tuple[int, int], ...] = ()
    seen: Counter[str] = field(default_factory=Counter)
    # How many requests of refund files Minsheng will not take.
    turned_away: int = 0
    # How long before batch 1 is due the bank's own interest comes, negative for after; none where it computes none.
    advised_before_ms: int | None = None
    # Counting stops where nothing more may go wrong, so that a month comes to its end.
    until_ms: int = 0

    def strikes(self, kind: str, now_ms: int, share: float = 1.0) -> bool:
        """Whether a fault of this kind comes now."""
        rate = self.rates.get(kind, 0.0) * share
        if not rate or now_ms > self.until_ms or self.rng.random() >= rate:
            return False
        self.seen[kind] += 1
        return True

    def is_dark(self, now_ms: int) -> bool:
        """Whether DynamoDB is away."""
        found = any(begin <= now_ms < end for begin, end in self.dark)
        self.seen["dark"] += found
        return found


def draw_faults(rng: random.Random, instants: list[int], until_ms: int, *, seed: int = 0, calm: bool = False) -> Faults:
    """A month's weather. Dark spells come where something happens: around ``instants`` of its plan (epoch ms)."""
    # Drawn apart, so that everything else in the month of a seed is as it was before there was this.
    apart = random.Random(f"turned away {seed}")  # noqa: S311 (a simulation guards no secret)
    turns_away = not calm and apart.random() < TURNING_AWAY
    rates = {
        kind: 0.0 if calm or rng.random() < SPARED else rate * rng.choice((0.2, 0.5, 1.0))
        for kind, rate in RATES.items()
    }
    spells = []
    for _ in range(rng.randint(1, DARK_SPELLS_MAX) if rates["dark"] else 0):
        begin = rng.choice(instants) + rng.randint(-2_000, 60_000)
        spells.append((begin, begin + rng.randint(500, 20_000)))
    turned_away = apart.randint(1, TURNED_AWAY_MAX) if turns_away else 0
    advised = apart.randint(-2, 40) * HOUR_MS if apart.random() < ADVISING and not calm else None
    return Faults(rng, rates, tuple(spells), until_ms=until_ms, turned_away=turned_away, advised_before_ms=advised)
