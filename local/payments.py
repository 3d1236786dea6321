"""Deposits as they come in at the bank: matched, doubtful, late, short, double, over-paid, from unknown payers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chalicelib.periods.plan import Plan
from local.conduct import UNKNOWN_PAYER_SHARE, Conduct, Paying
from local.people import INDIVIDUAL, PeopleMaker, Person, seeded

FEN_PER_YUAN = 100
UNKNOWN_PAYER, SECOND_PAYMENT = "unknown_payer", "second_payment"
# A bank's system keeps so many characters of the code when it cuts the memo.
CODE_CUT_TO = 9
LATE_BY_MS_MAX = 400
MINSHENG, MINSHENG_SUFFIX = "minsheng", "-1"
# Where the wallet pays everybody's balance out from, as a bank states it.
PAYOUT_ACCOUNT_NO, PAYOUT_NAME = "215500690", "支付宝(中国)网络技术有限公司"


@dataclass(frozen=True)
class Payment:
    """One incoming payment. ``kind`` is what was planted; ``code`` is whose deposit it is meant to be."""

    serial: str
    statement_day: date
    booked_at_ms: int
    value_date: date
    amount_fen: int
    account: str
    name: str
    memo: str
    kind: str
    code: str
    channel: str = "hangzhou"

    def as_credit(self) -> dict[str, Any]:
        """The payment as the bank simulator takes it (``POST /_credits``)."""
        return {
            # Minsheng's detail has a sequence number behind the serial.
            "serial": self.serial.removesuffix(MINSHENG_SUFFIX),
            "booked_at_ms": self.booked_at_ms,
            "value_date": self.value_date.isoformat(),
            "amount_fen": self.amount_fen,
            "account": self.account,
            "name": self.name,
            "memo": self.memo,
        }


@dataclass(frozen=True)
class Slot:
    """What one statement covers: instants of booking (the end not included) and value dates (both ends)."""

    day: date
    from_ms: int
    to_ms: int
    first_date: date
    late_to_ms: int


def deposit_slots(plan: Plan, channel: str) -> tuple[Slot, ...]:
    """The channel's statements that carry deposits, in order. The last one takes late payments too.

    Raises ``ValueError`` where the plan has no such statement.
    """
    opens, closes = plan.at("deposits_open"), plan.at("deposits_close")
    taking = [statement for statement in plan.intake if statement.channel == channel and statement.due.at_ms > opens]
    if not taking:
        raise ValueError(f"the plan has no statement of {channel} between the opening of deposits and their summary")
    slots = []
    from_ms, first_date = opens, plan.day("deposits_open")
    for statement in taking:
        if from_ms >= closes:
            break
        to_ms = min(closes, statement.due.at_ms)
        slots.append(Slot(statement.day, from_ms, to_ms, min(first_date, statement.day), to_ms))
        from_ms, first_date = to_ms, statement.day + timedelta(days=1)
    last, its_statement = slots[-1], taking[len(slots) - 1]
    late_to_ms = min(max(its_statement.due.at_ms, closes + 2), closes + LATE_BY_MS_MAX)
    slots[-1] = Slot(last.day, last.from_ms, last.to_ms, last.first_date, late_to_ms)
    return tuple(slots)


class _Teller:
    """Books payments into slots under serials of the bank's own."""

    def __init__(self, rng: random.Random, plan: Plan, slots: tuple[Slot, ...], channel_of: Mapping[str, str]) -> None:
        self.rng, self.plan, self.slots, self.channel_of = rng, plan, slots, channel_of
        self.taken = 0

    def book(self, person: Person, amount_fen: int, memo: str, *, kind: str, code: str) -> Payment:
        self.taken += 1
        late = kind == Paying.LATE
        slot = self.slots[-1] if late else self.rng.choice(self.slots)
        # The window ends just before its closing instant: what arrives on the stroke is late.
        booked = (
            self.rng.randint(self.plan.at("deposits_close"), slot.late_to_ms)
            if late
            else self.rng.randint(slot.from_ms, slot.to_ms - 1)
        )
        value_date = slot.day if late else self._value_date(slot)
        serial = f"HZ{slot.day:%y%m%d}{self.taken:08d}"
        if self.channel_of.get(person.code) == MINSHENG:
            # Its detail knows whole seconds, and no value date but the day's.
            booked = min(-(-booked // 1_000), (slot.to_ms - 1) // 1_000) * 1_000
            serial, value_date = f"CM{serial[2:]}{MINSHENG_SUFFIX}", slot.day
        return Payment(
            serial,
            slot.day,
            booked,
            value_date,
            amount_fen,
            person.account_no,
            person.name,
            memo,
            kind,
            code,
            self.channel_of.get(person.code, "hangzhou"),
        )

    def _value_date(self, slot: Slot) -> date:
        return slot.first_date + timedelta(days=self.rng.randint(0, (slot.day - slot.first_date).days))


def make_payments(
    plan: Plan,
    channel: str,
    people: tuple[Person, ...],
    conduct: Mapping[str, Conduct],
    *,
    seed: int,
    deposit_fen: int,
    maker: PeopleMaker,
    refused: tuple[Person, ...] = (),
    channel_of: Mapping[str, str] | None = None,
) -> tuple[Payment, ...]:
    """Every incoming payment of the month, in the order of booking.

    ``refused`` are people whose row of the applicant list is bad: those who pay are unknown payers to the hub.
    ``channel_of``: who pays elsewhere than at ``channel``; who pays by wallet pays nothing here.
    """
    rng = seeded("payments", seed)
    teller = _Teller(rng, plan, deposit_slots(plan, channel), channel_of or {})
    known = {person.code for person in (*people, *refused)}
    paid: list[Payment] = []
    for person in rng.sample(people, len(people)):
        if teller.channel_of.get(person.code) == "alipay":
            continue
        paid.extend(_deposit(teller, person, conduct[person.code].paying, deposit_fen, known))
    unknown = max(1, round(UNKNOWN_PAYER_SHARE * len(people)))
    strangers = [*refused[:1], *(maker.person(INDIVIDUAL) for _ in range(unknown))][:unknown]
    for person in strangers:
        paid.append(teller.book(person, deposit_fen, f"竞价保证金{person.code}", kind=UNKNOWN_PAYER, code=""))
    return tuple(sorted(paid, key=lambda payment: (payment.statement_day, payment.booked_at_ms, payment.serial)))


def _deposit(teller: _Teller, person: Person, how: Paying, deposit_fen: int, known: set[str]) -> list[Payment]:
    if how is Paying.NEVER:
        return []
    rng, code = teller.rng, person.code
    memo = _memo(rng, how, code, known)
    if how is Paying.DOUBLE:
        both = [teller.book(person, deposit_fen, memo, kind=how, code=code) for _ in range(2)]
        first, second = sorted(both, key=lambda paid: (paid.statement_day, paid.booked_at_ms, paid.serial))
        return [first, replace(second, kind=SECOND_PAYMENT)]
    amount_fen = deposit_fen
    if how is Paying.OVER:
        amount_fen += rng.choice((1, 100, 500, 2_000)) * FEN_PER_YUAN
    if how is Paying.SHORT:
        amount_fen -= rng.choice((1, 50, 200, 1_000)) * FEN_PER_YUAN
    return [teller.book(person, amount_fen, memo, kind=how, code=code)]


def _memo(rng: random.Random, how: Paying, code: str, known: set[str]) -> str:
    if how is Paying.CODE_MISSING:
        return "小客车竞价保证金"
    if how is Paying.CODE_CUT:
        code = code[:CODE_CUT_TO]
    if how is Paying.CODE_WRONG:
        code = _mistyped(rng, code, known)
    return rng.choice(("竞价保证金", "小客车指标保证金", "保证金 ", "")) + code


def _mistyped(rng: random.Random, code: str, known: set[str]) -> str:
    """The code with one digit wrong, and nobody else's."""
    while True:
        place = rng.randrange(4, len(code))
        other = code[:place] + str((int(code[place]) + rng.randint(1, 9)) % 10) + code[place + 1 :]
        if other not in known:
            return other
