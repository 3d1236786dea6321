"""The last half-minute of an auction, request by request: API Gateway, Lambda's environments, DynamoDB's partitions.

A discrete-event model. Each stage takes a request or turns it away at once; whoever is turned away asks again, and what
counts for a bid is the gateway's stamp of the request that got through. What it leaves out errs on the safe side:
DynamoDB's burst and adaptive capacity, and environments that on-demand traffic of the morning left warm.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import simpy
from numpy.random import Generator as Random
from numpy.random import default_rng

SETTINGS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "settings.toml").read_text())
SECONDS = 30
SLOT_SECONDS = 0.01
# The function's door tries a write three times, with a pause of up to 50 ms (chalicelib/bidding/door.py).
WRITE_ATTEMPTS, WRITE_PAUSE_MS = 3, 50


@dataclass
class Bucket:
    """Tokens that come back at a steady rate, up to ``size``."""

    rate_per_second: float
    size: float
    left: float = -1
    at: float = 0

    def take(self, now: float) -> bool:
        """Take one, if there is one; ``now`` in seconds, never less than before."""
        if self.left < 0:
            self.left = self.size
        self.left = min(self.size, self.left + (now - self.at) * self.rate_per_second)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True)
class Provision:
    """What stands ready for the auction. ``environments`` is the alias's provisioned concurrency."""

    environments: int = 0
    account_concurrency: int = SETTINGS["lambda"]["account_concurrency"]
    gateway_rate: float = SETTINGS["gateway"]["rate_per_second"]
    gateway_burst: float = SETTINGS["gateway"]["burst"]
    warm_writes: int = SETTINGS["table"]["new_table_writes_per_second"]
    environments_per_10_seconds: int = SETTINGS["lambda"]["environments_per_10_seconds"]


@dataclass
class Day:
    """What came of it. Latencies in ms, of the requests that got through, from the first attempt on."""

    asked: int = 0
    accepted: int = 0
    too_late: int = 0
    given_up: int = 0
    turned_away: Counter[str] = field(default_factory=Counter)
    cold_starts: int = 0
    busy_max: int = 0
    latencies_ms: list[float] = field(default_factory=list)

    def percentile_ms(self, percent: float) -> float:
        """The nearest rank; 0 of nothing."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0

    @property
    def not_in_time(self) -> int:
        """Bids that were meant for the window and are not in it."""
        return self.too_late + self.given_up


class Environments:
    """A function's environments: those that stand ready, and those that Lambda starts when none is idle."""

    def __init__(self, provision: Provision, day: Day) -> None:
        self.busy, self.idle, self.started = 0, provision.environments, 0
        self._provision, self._day = provision, day
        per_10_seconds = provision.environments_per_10_seconds
        self._growth = Bucket(per_10_seconds / 10, per_10_seconds)

    def enter(self, now: float) -> bool | None:
        """Whether a start is to be waited for; ``None`` where the request is turned away."""
        if self.idle:
            self.idle -= 1
            cold = False
        elif self.busy < self._provision.account_concurrency and self._growth.take(now):
            self._day.cold_starts += 1
            cold = True
        else:
            return None
        self.busy += 1
        self._day.busy_max = max(self._day.busy_max, self.busy)
        return cold

    def leave(self) -> None:
        """It stays warm for the next."""
        self.busy -= 1
        self.idle += 1


class Model:
    """One run: ``rate`` gives requests a second at so many seconds before the close."""

    def __init__(self, provision: Provision, rate: Callable[[float], float], seed: int = 1) -> None:
        self.day = Day()
        self._rate, self._chance = rate, default_rng(seed)
        self._env = simpy.Environment()
        self._gateway = Bucket(provision.gateway_rate, provision.gateway_burst)
        self._environments = Environments(provision, self.day)
        writes = SETTINGS["table"]["partition_writes_per_second"]
        self._partitions = [Bucket(writes, writes) for _ in range(max(1, provision.warm_writes // writes))]
        self.attempts: int = SETTINGS["client"]["attempts"]

    def run(self, seconds: float = SECONDS) -> Day:
        """From ``seconds`` before the close until every bidder has an answer or has given up."""
        self._seconds = seconds
        self._env.process(self._arrivals(self._chance))
        self._env.run()
        return self.day

    def _arrivals(self, chance: Random) -> Generator[Any, Any, None]:
        for slot in range(round(self._seconds / SLOT_SECONDS)):
            begin = slot * SLOT_SECONDS
            for _ in range(chance.poisson(self._rate(self._seconds - begin) * SLOT_SECONDS)):
                self._env.process(self._bidder(begin + SLOT_SECONDS * chance.random()))
            yield self._env.timeout(max(0.0, begin + SLOT_SECONDS - self._env.now))

    def _bidder(self, at: float) -> Generator[Any, Any, None]:
        yield self._env.timeout(max(0.0, at - self._env.now))
        self.day.asked += 1
        first = self._env.now
        for attempt in range(self.attempts):
            if attempt:
                low, high = SETTINGS["client"]["retry_ms"]
                yield self._env.timeout(self._chance.uniform(low, high) / 1_000)
            if self._env.now >= self._seconds:
                self.day.too_late += 1
                return
            why = yield from self._request()
            if not why:
                self.day.accepted += 1
                self.day.latencies_ms.append((self._env.now - first) * 1_000)
                return
            self.day.turned_away[why] += 1
        self.day.given_up += 1

    def _request(self) -> Generator[Any, Any, str]:
        """Why it was turned away; empty where it got through."""
        if not self._gateway.take(self._env.now):
            return "gateway"
        cold = self._environments.enter(self._env.now)
        if cold is None:
            return "environments"
        if cold:
            yield self._env.timeout(SETTINGS["lambda"]["cold_start_ms"] / 1_000)
        partition = self._partitions[self._chance.integers(len(self._partitions))]
        why = "table"
        for attempt in range(WRITE_ATTEMPTS):
            if attempt:
                yield self._env.timeout(self._chance.uniform(0, WRITE_PAUSE_MS) / 1_000)
            yield self._env.timeout(self._chance.exponential(SETTINGS["lambda"]["service_ms"]) / 1_000)
            if partition.take(self._env.now):
                why = ""
                break
        self._environments.leave()
        return why
