"""A period's plan: every instant and accounting day, the quotas, and what earlier periods left. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    order_problems,
    statement_problems,
)
from chalicelib.periods.naming import month_of
from chalicelib.periods.rules import BIDDER_CLASSES, RuleSet
from chalicelib.periods.timetable import draft_milestones, draft_statements, on_day


@dataclass(frozen=True)
class Plan:
    """A period's plan. Maps by class have ``individual`` and ``unit``; what is not known of the past is left out.

    ``last_average_fen`` is the average winning price and ``last_mean_fen`` the mean bid of the last period;
    ``lows_fen`` are earlier periods' lowest winning prices, the latest last.
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


def nominal(
    period: str,
    rules: RuleSet,
    quotas: Mapping[str, int],
    *,
    last_average_fen: Mapping[str, int],
    lows_fen: Mapping[str, tuple[int, ...]],
    last_mean_fen: Mapping[str, int],
    calendar: WorkCalendar = STATE_COUNCIL,
    dates: Mapping[str, date] | None = None,
) -> Plan:
    """Draft a plan from the rule set's timetable and the calendar; ``dates`` are the notice's own, by milestone.

    Raises ``InvalidInput``: ``PLAN_INVALID`` where the dates cannot follow each other (Spring Festival can push the
    correction deadline into the auction: the notice must then name dates), ``CALENDAR_UNKNOWN`` for a year not
    announced.
    """
    dates = dates or {}
    unknown = sorted(dates.keys() - set(MILESTONES))
    if unknown:
        raise _invalid([Problem(0, name, "", "the name of a milestone") for name in unknown])
    milestones = draft_milestones(month_of(period), rules, calendar, dates)
    auction = milestones["auction_opens"].date
    plan = Plan(
        period=period,
        city=rules.city,
        rules_version=rules.version,
        milestones=milestones,
        broadcasts=tuple(on_day(auction, minute) for minute in rules.timetable.broadcast_minutes),
        statements=draft_statements(milestones, rules, calendar),
        quotas=dict(quotas),
        last_average_fen=dict(last_average_fen),
        lows_fen=dict(lows_fen),
        last_mean_fen=dict(last_mean_fen),
    )
    check(plan)
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
    problems += order_problems(plan.milestones)
    problems += broadcast_problems(plan.milestones, plan.broadcasts)
    problems += statement_problems(plan.milestones, plan.statements)
    if not plan.intake:
        problems.append(Problem(0, "statements", "", "at least one statement due by deposits_to_notary"))
    problems += _number_problems(plan)
    if problems:
        raise _invalid(problems)


def machine_input(plan: Plan, attempt: int) -> dict[str, Any]:
    """What the period's state machine is started with: instants in UTC, as its Waits read them."""
    return {
        "period": plan.period,
        "attempt": attempt,
        "plan": {
            "at": {name: utc_text(milestone.at_ms) for name, milestone in plan.milestones.items()},
            "broadcasts": [utc_text(each.at_ms) for each in plan.broadcasts],
            "statements": [_statement_input(each) for each in plan.intake],
            "closing": [_statement_input(each) for each in plan.closing],
            "classes": list(BIDDER_CLASSES),
        },
    }


def _statement_input(statement: StatementDue) -> dict[str, str]:
    return {
        "channel": statement.channel,
        "day": statement.day.isoformat(),
        "due": utc_text(statement.due.at_ms),
    }


def _number_problems(plan: Plan) -> list[Problem]:
    problems = []
    if plan.quotas.keys() != set(BIDDER_CLASSES):
        problems.append(Problem(0, "quotas", ", ".join(plan.quotas), f"exactly {' and '.join(BIDDER_CLASSES)}"))
    numbers: dict[str, list[tuple[str, int]]] = {
        "quotas": list(plan.quotas.items()),
        "last_average_fen": list(plan.last_average_fen.items()),
        "last_mean_fen": list(plan.last_mean_fen.items()),
        "lows_fen": [(name, low) for name, lows in plan.lows_fen.items() for low in lows],
    }
    for field, entries in numbers.items():
        for name, number in entries:
            if name not in BIDDER_CLASSES or number < 0:
                problems.append(Problem(0, f"{field}.{name}", str(number), "a bidder class and a number from 0"))
    return problems


def _invalid(problems: list[Problem]) -> InvalidInput:
    fields = ", ".join(dict.fromkeys(problem.field for problem in problems[:5]))
    return InvalidInput("PLAN_INVALID", f"工作计划有 {len(problems)} 处错误: {fields}", problems=tuple(problems))
