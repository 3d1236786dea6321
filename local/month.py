"""A simulated month: the counterparties' input as real files, and a record of what was planted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet
from local.applicant_files import InputFile, applicant_files, qualification_file
from local.casting import cast
from local.conduct import DOUBTFUL, Conduct, Paying, PriceRange, draw_conduct, price_range
from local.payments import MINSHENG, Payment, make_payments
from local.people import INDIVIDUAL, UNIT, PeopleMaker, Person, make_people, seeded

CHANNEL, ALIPAY = "hangzhou", "alipay"
CHANNELS = (CHANNEL, MINSHENG, ALIPAY)
SHARE_ELSEWHERE = 0.3
# The bank's return codes for an account that is not there and one that was closed.
FAILING_CODES = ("1001", "1003")


@dataclass(frozen=True)
class Roster:
    """Who takes part: made before the plan, because quotas follow from how many they are."""

    seed: int
    people: tuple[Person, ...]
    maker: PeopleMaker


@dataclass(frozen=True)
class Month:
    """All input of a month, and what the hub is expected to make of it."""

    period: str
    seed: int
    plan: Plan = field(repr=False)
    people: tuple[Person, ...] = field(repr=False)
    conduct: Mapping[str, Conduct] = field(repr=False)
    prices: Mapping[str, PriceRange]
    bids_max: int
    deposit_fen: int
    payments: tuple[Payment, ...] = field(repr=False)
    files: tuple[InputFile, ...] = field(repr=False)
    failing_accounts: Mapping[str, str] = field(repr=False)
    new_accounts: Mapping[str, str] = field(repr=False)
    channel_of: Mapping[str, str] = field(default_factory=dict, repr=False)
    # The accounts that Minsheng can't pay to.
    failing_at_minsheng: tuple[str, ...] = field(default=(), repr=False)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that somebody pays through, in a fixed order."""
        used = {CHANNEL, *self.channel_of.values()}
        return tuple(channel for channel in CHANNELS if channel in used)

    def person(self, code: str) -> Person:
        """The bidder with an application code; ``KeyError`` where there is none."""
        return self._by_code[code]

    @cached_property
    def _by_code(self) -> dict[str, Person]:
        return {person.code: person for person in self.people}

    def credits_of(self, day: date, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """The incoming payments that belong on one bank's statement, for its simulator's ``POST /_credits``."""
        of_day = (payment for payment in self.payments if payment.statement_day == day)
        return [payment.as_credit() for payment in of_day if payment.channel == channel]

    @property
    def credit_days(self) -> tuple[date, ...]:
        """The statement days on which deposits come in."""
        return tuple(sorted({payment.statement_day for payment in self.payments}))

    def payment_of(self, code: str) -> Payment:
        """A bidder's (first) payment; ``KeyError`` where the bidder never pays."""
        for payment in self.payments:
            if payment.code == code:
                return payment
        raise KeyError(code)

    def bidders(self, **wanted: bool) -> Iterator[tuple[Person, Conduct]]:
        """The bidders whose conduct has all of these properties, such as ``qualified=True, activates=True``."""
        for person in self.people:
            conduct = self.conduct[person.code]
            if all(getattr(conduct, name) is value for name, value in wanted.items()):
                yield person, conduct

    def rolled_over_fen(self, winners: Collection[str]) -> int:
        """What stays for the next period: the deposits of those who activated, chose rollover and did not win."""
        chose = self.bidders(qualified=True, activates=True, rollover=True)
        return self.deposit_fen * sum(person.code not in winners for person, _ in chose)

    def expected(self) -> dict[str, Any]:
        """Counts by kind that the hub must arrive at before the auction."""
        kinds = Counter(payment.kind for payment in self.payments)
        return {
            "applicants": dict(sorted(Counter(person.bidder_class for person in self.people).items())),
            "bad_rows": {file.label: file.bad_rows for file in self.files if file.kind == "applicants"},
            "credits": len(self.payments),
            "credits_fen": sum(payment.amount_fen for payment in self.payments),
            "matched": sum(kinds[kind] for kind in (Paying.EXACT, Paying.OVER, Paying.DOUBLE)),
            "doubtful": {kind.value: kinds[kind] for kind in DOUBTFUL},
            "corrected": sum(1 for _ in self.bidders(corrects=True)),
            "returnable": {kind: kinds[kind] for kind in ("late", "short", "second_payment", "unknown_payer")},
            "over_paid": kinds[Paying.OVER],
            "deposits_held": sum(1 for _ in self.bidders(deposit_held=True)),
            "audit_failed": sum(1 for _ in self.bidders(audit_passed=False)),
            "qualified": sum(1 for _ in self.bidders(qualified=True)),
            "activated": sum(1 for _ in self.bidders(qualified=True, activates=True)),
            "bidders": sum(1 for _, does in self.bidders(qualified=True, activates=True) if does.bids),
            "refusals": dict(sorted(self._refusals().items())),
        }

    def _refusals(self) -> Counter[str]:
        return Counter(
            bid.expected
            for _, conduct in self.bidders(qualified=True, activates=True)
            for bid in conduct.bids
            if bid.expected
        )


def make_roster(seed: int, bidders: int) -> Roster:
    """The bidders of a month. ``local.conduct.suggest_quotas(roster.people)`` gives the plan its quotas."""
    maker = PeopleMaker(seed)
    return Roster(seed, make_people(maker, bidders), maker)


def make_month(
    roster: Roster,
    plan: Plan,
    rules: RuleSet,
    channels: tuple[str, ...] = (CHANNEL,),
    *,
    wallet_transfers: bool = True,
) -> Month:
    """Draw a month for a (compressed) plan, which must know the last average price of both classes: it sets the cap.

    ``wallet_transfers``: what reaches the wallet can send money to it, and knows one user from another. Where it can't,
    nobody pays twice by wallet, and who paid by wallet names an account at a bank for the interest.

    Call it once for a roster: the people who are not applicants are made on the way.
    """
    seed, people, maker = roster.seed, roster.people, roster.maker
    prices = {
        name: price_range(rules.reserve_fen, rules.tick_fen, rules.cap_multiple, plan.last_average_fen[name])
        for name in (INDIVIDUAL, UNIT)
    }
    conduct = draw_conduct(seed, people, prices, rules.bids_max)
    failing = _failing(seed, people, conduct)
    parts = cast(seed, people, conduct, {person.code for person in failing})
    people = tuple(replace(each, name=parts.rare_names.get(each.code, each.name)) for each in people)
    if MINSHENG in channels:
        # Of the second bank's own cards: his file goes out as two requests.
        card = maker.minsheng_card()
        people = tuple(replace(each, account_no=card) if each.code == parts.short.code else each for each in people)
    twice = (Paying.DOUBLE,) if wallet_transfers else ()
    sent = {person.code: CHANNEL for person in (*failing, parts.beside)}
    if MINSHENG in channels:
        sent |= {person.code: MINSHENG for person in (parts.gone, parts.short)}
    if ALIPAY in channels:
        sent |= {person.code: ALIPAY for person in parts.by_wallet}
    channel_of = _channels(seed, people, conduct, channels, sent=sent, to_wallet=(Paying.EXACT, *twice))
    month = with_input(Roster(seed, people, maker), plan, rules, conduct, prices, channel_of=channel_of)
    by_wallet = (person for person in people if channel_of.get(person.code) == ALIPAY)
    elsewhere = () if wallet_transfers else tuple(by_wallet)
    return replace(
        month,
        failing_accounts={person.account_no: code for person, code in zip(failing, FAILING_CODES, strict=True)},
        new_accounts={person.code: maker.account(person.bidder_class) for person in (*failing, *elsewhere)}
        | ({parts.gone.code: maker.minsheng_card()} if MINSHENG in channels else {}),
        failing_at_minsheng=(parts.gone.account_no,) if MINSHENG in channels else (),
    )


def with_input(
    roster: Roster,
    plan: Plan,
    rules: RuleSet,
    conduct: Mapping[str, Conduct],
    prices: Mapping[str, PriceRange],
    *,
    channel_of: Mapping[str, str],
) -> Month:
    """A month of these people, with what they pay and the regulator's files. Nobody's account fails in it yet."""
    seed, people, maker = roster.seed, roster.people, roster.maker
    lists, refused = applicant_files(seed, plan, people, maker)
    payments = make_payments(
        plan,
        CHANNEL,
        people,
        conduct,
        seed=seed,
        deposit_fen=rules.deposit_fen,
        maker=maker,
        refused=refused,
        channel_of=channel_of,
    )
    return Month(
        period=plan.period,
        seed=seed,
        plan=plan,
        people=people,
        conduct=conduct,
        prices=prices,
        bids_max=rules.bids_max,
        deposit_fen=rules.deposit_fen,
        payments=payments,
        files=(*lists, qualification_file(seed, plan.period, people, conduct)),
        failing_accounts={},
        new_accounts={},
        channel_of=channel_of,
    )


def _channels(
    seed: int,
    people: tuple[Person, ...],
    conduct: Mapping[str, Conduct],
    channels: tuple[str, ...],
    *,
    sent: Mapping[str, str],
    to_wallet: tuple[Paying, ...],
) -> dict[str, str]:
    """Who pays elsewhere than at the first bank. A wallet takes the exact sum from individuals in time, and knows the
    code; Minsheng's detail has whole seconds, so that nobody is late there by less."""
    rng, chosen = seeded("channels", seed), {}
    for person in people:
        how = conduct[person.code].paying
        draw = rng.random()
        if person.code in sent:
            chosen[person.code] = sent[person.code]
            continue
        if how in (Paying.NEVER, Paying.LATE):
            continue
        by_wallet = how in to_wallet and not person.is_unit
        if draw < SHARE_ELSEWHERE and MINSHENG in channels:
            chosen[person.code] = MINSHENG
        elif draw < 2 * SHARE_ELSEWHERE and ALIPAY in channels and by_wallet:
            chosen[person.code] = ALIPAY
    return chosen


def _failing(seed: int, people: tuple[Person, ...], conduct: Mapping[str, Conduct]) -> tuple[Person, Person]:
    """Two applicants whose account is gone when batch 1 comes: one who paid late, one who failed the audit."""
    rng = seeded("failing", seed)
    late = [person for person in people if conduct[person.code].paying is Paying.LATE]
    failed = [person for person in people if not conduct[person.code].audit_passed]
    return rng.choice(late), rng.choice(failed)


def write_files(month: Month, folder: Path) -> dict[str, Path]:
    """Write the regulator's files below ``folder`` and return key in the inbox -> path."""
    written = {}
    for file in month.files:
        path = folder / file.key.rsplit("/", 1)[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        written[file.key] = path
    return written
