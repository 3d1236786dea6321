"""A month that goes on by itself on the deployed hub, with three bidders left to be acted in a browser."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from local import front
from local.compressed import compressed
from local.conduct import DOUBTFUL, suggest_quotas
from local.counterparties import drop_into
from local.demo import APPROVER, CITY, LAST_AVERAGE_FEN, LAST_MEAN_FEN, LOWS_FEN, PERIOD, PLANNER
from local.month import ALIPAY, CHANNELS, Month, make_month, make_roster
from local.payments import MINSHENG
from local.people import Person
from local.scenario import run_month
from local.stage import Stage
from local.world.addresses import Addresses
from local.world.operators import Operator
from local.world.web import ask, now_ms, sleep_until

BIDDERS = 40
# As many bidders' time: somebody who reads and types is slower than a program.
PACE = 300
LEAD_MS = 5_000
SEED = 11
SEEDS_MAX = 40
# Opens every page of the console.
READER = Operator("reader", "reader-of-the-pages")


@dataclass
class BidderMonth:
    """The month, where everything answers, and who is acted by hand.

    ``corrector``: his payment lacks the code; he goes on to bid. ``payer``: pays by Alipay. ``payee``: his refund comes
    back, and he answers only after the period's machine has sent again what it could.
    """

    month: Month
    at: Addresses
    url: str
    corrector: Person
    payer: Person
    payee: Person
    actors: threading.Thread
    faults: list[str]

    @property
    def top_price(self) -> int:
        """What wins for certain, in yuan: the highest multiple of the tick."""
        limits = self.month.prices[self.corrector.bidder_class]
        return limits.cap // limits.tick * limits.tick

    @property
    def by_hand(self) -> set[str]:
        """The codes of those whom no program acts."""
        return {person.code for person in (self.corrector, self.payer, self.payee)}

    def until(self, milestone: str) -> None:
        """Wait for an instant of the plan."""
        self._alive()
        sleep_until(self.month.plan.at(milestone))

    def until_reached(self, milestone: str) -> None:
        """Wait until the hub says that a milestone is reached."""
        # Before the plan is posted there is no such period.
        while milestone not in (ask("GET", f"{self.at.api}/periods/{PERIOD}").body or {}).get("reached", {}):
            self._alive()
            sleep_until(now_ms() + 500)

    def until_over(self) -> None:
        """Wait until the month has come to its end, for everybody whom programs act."""
        self.actors.join(timeout=300)
        assert not self.actors.is_alive()
        self._alive()

    def _alive(self) -> None:
        assert not self.faults, self.faults


def _month(channels: tuple[str, ...], seed: int) -> Month:
    from chalicelib.periods.plan import nominal
    from chalicelib.periods.rules import load_rules

    roster, rules = make_roster(seed, BIDDERS), load_rules(CITY)
    quotas = suggest_quotas(roster.people)
    history = {"last_average_fen": LAST_AVERAGE_FEN, "lows_fen": LOWS_FEN, "last_mean_fen": LAST_MEAN_FEN}
    plan = nominal(PERIOD, rules, quotas, **history)
    return make_month(roster, compressed(plan, PACE, now_ms() + LEAD_MS, by_wallet=True), rules, channels)


def _choose(month: Month) -> tuple[Person, Person, Person] | None:
    first_day = month.plan.intake[0].day
    individuals = [person for person in month.people if not person.is_unit]
    correctors = (
        person
        for person in individuals
        if (does := month.conduct[person.code]).paying in DOUBTFUL
        and does.audit_passed
        and does.corrects
        and month.payment_of(person.code).statement_day == first_day
        # At the bank that tells of nothing before its statement.
        and month.channel_of.get(person.code) not in (ALIPAY, MINSHENG)
    )
    payers = (person for person in individuals if month.channel_of.get(person.code) == ALIPAY)
    payees = (month.person(code) for code in sorted(month.new_accounts))
    corrector, payer, payee = (next(each, None) for each in (correctors, payers, payees))
    return (corrector, payer, payee) if corrector and payer and payee else None


def fitting(channels: tuple[str, ...] = CHANNELS) -> tuple[Month, tuple[Person, Person, Person]]:
    """The first month by seed that has the three who are acted by hand."""
    for seed in range(SEED, SEED + SEEDS_MAX):
        month = _month(channels, seed)
        if chosen := _choose(month):
            return month, chosen
    raise AssertionError(f"no month of {SEEDS_MAX} has somebody to act by hand")


def begin(stage: Stage, name: str) -> BidderMonth:
    """Let the month begin on a stage, with its front; everybody but three acts in a thread."""
    stage.enter()
    from chalicelib.periods.operators import ROLES
    from chalicelib.periods.plan_json import to_json

    roles = {PLANNER: ("planner", "approver", "cashier"), APPROVER: ("approver",), READER: ROLES}
    stage.add_operators([(person.name, person.password, held) for person, held in roles.items()])
    faces = front.start(name, stage, lasting=False)
    month, chosen = fitting()
    codes = {person.code for person in chosen}
    others = replace(
        month,
        people=tuple(person for person in month.people if person.code not in codes),
        channel_of={code: channel for code, channel in month.channel_of.items() if code not in codes},
        new_accounts={code: account for code, account in month.new_accounts.items() if code not in codes},
    )
    faults: list[str] = []

    def act() -> None:
        try:
            story = run_month(stage, others, to_json(month.plan), (PLANNER, APPROVER), print)
            faults.extend(story.faults())
        except BaseException as error:
            faults.append(f"{type(error).__name__}: {error}")
            raise

    ports = stage.ports
    at = Addresses(
        stage.api_url,
        ports.bank_url,
        ports.carrier_url,
        ports.treasury_url,
        drop_into(stage.scene),
        minsheng=ports.minsheng_url,
        alipay=ports.alipay_url,
    )
    actors = threading.Thread(target=act, name="actors", daemon=True)
    actors.start()
    return BidderMonth(month, at, faces.url, *chosen, actors, faults)
