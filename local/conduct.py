"""Who does what in a simulated month: drawn once from the seed, so that checks know what to expect."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from local.people import Person, seeded

BIDDERS_MIN = 20
FEN_PER_YUAN = 100


class Paying(StrEnum):
    """How a bidder pays the deposit."""

    EXACT = "exact"
    OVER = "over"
    DOUBLE = "double"
    CODE_MISSING = "code_missing"
    CODE_WRONG = "code_wrong"
    CODE_CUT = "code_cut"
    LATE = "late"
    SHORT = "short"
    NEVER = "never"


DOUBTFUL = (Paying.CODE_MISSING, Paying.CODE_WRONG, Paying.CODE_CUT)

# Shares of all bidders; each kind happens at least once, however few the bidders are.
PAYING_SHARES: Mapping[Paying, float] = {
    Paying.NEVER: 0.05,
    Paying.CODE_MISSING: 0.03,
    Paying.CODE_WRONG: 0.03,
    Paying.CODE_CUT: 0.03,
    Paying.LATE: 0.02,
    Paying.SHORT: 0.02,
    Paying.DOUBLE: 0.02,
    Paying.OVER: 0.02,
}
UNKNOWN_PAYER_SHARE = 0.01
AUDIT_FAILED_SHARE = 0.03
NEVER_ACTIVATES_SHARE = 0.05
NEVER_BIDS_SHARE = 0.05
ROLLOVER_SHARE = 0.10
WRONG_SMS_CODE_SHARE = 0.05
NEVER_PAYS_PRICE_SHARE = 0.08
WINNING_SHARE = 0.35
# About three bidders in four come as far as a bid; quotas are set before the month begins.
EXPECTED_TO_BID = 0.75
# Of last time's average price.
HIGH_BID = 1.55


@dataclass(frozen=True)
class BidTry:
    """One request to the bid function. ``expected`` is the refusal's code, empty where it is to be accepted.

    ``request`` numbers the bidder's request ids: the same number again is the same request id again.
    """

    request: int
    price_yuan: int
    expected: str = ""
    repeated: bool = False


@dataclass(frozen=True)
class Conduct:
    """What one bidder does."""

    paying: Paying
    corrects: bool
    audit_passed: bool
    activates: bool
    wrong_sms_code_first: bool
    rollover: bool
    password: str
    bids: tuple[BidTry, ...]

    @property
    def deposit_held(self) -> bool:
        """Whether a deposit stands under the bidder's code when corrections have closed."""
        if self.paying in DOUBTFUL:
            return self.corrects
        return self.paying in (Paying.EXACT, Paying.OVER, Paying.DOUBLE)

    @property
    def qualified(self) -> bool:
        """Applicant + deposit + audit passed."""
        return self.deposit_held and self.audit_passed


@dataclass(frozen=True)
class PriceRange:
    """What may be bid in one class, in whole yuan; ``usual`` is last time's average."""

    reserve: int
    tick: int
    cap: int
    usual: int


def suggest_quotas(people: Iterable[Person]) -> dict[str, int]:
    """Quotas by class with which about a third of those who bid win."""
    counts: dict[str, int] = {}
    for person in people:
        counts[person.bidder_class] = counts.get(person.bidder_class, 0) + 1
    return {name: max(1, round(count * EXPECTED_TO_BID * WINNING_SHARE)) for name, count in sorted(counts.items())}


def _at_least_one(share: float, count: int) -> int:
    return max(1, round(share * count))


class _Draw:
    """Draws groups of a share of the bidders, each from those that a condition leaves."""

    def __init__(self, seed: int, people: tuple[Person, ...]) -> None:
        self.random = seeded("conduct", seed)
        self.codes = [person.code for person in people]

    def some(self, share: float, among: Iterable[str], of: int | None = None) -> set[str]:
        pool = sorted(among)
        return set(self.random.sample(pool, min(len(pool), _at_least_one(share, len(pool) if of is None else of))))


def draw_conduct(
    seed: int, people: tuple[Person, ...], prices: Mapping[str, PriceRange], bids_max: int
) -> dict[str, Conduct]:
    """Conduct by application code. Raises ``ValueError`` below ``BIDDERS_MIN`` bidders."""
    if len(people) < BIDDERS_MIN:
        raise ValueError(f"a month needs {BIDDERS_MIN} bidders or more, not {len(people)}")
    draw = _Draw(seed, people)
    paying = _draw_paying(draw)
    corrects: set[str] = set()
    for kind in DOUBTFUL:
        corrects |= draw.some(0.5, (code for code in draw.codes if paying[code] is kind))
    # Failing the audit is only worth showing where a deposit stands; over-payers go on, to win or to default.
    regular = [code for code in draw.codes if paying[code] is Paying.EXACT]
    failed = draw.some(AUDIT_FAILED_SHARE, regular, of=len(people))
    regular = [code for code in regular if code not in failed]
    inactive = draw.some(NEVER_ACTIVATES_SHARE, regular, of=len(people))
    silent = draw.some(NEVER_BIDS_SHARE, (code for code in regular if code not in inactive), of=len(people))
    mistyping = draw.some(WRONG_SMS_CODE_SHARE, (code for code in draw.codes if code not in inactive))
    rollover = draw.some(ROLLOVER_SHARE, regular, of=len(people))
    # Over-payers bid high: they win, and one of them defaults, which is the rare case of batch 2.
    over_payers = {code for code in draw.codes if paying[code] is Paying.OVER}
    bids = _draw_bids(draw.random, people, prices, bids_max, high=over_payers, silent=silent)
    return {
        code: Conduct(
            paying=paying[code],
            corrects=code in corrects,
            audit_passed=code not in failed,
            activates=code not in inactive,
            wrong_sms_code_first=code in mistyping,
            rollover=code in rollover,
            password="Hz9" + "".join(draw.random.choices("abcdefghjkmnpqrstuvwxyz23456789", k=9)),
            bids=bids[code],
        )
        for code in draw.codes
    }


def _draw_paying(draw: _Draw) -> dict[str, Paying]:
    order = list(draw.codes)
    draw.random.shuffle(order)
    paying = dict.fromkeys(draw.codes, Paying.EXACT)
    for kind, share in PAYING_SHARES.items():
        for _ in range(_at_least_one(share, len(draw.codes))):
            paying[order.pop()] = kind
    return paying


def _draw_bids(
    rng: random.Random,
    people: tuple[Person, ...],
    prices: Mapping[str, PriceRange],
    bids_max: int,
    *,
    high: set[str],
    silent: set[str],
) -> dict[str, tuple[BidTry, ...]]:
    """Each bidder's requests. The kinds of bad ones go round, so that every refusal is met in every month."""
    tries: dict[str, tuple[BidTry, ...]] = {}
    bidder_no = 0
    for person in rng.sample(people, len(people)):
        if person.code in silent:
            tries[person.code] = ()
            continue
        limits = prices[person.bidder_class]
        factor = HIGH_BID if person.code in high else rng.triangular(0.62, 1.5, 1.02)
        tries[person.code] = _tries(rng, limits, bids_max, bidder_no, factor)
        bidder_no += 1
    return tries


def _price(rng: random.Random, limits: PriceRange, factor: float) -> int:
    # A revision goes up or down a little.
    price = limits.usual * factor * rng.uniform(0.96, 1.06)
    # People like round numbers: many prices meet, as they do in real results.
    step = limits.tick * rng.choice((1, 1, 5, 10))
    return min(max(round(price / step) * step, limits.reserve), limits.cap // limits.tick * limits.tick)


def _tries(rng: random.Random, limits: PriceRange, bids_max: int, bidder_no: int, factor: float) -> tuple[BidTry, ...]:
    count = rng.choices(range(1, bids_max + 1), weights=[6, 3, 2][:bids_max] + [1] * (bids_max - 3))[0]
    bad = bidder_no % 8
    if bad == 0:
        count = bids_max
    tries = [BidTry(request, _price(rng, limits, factor)) for request in range(count)]
    first = tries[0]
    match bad:
        case 0:
            tries.append(BidTry(count, first.price_yuan, "NO_BIDS_LEFT"))
        case 1:
            tries.insert(0, BidTry(count, limits.reserve - limits.tick, "BELOW_RESERVE"))
        case 2:
            tries.insert(0, BidTry(count, limits.reserve + limits.tick // 2 + 1, "OFF_TICK"))
        case 3:
            tries.insert(0, BidTry(count, (limits.cap // limits.tick + 1) * limits.tick, "ABOVE_CAP"))
        case 4:
            tries.append(BidTry(count - 1, tries[-1].price_yuan, repeated=True))
        case 5:
            last = tries[-1].price_yuan
            other = last - limits.tick if last > limits.reserve else last + limits.tick
            tries.append(BidTry(count - 1, other, "REQUEST_REUSED"))
        case _:
            pass
    return tuple(tries)


def price_range(reserve_fen: int, tick_fen: int, cap_multiple: int, last_average_fen: int) -> PriceRange:
    """The range of one class from the rules and the last auction's average."""
    return PriceRange(
        reserve=reserve_fen // FEN_PER_YUAN,
        tick=tick_fen // FEN_PER_YUAN,
        cap=cap_multiple * last_average_fen // FEN_PER_YUAN,
        usual=last_average_fen // FEN_PER_YUAN,
    )


def choose_defaulters(seed: int, winners: Iterable[str], conduct: Mapping[str, Conduct]) -> set[str]:
    """The winners who will not pay their price: at least one, one who over-paid the deposit first."""
    pool = sorted(winners)
    if not pool:
        return set()
    seeded("defaulters", seed).shuffle(pool)
    pool.sort(key=lambda code: conduct[code].paying is not Paying.OVER)
    rest = pool[1:]
    # Only one of the over-payers defaults; the others pay, so that batch 2 holds an excess of a paying winner too.
    rest.sort(key=lambda code: conduct[code].paying is Paying.OVER)
    return {pool[0], *rest[: _at_least_one(NEVER_PAYS_PRICE_SHARE, len(pool)) - 1]}
