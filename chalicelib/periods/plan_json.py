"""A plan as JSON: how it is posted, kept and shown. Instants are Asia/Shanghai, amounts fen.

``{"period", "city", "rules_version", "milestones": {name: {"at": "2026-03-08T17:00:00.000", "date": "2026-03-08"}},
"broadcasts": [{"at", "date"}], "statements": [{"channel", "day", "due": {"at", "date"}}], "quotas": {class: n},
"last_average_fen": {class: fen}, "lows_fen": {class: [fen]}, "last_mean_fen": {class: fen}}``, and
``"warning_fen": {class: fen}`` where the city has a warning price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from chalicelib.kernel.clock import at_shanghai, local_text
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods.amendment import Wanted
from chalicelib.periods.calendar import WorkCalendar
from chalicelib.periods.milestones import MILESTONES, Milestone, StatementDue
from chalicelib.periods.plan import Plan, check, nominal
from chalicelib.periods.rules import RuleSet

# Nothing in a plan comes near these; a body beyond them is not a plan.
_ENTRIES_MAX = 500
_NUMBER_MAX = 10**13
_NUMBERS = ("quotas", "last_average_fen", "lows_fen", "last_mean_fen", "warning_fen")
_DRAFT_FIELDS = ("period", "city", *_NUMBERS, "dates")
_PLAN_FIELDS = ("period", "city", "rules_version", "milestones", "broadcasts", "statements", *_NUMBERS)
_AMENDMENT_FIELDS = ("reason", "milestones", "broadcasts", "statements")
_REASON_CHARACTERS_MAX = 500


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON content; ``from_json`` reads it back equal."""
    content: dict[str, Any] = {
        "period": plan.period,
        "city": plan.city,
        "rules_version": plan.rules_version,
        "milestones": {name: _shown(milestone) for name, milestone in plan.milestones.items()},
        "broadcasts": [_shown(milestone) for milestone in plan.broadcasts],
        "statements": [
            {"channel": each.channel, "day": each.day.isoformat(), "due": _shown(each.due)} for each in plan.statements
        ],
        "quotas": dict(plan.quotas),
        "last_average_fen": dict(plan.last_average_fen),
        "lows_fen": {name: list(lows) for name, lows in plan.lows_fen.items()},
        "last_mean_fen": dict(plan.last_mean_fen),
    }
    # Left out where there is none: a plan is named by its digest, and most cities know no such price.
    if plan.warning_fen:
        content["warning_fen"] = dict(plan.warning_fen)
    return content


def from_json(content: Any) -> Plan:
    """Read a plan and hold it to its invariants. Raises ``InvalidInput`` (``PLAN_INVALID``) naming what is wrong."""
    body = _table(content, "plan")
    _only(body, _PLAN_FIELDS)
    plan = Plan(
        period=_text(body, "period"),
        city=_text(body, "city"),
        rules_version=_text(body, "rules_version"),
        milestones=_milestones(body.get("milestones")),
        broadcasts=_broadcasts(body.get("broadcasts")),
        statements=_statements(body.get("statements")),
        **numbers(body),
    )
    check(plan)
    return plan


def numbers(body: Mapping[str, Any]) -> dict[str, Any]:
    """The plan's numbers by class, as ``Plan`` and ``nominal`` take them. Raises ``PLAN_INVALID`` naming a fault."""
    return {
        "quotas": _numbers(body, "quotas"),
        "last_average_fen": _numbers(body, "last_average_fen"),
        "lows_fen": {
            name: tuple(_number(low, f"lows_fen.{name}") for low in _list(lows, f"lows_fen.{name}"))
            for name, lows in _table(body.get("lows_fen", {}), "lows_fen").items()
        },
        "last_mean_fen": _numbers(body, "last_mean_fen"),
        "warning_fen": _numbers(body, "warning_fen"),
    }


def draft_from_json(content: Any, rules_of: Callable[[str], RuleSet], calendar: WorkCalendar) -> Plan:
    """Draft a plan from ``{"period", "city", "quotas", ...numbers, "dates": {milestone: "2026-03-25"}}``.

    Raises what ``rules_of`` and ``nominal`` raise, and ``InvalidInput`` (``PLAN_INVALID``) naming a wrong field.
    """
    body = _table(content, "draft")
    _only(body, _DRAFT_FIELDS)
    dates = {name: _day(each, f"dates.{name}") for name, each in _table(body.get("dates", {}), "dates").items()}
    rules = rules_of(_text(body, "city"))
    return nominal(_text(body, "period"), rules, **numbers(body), calendar=calendar, dates=dates)


def wanted_from_json(content: Any) -> Wanted:
    """Read what an amendment moves: ``{"reason", "milestones": {name: {"at", "date"}}, "broadcasts"?, "statements"?}``.

    Raises ``InvalidInput`` (``PLAN_INVALID``) naming a wrong field.
    """
    body = _table(content, "amendment")
    _only(body, _AMENDMENT_FIELDS)
    reason = _text(body, "reason").strip()
    if not reason or len(reason) > _REASON_CHARACTERS_MAX:
        raise _wrong("reason", None, f"why, in 1 to {_REASON_CHARACTERS_MAX} characters")
    return Wanted(
        reason,
        _milestones(body.get("milestones", {})),
        _broadcasts(body["broadcasts"]) if "broadcasts" in body else None,
        _statements(body["statements"]) if "statements" in body else None,
    )


def _only(body: Mapping[str, Any], names: Sequence[str], path: str = "") -> None:
    """A key that is none of these is a mistake: what it was meant for would be left out in silence."""
    unknown = sorted(str(name)[:40] for name in body.keys() - set(names))
    if unknown:
        remedy = f"one of {', '.join(names)}"
        problems = tuple(Problem(0, f"{path}{name}", "", remedy) for name in unknown)
        raise InvalidInput("PLAN_INVALID", f"工作计划中有不认识的字段: {', '.join(unknown)}", problems=problems)


def _shown(milestone: Milestone) -> dict[str, str]:
    return {"at": local_text(milestone.at_ms), "date": milestone.date.isoformat()}


def _wrong(field: str, found: object, remedy: str) -> InvalidInput:
    problem = Problem(0, field, "" if found is None else str(found)[:80], remedy)
    return InvalidInput("PLAN_INVALID", f"工作计划的字段不正确: {field}", problems=(problem,))


def _table(found: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(found, dict) or len(found) > _ENTRIES_MAX:
        raise _wrong(field, None, "an object")
    return found


def _list(found: Any, field: str) -> list[Any]:
    if not isinstance(found, list) or len(found) > _ENTRIES_MAX:
        raise _wrong(field, None, f"a list of at most {_ENTRIES_MAX}")
    return found


def _text(table: Mapping[str, Any], field: str) -> str:
    found = table.get(field)
    if not isinstance(found, str) or not found:
        raise _wrong(field, found, "a text")
    return found


def _number(found: Any, field: str) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _NUMBER_MAX:
        raise _wrong(field, found, "a whole number from 0")
    return found


def _numbers(body: Mapping[str, Any], field: str) -> dict[str, int]:
    return {name: _number(each, f"{field}.{name}") for name, each in _table(body.get(field, {}), field).items()}


def _day(found: Any, field: str) -> date:
    try:
        return date.fromisoformat(found)
    except (TypeError, ValueError) as error:
        raise _wrong(field, found, "a date such as 2026-03-25") from error


def _milestones(found: Any) -> dict[str, Milestone]:
    listed = _table(found, "milestones")
    _only(listed, MILESTONES, "milestones.")
    return {name: _milestone(each, f"milestones.{name}") for name, each in listed.items()}


def _broadcasts(found: Any) -> tuple[Milestone, ...]:
    listed = _list(found, "broadcasts")
    return tuple(_milestone(each, f"broadcasts[{place}]") for place, each in enumerate(listed))


def _statements(found: Any) -> tuple[StatementDue, ...]:
    listed = _list(found, "statements")
    return tuple(_statement(each, f"statements[{place}]") for place, each in enumerate(listed))


def _milestone(found: Any, field: str) -> Milestone:
    table = _table(found, field)
    _only(table, ("at", "date"), f"{field}.")
    try:
        at_ms = at_shanghai(table.get("at", ""))
    except (TypeError, ValueError) as error:
        raise _wrong(f"{field}.at", table.get("at"), "a local date and time such as 2026-03-25T09:00:00.000") from error
    return Milestone(at_ms, _day(table.get("date"), f"{field}.date"))


def _statement(found: Any, field: str) -> StatementDue:
    table = _table(found, field)
    _only(table, ("channel", "day", "due"), f"{field}.")
    day = _day(table.get("day"), f"{field}.day")
    return StatementDue(_text(table, "channel"), day, _milestone(table.get("due"), f"{field}.due"))
