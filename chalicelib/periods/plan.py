"""A period's plan: every instant and accounting day, the quotas, and what earlier periods left. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chalicelib.kernel.clock import utc_text
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods.calendar import STATE_COUNCIL, WorkCalendar
from chalicelib.periods.milestones import (
    MILESTONES,
    Milestone,
    StatementDue,
    broadcast_problems,
    day_off_problems,
    month_problems,
    order_problems,
    statement_problems,
)
from chalicelib.periods.naming import month_of
from chalicelib.periods.rules import BIDDER_CLASSES, RuleSet
from chalicelib.periods.timetable import draft_broadcasts, draft_milestones, draft_statements


@dataclass(frozen=True)
class Plan:
    """A period's plan. Maps by class have ``individual`` and ``unit``; what is not known of the past is left out.

    ``last_average_fen`` is the average winning price and ``last_mean_fen`` the mean bid of the last period;
    ``lows_fen`` are earlier periods' lowest winning prices, the latest last. ``warning_fen`` is the notice's warning
    price (警示价), in a city that has one.
    """

    period: str
    city: str
    rules_version: str
    milestones: Mapping[str, Milestone]
    broadcasts: tuple[Milestone, ...]
    statements: tuple[StatementDue, ...]
    quotas: Mapping[str, int]
    last_average_fen: Mapping[str, int]
    lows_fen: Mapping[str, tuple[int, ...]]
    last_mean_fen: Mapping[str, int]
    warning_fen: Mapping[str, int] = field(default_factory=dict)

    def at(self, name: str) -> int:
        """A milestone's instant, epoch ms."""
        return self.milestones[name].at_ms

    def day(self, name: str) -> date:
        """A milestone's accounting day."""
        return self.milestones[name].date

    @property
    def intake(self) -> tuple[StatementDue, ...]:
        """The statements that deposits are booked from: due before they are summed up for the notary."""
        return tuple(each for each in self.statements if each.due.at_ms <= self.at("deposits_to_notary"))

    @property
    def closing(self) -> tuple[StatementDue, ...]:
        """The later statements, which the month is reconciled with."""
        return tuple(each for each in self.statements if each.due.at_ms > self.at("deposits_to_notary"))

    @property
    def daily(self) -> tuple[StatementDue, ...]:
        """Those of the later ones that fall due before the month is closed: they are taken in on their day."""
        return tuple(each for each in self.closing if each.due.at_ms < self.at("month_end"))

    def short_day(self, channel: str, day: date) -> tuple[int, int] | None:
        """From when until when (epoch ms) a day of a compressed month is, for the channel that states it; ``None`` for
        a day as the calendar has it. It begins where the last one stated ended, on whole seconds: some book in them."""
        from_ms = 0
        for each in self.statements:
            if each.channel == channel and not each.due.on_its_day:
                to_ms = each.ends_ms // 1_000 * 1_000
                if each.day == day:
                    return from_ms, to_ms
                from_ms = to_ms
        return None


def nominal(
    period: str,
    rules: RuleSet,
    quotas: Mapping[str, int],
    *,
    last_average_fen: Mapping[str, int],
    lows_fen: Mapping[str, tuple[int, ...]],
    last_mean_fen: Mapping[str, int],
    warning_fen: Mapping[str, int] | None = None,
    calendar: WorkCalendar = STATE_COUNCIL,
    dates: Mapping[str, date] | None = None,
) -> Plan:
    """Draft a plan from the rule set's timetable and the calendar; ``dates`` are the notice's own, by milestone.

    Raises ``InvalidInput``: ``PLAN_INVALID`` where the dates cannot follow each other, ``CALENDAR_UNKNOWN`` for a year
    not announced.
    """
    dates = dates or {}
    unknown = sorted(dates.keys() - set(MILESTONES))
    if unknown:
        raise _invalid([Problem(0, name, "", "the name of a milestone") for name in unknown])
    milestones = draft_milestones(month_of(period), rules, calendar, dates)
    plan = Plan(
        period=period,
        city=rules.city,
        rules_version=rules.version,
        milestones=milestones,
        broadcasts=draft_broadcasts(milestones["auction_opens"].date, rules),
        statements=draft_statements(milestones, rules, calendar),
        quotas=dict(quotas),
        last_average_fen=dict(last_average_fen),
        lows_fen=dict(lows_fen),
        last_mean_fen=dict(last_mean_fen),
        warning_fen=dict(warning_fen or {}),
    )
    check(plan)
    check_against(plan, rules, calendar)
    return plan


def compress(plan: Plan, offsets_ms: Mapping[str, int], start_ms: int) -> Plan:
    """The same month with other instants, ``start_ms`` + offset each; dates stay, so money counts the same days.

    ``offsets_ms`` names every milestone, ``broadcast-1`` and so on, and the statements that are kept, such as
    ``statement-hangzhou-2026-03-10``: in a short month one statement stands for the days since the one before. Raises
    ``InvalidInput`` (``PLAN_INVALID``) where a name is missing or unknown, or the order does not hold.
    """
    broadcasts = {f"broadcast-{number}": each for number, each in enumerate(plan.broadcasts, start=1)}
    statements = {f"statement-{each.channel}-{each.day}": each for each in plan.statements}
    needed = {*plan.milestones, *broadcasts}
    problems = [Problem(0, name, "", "an offset in ms") for name in sorted(needed - offsets_ms.keys())]
    unknown = sorted(offsets_ms.keys() - needed - statements.keys())
    problems += [Problem(0, name, str(offsets_ms[name]), "a name that the plan has") for name in unknown]
    if problems:
        raise _invalid(problems)

    def moved(name: str, milestone: Milestone) -> Milestone:
        return Milestone(start_ms + offsets_ms[name], milestone.date)

    made = replace(
        plan,
        milestones={name: moved(name, milestone) for name, milestone in plan.milestones.items()},
        broadcasts=tuple(moved(name, milestone) for name, milestone in broadcasts.items()),
        statements=tuple(
            replace(each, due=moved(name, each.due)) for name, each in statements.items() if name in offsets_ms
        ),
    )
    check(made)
    return made


def check(plan: Plan) -> None:
    """Hold a plan to its invariants. Raises ``InvalidInput`` (``PLAN_INVALID``) with everything that is wrong."""
    month_of(plan.period)
    missing = [Problem(0, name, "", "a milestone of this name") for name in MILESTONES if name not in plan.milestones]
    if missing:
        raise _invalid(missing)
    unknown = sorted(plan.milestones.keys() - set(MILESTONES))
    problems = [Problem(0, name, "", "the name of a milestone") for name in unknown]
    problems += month_problems(plan.period, plan.milestones)
    problems += order_problems(plan.milestones)
    problems += broadcast_problems(plan.milestones, plan.broadcasts)
    problems += statement_problems(plan.milestones, plan.statements)
    if not plan.intake:
        problems.append(Problem(0, "statements", "", "at least one statement due by deposits_to_notary"))
    problems += _number_problems(plan)
    if problems:
        raise _invalid(problems)


def check_against(plan: Plan, rules: RuleSet, calendar: WorkCalendar) -> None:
    """Hold a plan to its city's rules and the calendar. Raises ``InvalidInput``: ``PLAN_INVALID`` with everything that
    is wrong, ``CALENDAR_UNKNOWN`` for an auction in a year not announced.
    """
    problems = auction_problems(plan.milestones, rules, calendar)
    channels = {each.channel for each in plan.intake}
    # Without its statement a bank's deposits are never booked; one of no known bank is awaited for ever.
    if channels != set(rules.ways) or any(each.channel not in rules.ways for each in plan.statements):
        found = ", ".join(sorted({each.channel for each in plan.statements}))
        remedy = f"by deposits_to_notary at least one of each of {', '.join(rules.ways)}, and of no other"
        problems.append(Problem(0, "statements", found[:80], remedy))
    warned = set(BIDDER_CLASSES) if rules.has_warning_price else set()
    if plan.warning_fen.keys() != warned:
        remedy = "the notice's warning price of each class" if warned else f"none: {rules.city} has no warning price"
        problems.append(Problem(0, "warning_fen", ", ".join(plan.warning_fen), remedy))
    for name, price in plan.warning_fen.items():
        if price < rules.reserve_fen or price % rules.tick_fen:
            problems.append(
                Problem(0, f"warning_fen.{name}", str(price), "at least the reserve, a multiple of the tick")
            )
    if problems:
        raise _invalid(problems)


def auction_problems(milestones: Mapping[str, Milestone], rules: RuleSet, calendar: WorkCalendar) -> list[Problem]:
    """An auction on a day off, unless the city holds its auctions on such days. Raises ``CALENDAR_UNKNOWN``."""
    names = ("auction_opens", "auction_closes") if rules.timetable.auction_on_workday else ()
    return day_off_problems(milestones, names, calendar)


def machine_input(plan: Plan, attempt: int) -> dict[str, Any]:
    """What the period's state machine is started with: instants in UTC, as its Waits read them."""
    return {
        "period": plan.period,
        "attempt": attempt,
        "plan": {
            "at": {name: utc_text(milestone.at_ms) for name, milestone in plan.milestones.items()},
            "broadcasts": [utc_text(each.at_ms) for each in plan.broadcasts],
            "statements": _by_channel(plan.intake),
            "daily": _by_channel(plan.daily),
            "closing": _by_channel(plan.closing),
            "classes": list(BIDDER_CLASSES),
        },
    }


def _by_channel(statements: tuple[StatementDue, ...]) -> list[list[dict[str, str]]]:
    """A list for each channel: one that is silent keeps no other waiting."""
    channels = dict.fromkeys(each.channel for each in statements)
    return [[_statement_input(each) for each in statements if each.channel == channel] for channel in channels]


def _statement_input(statement: StatementDue) -> dict[str, str]:
    return {
        "channel": statement.channel,
        "day": statement.day.isoformat(),
        # The folder that the bank drops it into: an account's statements are no period's own.
        "month": f"{statement.day:%Y-%m}",
        "due": utc_text(statement.due.at_ms),
    }


def _number_problems(plan: Plan) -> list[Problem]:
    problems = []
    if plan.quotas.keys() != set(BIDDER_CLASSES):
        problems.append(Problem(0, "quotas", ", ".join(plan.quotas), f"exactly {' and '.join(BIDDER_CLASSES)}"))
    elif not any(plan.quotas.values()):
        problems.append(
            Problem(0, "quotas", "0", "a quota above 0 for at least one class: there is nothing to auction")
        )
    numbers: dict[str, list[tuple[str, int]]] = {
        "quotas": list(plan.quotas.items()),
        "last_average_fen": list(plan.last_average_fen.items()),
        "last_mean_fen": list(plan.last_mean_fen.items()),
        "warning_fen": list(plan.warning_fen.items()),
        "lows_fen": [(name, low) for name, lows in plan.lows_fen.items() for low in lows],
    }
    for key, entries in numbers.items():
        for name, number in entries:
            if name not in BIDDER_CLASSES or number < 0:
                problems.append(Problem(0, f"{key}.{name}", str(number), "a bidder class and a number from 0"))
    return problems


def _invalid(problems: list[Problem]) -> InvalidInput:
    fields = ", ".join(dict.fromkeys(problem.field for problem in problems[:5]))
    return InvalidInput("PLAN_INVALID", f"工作计划有 {len(problems)} 处错误: {fields}", problems=tuple(problems))
