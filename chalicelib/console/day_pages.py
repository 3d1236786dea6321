"""The day: where the period stands, what comes next, and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import outside, page
from chalicelib.console.web import Answer, redirect
from chalicelib.periods.approvals import Approval, waiting
from chalicelib.periods.listing import listed_periods
from chalicelib.periods.plan import Plan
from chalicelib.periods.problems import list_problems
from chalicelib.periods.reaching import MARKED, reached
from chalicelib.periods.records import find_period

PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class Step:
    """A milestone on the day's page. ``state``: ``done``, ``next``, ``later``, ``due`` (past and undone), or
    ``past``, where nothing is marked as done."""

    name: str
    at_ms: int
    date: str
    reached_ms: int
    state: str


def latest(ask: Ask) -> Answer:
    """Go on to the latest period."""
    periods = listed_periods()
    if not periods:
        return outside("refused.html", status=404, message="还没有任何一期：请先由计划人员提交工作计划")
    del ask
    return redirect(f"/console/{periods[0]}")


def show(ask: Ask) -> Answer:
    """The day view of a period."""
    period = find_period(ask.period)
    waits = waiting(ask.period)
    mine = [each for each in waits if may_decide(ask, each)]
    problems = list_problems(ask.period)
    return page(
        ask,
        "day.html",
        found=period,
        steps=steps(period.plan, reached(ask.period), ask.now_ms),
        mine=mine,
        others=[each for each in waits if each not in mine],
        problems=problems[:PROBLEMS_SHOWN],
        problem_count=len(problems),
    )


def steps(plan: Plan, done: dict[str, int], now_ms: int) -> list[Step]:
    """The plan's milestones in the order of time, each with where it stands."""
    listed = sorted(plan.milestones.items(), key=lambda each: each[1].at_ms)
    coming = next((name for name, milestone in listed if name not in done and milestone.at_ms > now_ms), "")
    return [
        Step(name, milestone.at_ms, milestone.date.isoformat(), done.get(name, 0), state)
        for name, milestone in listed
        for state in ["done" if name in done else "next" if name == coming else _waiting(name, milestone.at_ms, now_ms)]
    ]


def may_decide(ask: Ask, approval: Approval) -> bool:
    """Whether this operator may give the word on something: an approver, and not the one who made it."""
    return ask.may("approver") and approval.made_by != ask.operator.name


def _waiting(name: str, at_ms: int, now_ms: int) -> str:
    if at_ms > now_ms:
        return "later"
    return "due" if name in MARKED else "past"
