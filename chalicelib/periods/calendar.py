"""Working days by the State Council's calendar, make-up workdays (调休) included.

``chinesecalendar`` knows the years that were announced when it was released. A later year is an error that says so,
never a guess from weekdays, until an operator enters its notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar

from chalicelib.kernel.errors import InvalidInput, Problem

_DAY = timedelta(days=1)


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


STATE_COUNCIL = WorkCalendar()
