"""Working days by the State Council's calendar, make-up workdays (调休) included.

``chinesecalendar`` knows the years that were announced when it was released. A later year is an error that says so,
never a guess from weekdays, until an operator enters its notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import chinese_calendar

from chalicelib.kernel.errors import InvalidInput, Problem

_DAY = timedelta(days=1)
_SATURDAY = 5
_SOURCE_CHARACTERS_MAX = 200
# Off by regulation in any year: a notice without them was not entered in full.
_ALWAYS_OFF = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
_NOTICE_FIELDS = ("year", "holidays", "workdays", "source")


@dataclass(frozen=True)
class YearNotice:
    """A year's notice as an operator enters it: days off, and Saturdays and Sundays that are worked."""

    holidays: frozenset[date]
    workdays: frozenset[date]

    def is_workday(self, day: date) -> bool:
        """Whether a day of this year is worked."""
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)


@dataclass(frozen=True)
class WorkCalendar:
    """Working days; ``entered`` holds the notices of years that the library does not know yet."""

    entered: Mapping[int, YearNotice] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Whether a day is worked. Raises ``InvalidInput`` (``CALENDAR_UNKNOWN``) for a year not announced yet."""
        if day.year in self.entered:
            return self.entered[day.year].is_workday(day)
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError as error:
            remedy = "enter the State Council's notice of that year, or give the date itself"
            problem = Problem(0, "year", str(day.year), remedy)
            message = f"{day.year} 年的放假安排尚未公布或未录入,无法推算工作日"
            raise InvalidInput("CALENDAR_UNKNOWN", message, problems=(problem,)) from error

    def on_or_after(self, day: date) -> date:
        """The day itself where it is worked, otherwise the next that is."""
        while not self.is_workday(day):
            day += _DAY
        return day

    def after(self, day: date, count: int = 1) -> date:
        """The ``count``-th working day after a day."""
        for _ in range(count):
            day = self.on_or_after(day + _DAY)
        return day

    def before(self, day: date, count: int = 1) -> date:
        """The ``count``-th working day before a day."""
        for _ in range(count):
            day -= _DAY
            while not self.is_workday(day):
                day -= _DAY
        return day


@dataclass(frozen=True)
class EnteredNotice:
    """A year's notice with the number of the document that it was taken from."""

    year: int
    notice: YearNotice
    source: str

    def as_dict(self) -> dict[str, Any]:
        """The notice as JSON; ``read_notice`` reads it back equal."""
        return {
            "year": self.year,
            "holidays": sorted(day.isoformat() for day in self.notice.holidays),
            "workdays": sorted(day.isoformat() for day in self.notice.workdays),
            "source": self.source,
        }


def read_notice(content: Any) -> EnteredNotice:
    """Read a year's notice: ``{"year": 2027, "holidays": ["2027-01-01", ...], "workdays": [...], "source": "..."}``.

    ``holidays`` are all days off that the notice names, ``workdays`` the Saturdays and Sundays that make up for them.
    Raises ``InvalidInput`` (``CALENDAR_INVALID``) with everything that is wrong.
    """
    if not isinstance(content, dict):
        raise _invalid([Problem(0, "body", "", f"an object with {', '.join(_NOTICE_FIELDS)}")])
    problems = [
        Problem(0, str(name)[:40], "", f"one of {', '.join(_NOTICE_FIELDS)}")
        for name in content
        if name not in _NOTICE_FIELDS
    ]
    year = content.get("year")
    if isinstance(year, bool) or not isinstance(year, int) or not 2004 <= year <= 2099:
        raise _invalid([*problems, Problem(0, "year", str(year)[:40], "a year from 2004 to 2099")])
    source = content.get("source")
    if not isinstance(source, str) or not source.strip() or len(source) > _SOURCE_CHARACTERS_MAX:
        remedy = f"the notice's number or address, at most {_SOURCE_CHARACTERS_MAX} characters"
        problems.append(Problem(0, "source", "", remedy))
    holidays = _days(content.get("holidays"), "holidays", year, problems)
    workdays = _days(content.get("workdays"), "workdays", year, problems)
    for day in (date(year, month, number) for month, number in _ALWAYS_OFF):
        if day not in holidays:
            problems.append(Problem(0, "holidays", day.isoformat(), "this day too: it is off in every year"))
    for day in sorted(workdays):
        if day.weekday() < _SATURDAY or day in holidays:
            problems.append(Problem(0, "workdays", day.isoformat(), "a Saturday or Sunday that is not a holiday"))
    if problems:
        raise _invalid(problems)
    return EnteredNotice(year, YearNotice(holidays, workdays), str(source))


def calendar_of(notices: Iterable[EnteredNotice]) -> WorkCalendar:
    """The calendar with these notices; of one year the last counts."""
    return WorkCalendar({each.year: each.notice for each in notices})


def _days(found: Any, name: str, year: int, problems: list[Problem]) -> frozenset[date]:
    if not isinstance(found, list) or len(found) > 366:
        problems.append(Problem(0, name, "", "a list of dates such as 2027-01-01"))
        return frozenset()
    days = []
    for entry in found:
        try:
            day = date.fromisoformat(entry)
        except (TypeError, ValueError):
            problems.append(Problem(0, name, str(entry)[:40], "a date such as 2027-01-01"))
            continue
        if day.year != year or day in days:
            problems.append(Problem(0, name, day.isoformat(), f"a day of {year}, each once"))
        days.append(day)
    return frozenset(days)


def _invalid(problems: list[Problem]) -> InvalidInput:
    fields = ", ".join(dict.fromkeys(problem.field for problem in problems[:5]))
    return InvalidInput("CALENDAR_INVALID", f"放假安排有 {len(problems)} 处错误: {fields}", problems=tuple(problems))


STATE_COUNCIL = WorkCalendar()
