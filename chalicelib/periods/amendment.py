"""What may still change in a plan that machines run by, and how often they look at it again. Pure.

A machine never waits past its next look, so an approved amendment is seen by all of them within one look. Whatever
moves has to be two looks ahead, before and after: then no machine can have woken by the old time, nor miss the new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.clock import local_text, utc_text
from chalicelib.kernel.errors import Problem
from chalicelib.periods.milestones import Milestone, StatementDue
from chalicelib.periods.plan import Plan

# A thousandth of the period, an hour of a real month: a look is 11 events, so the looks of a whole period stay below
# half of the 25,000 that one execution's history may hold.
LOOKS_A_PERIOD = 1_000
LOOK_AGAIN_MS_MIN = 10_000
_LOOKS_AHEAD = 2

# What is out of the hub's hands once a milestone has passed, and why it stays as it is.
_SETTLED_BY: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("auction_opens", ("auction_closes", "broadcasts"), "as it is: the signed window is open, and bids are held to it"),
    ("auction_closes", ("settlement_closes",), "as it is: winners' payment notices bear this deadline at the treasury"),
    ("deposits_open", ("intake",), "as they are: statements are awaited one after the other since deposits opened"),
)


@dataclass(frozen=True)
class Wanted:
    """What an operator wants to move. ``None`` stays, but statements follow the dates where the calendar made them."""

    reason: str
    milestones: Mapping[str, Milestone]
    broadcasts: tuple[Milestone, ...] | None = None
    statements: tuple[StatementDue, ...] | None = None


def look_again_ms(plan: Plan) -> int:
    """How long a machine waits at most before it looks at the plan again."""
    instants = [milestone.at_ms for milestone in plan.milestones.values()]
    return max(LOOK_AGAIN_MS_MIN, (max(instants) - min(instants)) // LOOKS_A_PERIOD)


def lead_ms(plan: Plan) -> int:
    """How far ahead a milestone must be to be moved."""
    return _LOOKS_AHEAD * look_again_ms(plan)


def look(plan: Plan, milestone: str, now_ms: int) -> dict[str, Any]:
    """``{"due", "until"}``: whether a milestone is due, and until when to wait before looking again."""
    at_ms = plan.at(milestone)
    return {"due": now_ms >= at_ms, "until": utc_text(min(at_ms, now_ms + look_again_ms(plan)))}


def changes(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> list[dict[str, Any]]:
    """What differs between two plans as JSON: ``[{"field": "milestones.auction_opens", "before", "after"}]``."""
    found: list[dict[str, Any]] = []
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        nested = not path and isinstance(old, dict) and isinstance(new, dict)
        if nested:
            found += changes(old or {}, new or {}, f"{name}.")
        else:
            found.append({"field": f"{path}{name}", "before": old, "after": new})
    return found


def amendment_problems(standing: Plan, amended: Plan, reached: Collection[str], now_ms: int) -> list[Problem]:
    """Why an amendment cannot be, at ``now_ms``; ``reached`` are the milestones that machines have reached."""
    earliest_ms = now_ms + lead_ms(standing)

    def passed(name: str) -> bool:
        return name in reached or standing.at(name) <= earliest_ms

    problems = []
    for name, old in standing.milestones.items():
        new = amended.milestones[name]
        if new == old:
            continue
        if passed(name):
            remedy = f"as it is: {local_text(old.at_ms)} has passed or is too near (before {local_text(earliest_ms)})"
            problems.append(Problem(0, f"milestones.{name}", local_text(new.at_ms), remedy))
        elif new.at_ms <= earliest_ms:
            remedy = f"after {local_text(earliest_ms)}, so that every running machine has seen it"
            problems.append(Problem(0, f"milestones.{name}", local_text(new.at_ms), remedy))
    moved = {name for name, old in standing.milestones.items() if amended.milestones[name] != old}
    moved |= {"broadcasts"} if amended.broadcasts != standing.broadcasts else set()
    moved |= {"intake"} if amended.intake != standing.intake else set()
    for milestone, settled, remedy in _SETTLED_BY:
        problems += [Problem(0, name, "", remedy) for name in settled if name in moved and passed(milestone)]
    if amended.closing != standing.closing and passed("month_end"):
        problems.append(Problem(0, "statements", "", "as they are: the month is being closed"))
    return problems
