"""A small month, drawn from a seed: five to twelve bidders, who pays how, and the plan's own instants."""

from __future__ import annotations

import random
from dataclasses import replace

from chalicelib.periods.plan import Plan, compress, nominal
from chalicelib.periods.rules import RuleSet, load_rules
from local.conduct import DOUBTFUL, BidTry, Conduct, Paying, PriceRange, price_range
from local.demo import CITY, LAST_AVERAGE_FEN, LAST_MEAN_FEN, LOWS_FEN, PERIOD
from local.month import ALIPAY, CHANNEL, Month, Roster, with_input
from local.payments import MINSHENG
from local.people import INDIVIDUAL, UNIT, PeopleMaker, Person, make_people, seeded

BIDDERS = (5, 12)
# Two statements of the deposit window and the one that closes the month, of each channel.
INTAKE_DAYS = ("-12", "-17")
WAYS = (CHANNEL, MINSHENG, ALIPAY)


def draw_month(seed: int) -> Month:
    """The month of a seed: the plan, its people, what they pay and bid, and the regulator's files."""
    rng = seeded("month", seed)
    rules = load_rules(CITY)
    maker = PeopleMaker(seed)
    people = make_people(maker, rng.randint(*BIDDERS))
    plan = _plan(rng, rules)
    prices = {
        name: price_range(rules.reserve_fen, rules.tick_fen, rules.cap_multiple, plan.last_average_fen[name])
        for name in (INDIVIDUAL, UNIT)
    }
    conduct = {person.code: _conduct(rng, prices[person.bidder_class], rules.bids_max) for person in people}
    ways = {person.code: _way(rng, person, conduct[person.code]) for person in people}
    month = with_input(Roster(seed, people, maker), plan, rules, conduct, prices, channel_of=ways)
    failing = [person for person in people if ways[person.code] == CHANNEL and rng.random() < 0.25]
    return replace(
        month,
        failing_accounts={person.account_no: rng.choice(("1001", "1003")) for person in failing},
        new_accounts={person.code: maker.account(person.bidder_class) for person in failing},
    )


def _plan(rng: random.Random, rules: RuleSet) -> Plan:
    """The calendar's own dates and instants; of the statements only a few, so that a month has fewer mornings."""
    quotas = {INDIVIDUAL: rng.choice((1, 1, 2, 2, 3, 4, 8)), UNIT: rng.choice((1, 1, 2, 3))}
    plan = nominal(
        PERIOD, rules, quotas, last_average_fen=LAST_AVERAGE_FEN, lows_fen=LOWS_FEN, last_mean_fen=LAST_MEAN_FEN
    )
    offsets = {name: milestone.at_ms for name, milestone in plan.milestones.items()}
    offsets |= {f"broadcast-{number}": each.at_ms for number, each in enumerate(plan.broadcasts, start=1)}
    last = plan.closing[-1].day
    for due in plan.statements:
        if (due.day.isoformat().endswith(INTAKE_DAYS) and due in plan.intake) or due.day == last:
            offsets[f"statement-{due.channel}-{due.day}"] = due.due.at_ms
    return compress(plan, offsets, 0)


def _conduct(rng: random.Random, limits: PriceRange, bids_max: int) -> Conduct:
    paying = rng.choices(list(Paying), weights=[12, 2, 1, 1, 1, 1, 1, 1, 1])[0]
    return Conduct(
        paying=paying,
        corrects=paying in DOUBTFUL and rng.random() < 0.7,
        audit_passed=rng.random() < 0.93,
        activates=rng.random() < 0.93,
        wrong_sms_code_first=rng.random() < 0.1,
        rollover=rng.random() < 0.25,
        password="Hz9" + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=9)),
        bids=_bids(rng, limits, bids_max),
    )


def _bids(rng: random.Random, limits: PriceRange, bids_max: int) -> tuple[BidTry, ...]:
    """A few prices, many of them the same as somebody else's: ties are what ranking gets wrong."""
    if rng.random() < 0.05:
        return ()
    prices = [limits.reserve + limits.tick * rng.choice((0, 1, 1, 2, 5, 50)) for _ in range(rng.randint(1, bids_max))]
    return tuple(BidTry(number, price) for number, price in enumerate(prices))


def _way(rng: random.Random, person: Person, does: Conduct) -> str:
    if does.paying in (Paying.NEVER, Paying.LATE):
        return CHANNEL
    if not person.is_unit and does.paying is Paying.EXACT:
        return rng.choice(WAYS)
    return rng.choice((CHANNEL, CHANNEL, MINSHENG))


def with_payments(month: Month, more: tuple[object, ...]) -> Month:
    """The month with what was paid by wallet besides."""
    return replace(month, payments=(*month.payments, *more))  # type: ignore[arg-type]
