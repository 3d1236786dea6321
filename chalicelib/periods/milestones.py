"""The milestones of a period: their names, and what must come before what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from chalicelib.kernel.clock import SHANGHAI, from_ms, local_text, to_ms
from chalicelib.kernel.errors import Problem
from chalicelib.periods.calendar import WorkCalendar
from chalicelib.periods.naming import month_of

_DAY = timedelta(days=1)
# domain.md, "A period", 1 to 15.
MILESTONES = (
    "plan_due",
    "applications_close",
    "applicants_to_notary",
    "deposits_open",
    "deposit_reminder",
    "alipay_closes",
    "deposits_close",
    "corrections_close",
    "deposits_to_notary",
    "qualification_by",
    "activation_opens",
    "activation_reminder",
    "activation_closes",
    "auction_opens",
    "auction_closes",
    "settlement_opens",
    "settlement_reminder",
    "settlement_closes",
    "refunds_1_by",
    "refunds_2_by",
    "failed_refunds_after",
    "month_end",
)

# Several lines rather than one: deposits open before applications close, and batch 1 need not wait for the settlement.
_LINES = (
    ("plan_due", "applications_close", "applicants_to_notary", "deposit_reminder", "deposits_close"),
    ("deposits_open", "deposit_reminder"),
    ("deposits_open", "alipay_closes", "deposits_close", "corrections_close", "deposits_to_notary", "qualification_by"),
    ("qualification_by", "activation_opens", "activation_reminder", "activation_closes", "auction_opens"),
    ("auction_closes", "settlement_opens", "settlement_reminder", "settlement_closes", "refunds_2_by"),
    ("auction_closes", "refunds_1_by", "refunds_2_by", "failed_refunds_after", "month_end"),
)
# What offices and people work on; the rest are deadlines by the day of the month, and banks and Alipay know no holiday.
WORKING_DAYS = (
    "applicants_to_notary",
    "corrections_close",
    "deposits_to_notary",
    "qualification_by",
    "activation_opens",
    "activation_reminder",
    "activation_closes",
    "auction_opens",
    "auction_closes",
    "settlement_opens",
    "settlement_reminder",
    "settlement_closes",
    "month_end",
)
# A holiday at the month's end can carry the auction into the next (2020-01, to 02-03), but not into the next period.
AUCTION_DAYS_LATE_MAX = 6
_WINDOWS = (
    ("deposits_open", "deposits_close"),
    ("activation_opens", "activation_closes"),
    ("auction_opens", "auction_closes"),
    ("settlement_opens", "settlement_closes"),
)


@dataclass(frozen=True)
class Milestone:
    """``at_ms`` is the instant (windows use it); ``date`` the accounting day (interest and value dates use it).

    In a compressed month the instants are seconds apart while the dates stay those of the real calendar.
    """

    at_ms: int
    date: date

    @property
    def on_its_day(self) -> bool:
        """Whether the instant lies on the accounting day; 24:00 does. In a compressed month it does not."""
        moment = from_ms(self.at_ms)
        return moment.date() == self.date or (moment.date() - self.date == _DAY and moment.time() == time.min)

    @property
    def time_text(self) -> str:
        """The time of day as a notice writes it, seconds only where there are any; the end of a day is 24:00 of that
        day, not 00:00 of the next, which reads as a day more."""
        moment = from_ms(self.at_ms)
        if moment.time() == time.min and moment.date() - self.date == _DAY:
            return "24:00"
        return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


@dataclass(frozen=True)
class StatementDue:
    """A bank's T+1 statement: the day that it is of, and when it is due."""

    channel: str
    day: date
    due: Milestone

    @property
    def ends_ms(self) -> int:
        """When the day that it is of ends: at midnight; in a compressed month, whose days are as short as they lie
        apart, when it is due."""
        if not self.due.on_its_day:
            return self.due.at_ms
        return to_ms(datetime.combine(self.day + _DAY, time.min, SHANGHAI))


def order_problems(milestones: Mapping[str, Milestone]) -> list[Problem]:
    """What is out of order among the milestones that are there."""
    problems = []
    lines = [[name for name in line if name in milestones] for line in _LINES]
    for earlier, later in dict.fromkeys(pair for line in lines for pair in pairwise(line)):
        first, second = milestones[earlier], milestones[later]
        if first.at_ms > second.at_ms or first.date > second.date:
            problems.append(Problem(0, later, _shown(second), f"not before {earlier} ({_shown(first)})"))
    for opens, closes in _WINDOWS:
        if milestones[opens].at_ms >= milestones[closes].at_ms:
            problems.append(Problem(0, closes, _shown(milestones[closes]), f"later than {opens}"))
    return problems


def month_problems(period: str, milestones: Mapping[str, Milestone]) -> list[Problem]:
    """An auction that does not belong to the month that names the period."""
    first = month_of(period)
    last = (first + timedelta(days=31)).replace(day=AUCTION_DAYS_LATE_MAX)
    return [
        Problem(0, name, _shown(milestones[name]), f"a day from {first} to {last}")
        for name in ("auction_opens", "auction_closes")
        if not first <= milestones[name].date <= last
    ]


def day_off_problems(
    milestones: Mapping[str, Milestone], names: Iterable[str], calendar: WorkCalendar
) -> list[Problem]:
    """Which of these milestones fall on a day off. Raises ``InvalidInput`` (``CALENDAR_UNKNOWN``)."""
    return [
        Problem(0, name, _shown(milestones[name]), "a working day of the State Council's calendar")
        for name in names
        if not calendar.is_workday(milestones[name].date)
    ]


def broadcast_problems(milestones: Mapping[str, Milestone], broadcasts: Iterable[Milestone]) -> list[Problem]:
    """Broadcasts that do not follow each other inside the auction's window."""
    instants = [milestones["auction_opens"].at_ms, *(each.at_ms for each in broadcasts)]
    instants.append(milestones["auction_closes"].at_ms)
    return [
        Problem(0, "broadcasts", local_text(later), f"between {local_text(earlier)} and the close of the auction")
        for earlier, later in pairwise(instants)
        if later <= earlier
    ]


def statement_problems(milestones: Mapping[str, Milestone], statements: Iterable[StatementDue]) -> list[Problem]:
    """Statements that are double, out of order, outside the period, or too late for the deposits' summary."""
    problems = []
    first, last = milestones["deposits_open"].date, milestones["month_end"].date
    by_channel: dict[str, list[StatementDue]] = {}
    for statement in statements:
        by_channel.setdefault(statement.channel, []).append(statement)
        if not first <= statement.day <= last:
            problems.append(Problem(0, "statements", str(statement.day), f"a day from {first} to {last}"))
    for channel, listed in by_channel.items():
        for earlier, later in pairwise(listed):
            if later.day <= earlier.day or later.due.at_ms < earlier.due.at_ms:
                found = f"{channel} {later.day}"
                problems.append(Problem(0, "statements", found, f"one statement a day, in order, after {earlier.day}"))
        if listed[0].due.at_ms > milestones["deposits_to_notary"].at_ms:
            problems.append(Problem(0, "statements", channel, "at least one statement due by deposits_to_notary"))
    return problems


def _shown(milestone: Milestone) -> str:
    return f"{local_text(milestone.at_ms)} of {milestone.date}"
