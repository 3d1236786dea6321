"""A year's working days: the notices that were entered, and the form to enter the State Council's next one."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

from chalicelib.console.dates import days_written
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.periods.calendar import EnteredNotice, read_notice
from chalicelib.periods.calendar_table import enter_notice, entries

_WEEKS = calendar.Calendar()


def show(ask: Ask) -> Answer:
    """Every notice there is, the latest first; for a planner the form."""
    return page(ask, "calendar.html", entries=list(reversed(entries())), drafted=None, months=[])


def draft(ask: Ask) -> Answer:
    """The year as the form says it, drawn, to be compared with the notice; nothing is kept."""
    drafted = _notice(ask)
    return page(ask, "calendar.html", entries=[], drafted=drafted, months=_months(drafted))


def enter(ask: Ask) -> Answer:
    """Keep what was looked at: plans that are drafted from now on follow it."""
    enter_notice(_notice(ask), ask.actor)
    return redirect("/console/calendar?said=kept")


def _notice(ask: Ask) -> EnteredNotice:
    form = ask.request.form
    year = int(ask.field("year", r"20\d{2}", "年份为四位数字"))
    days = {name: days_written(form.get(name, ""), year, name) for name in ("holidays", "workdays")}
    return read_notice({"year": year, "source": form.get("source", "").strip(), **days})


def _months(drafted: EnteredNotice) -> list[dict[str, Any]]:
    """A year in weeks from Monday: ``{"month", "weeks": [[{"day", "off", "named"} | None]]}``."""
    notice = drafted.notice

    def cell(day: date, month: int) -> dict[str, Any] | None:
        if day.month != month:
            return None
        named = "holiday" if day in notice.holidays else "workday" if day in notice.workdays else ""
        return {"day": day.day, "off": not notice.is_workday(day), "named": named}

    return [
        {
            "month": month,
            "weeks": [[cell(day, month) for day in week] for week in _WEEKS.monthdatescalendar(drafted.year, month)],
        }
        for month in range(1, 13)
    ]
