"""Who takes part in a run and what each does when: drawn from a seed, so that a run can be made again. Pure."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Literal

from local.load.curve import BIDS_SHARES, SCRIPTED_SHARE, draw, draw_scripted

Kind = Literal["poll", "bid", "flood"]

RESERVE_YUAN, TICK_YUAN, CAP_YUAN = 10_000, 100, 40_000
UNIT_EVERY = 20
WRONG_SHARE, AGAIN_SHARE, GREEDY_SHARE, LATE_SHARE = 0.05, 0.04, 0.02, 0.01
# A loop that never waits: so many requests of one bidder, from the last minute on.
FLOODERS_MAX, FLOODER_EVERY, FLOOD_REQUESTS = 5, 40, 400
POLLS = 4
WRONG_YUAN = (9_900, 16_050, 40_100, 999_999_900)


@dataclass(frozen=True)
class Action:
    """Something that a bidder means to do ``at_s`` seconds after the opening. A poll has no request id."""

    at_s: float
    kind: Kind
    request_id: str = ""
    price_yuan: int = 0


@dataclass(frozen=True)
class Script:
    """A bidder and everything he means to do, in order."""

    number: int
    actions: tuple[Action, ...]

    @property
    def bidder_class(self) -> str:
        """One in ``UNIT_EVERY`` is a unit."""
        return "unit" if self.number % UNIT_EVERY == 0 else "individual"

    @property
    def code(self) -> str:
        """The application code."""
        return f"33{self.number:011d}"

    @property
    def floods(self) -> bool:
        """Whether it is one of the few that send without waiting."""
        return any(action.kind == "flood" for action in self.actions)


def script(number: int, seed: int, seconds: float) -> Script:
    """What bidder ``number`` does in a window of ``seconds``."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 (a run that can be repeated)
    scripted = chance.random() < SCRIPTED_SHARE
    (bids,) = chance.choices(list(BIDS_SHARES), list(BIDS_SHARES.values()))
    bids += chance.random() < GREEDY_SHARE and bids == max(BIDS_SHARES)
    times = sorted((draw_scripted if scripted else draw)(chance, seconds) for _ in range(bids))
    actions = [_bid(chance, at_s) for at_s in times]
    if chance.random() < WRONG_SHARE:
        actions.append(_bid(chance, times[0] * 0.99, chance.choice(WRONG_YUAN)))
    if chance.random() < AGAIN_SHARE:
        again = chance.choice(actions[:bids])
        actions.append(Action(again.at_s, again.kind, again.request_id, again.price_yuan))
    if chance.random() < LATE_SHARE:
        actions.append(_bid(chance, seconds + 0.02 + 0.5 * chance.random()))
    if number % FLOODER_EVERY == 1 and number // FLOODER_EVERY < FLOODERS_MAX:
        actions += [_flood(chance, seconds * 0.8) for _ in range(FLOOD_REQUESTS)]
    # Nobody polls in step: the first look of each is anywhere in the first interval.
    first = chance.random() * seconds / POLLS
    actions += [Action(first + turn * seconds / POLLS, "poll") for turn in range(POLLS)]
    return Script(number, tuple(sorted(actions, key=lambda action: action.at_s)))


def _price(chance: random.Random) -> int:
    # Prices of a month huddle a little above the reserve; the tail is long, and ties are common.
    return min(CAP_YUAN, RESERVE_YUAN + TICK_YUAN * int(chance.expovariate(1 / 60)))


def _bid(chance: random.Random, at_s: float, price_yuan: int | None = None) -> Action:
    request_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return Action(at_s, "bid", request_id, _price(chance) if price_yuan is None else price_yuan)


def _flood(chance: random.Random, at_s: float) -> Action:
    bid = _bid(chance, at_s)
    return Action(bid.at_s, "flood", bid.request_id, bid.price_yuan)
