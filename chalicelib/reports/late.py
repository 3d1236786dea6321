"""Draw up a closed month again: what came after its seal becomes a numbered amendment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.machines import Machines
from chalicelib.periods.audit import Act, Actor, note_alone
from chalicelib.periods.records import PeriodState, find_period

MACHINE = "month_end"
_MINUTE_MS = 60_000
_DAYS_MAX = 31
_CHANNEL = re.compile(r"[a-z]{2,20}", re.ASCII)


def draw_up_again(period: str, statements: list[tuple[str, date]], machines: Machines, actor: Actor) -> None:
    """Start the month-end machine of a finished period once more, at most once a minute.

    ``statements``: channel and day of the bank statements to take in first, those that show what came late. Where
    nothing is different from what was sealed, nothing is written. Raises ``Conflict`` (``MONTH_OPEN``) while the
    period's own machine has not come to its end: that one closes the month.
    """
    if find_period(period).state is not PeriodState.FINISHED:
        raise Conflict("MONTH_OPEN", f"本期尚未结账,不能更正: {period}")
    minute = actor.at_ms // _MINUTE_MS
    shown = [f"{channel} {day}" for channel, day in statements]
    note_alone(actor, Act("month.again", f"{period}/{minute}", {}, {"statements": shown}))
    # The minute stands for the attempt, so that a statement of a day that was read before can be read once more.
    given = {"period": period, "attempt": minute, "plan": {"closing": _by_channel(statements)}}
    machines.start(MACHINE, f"{period}-again-{minute}", given)


def statements_asked(body: dict[str, Any]) -> list[tuple[str, date]]:
    """``{statements?: [{channel, day}]}`` -> channel and day of each. Raises ``InvalidInput`` (``STATEMENTS_INVALID``)
    naming the entry, counted from 1."""
    given = body.get("statements", [])
    if not isinstance(given, list) or len(given) > _DAYS_MAX:
        raise _invalid([Problem(0, "statements", "", f"a list of {{channel, day}}, at most {_DAYS_MAX}")])
    found, problems = [], []
    for line, each in enumerate(given, start=1):
        channel, day = (each.get("channel"), each.get("day")) if isinstance(each, dict) else (None, None)
        on = _day(day)
        if not isinstance(channel, str) or _CHANNEL.fullmatch(channel) is None:
            problems.append(Problem(line, "channel", str(channel)[:20], "a channel of the plan, such as hangzhou"))
        elif on is None:
            problems.append(Problem(line, "day", str(day)[:20], "a day such as 2026-04-20"))
        else:
            found.append((channel, on))
    if problems:
        raise _invalid(problems)
    return found


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _by_channel(statements: Iterable[tuple[str, date]]) -> list[list[dict[str, str]]]:
    """As the period's machine hands them over: a list for each channel, its days in order."""
    days: dict[str, set[date]] = {}
    for channel, day in statements:
        days.setdefault(channel, set()).add(day)
    return [
        [{"channel": channel, "day": day.isoformat(), "month": f"{day:%Y-%m}"} for day in sorted(days[channel])]
        for channel in days
    ]


def _invalid(problems: list[Problem]) -> InvalidInput:
    return InvalidInput("STATEMENTS_INVALID", "对账单日期格式不正确", problems=tuple(problems))
