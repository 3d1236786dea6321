"""The announcement of an auction (竞价公告) as content: what it is made from, and what it is made of. Pure.

Drafted from the plan and the rule set alone, so the same plan gives the same announcement, to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.money import FEN_PER_YUAN, yuan_text
from chalicelib.periods.calendar import WorkCalendar
from chalicelib.periods.milestones import Milestone
from chalicelib.periods.plan import Plan
from chalicelib.periods.published import BROADCASTS, PUBLISHED, WEEKDAYS
from chalicelib.periods.rules import RuleSet
from chalicelib.periods.words import CLASSES

_SATURDAY = 5


@dataclass(frozen=True)
class Change:
    """What an amended announcement says otherwise than the one before."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Edition:
    """Which announcement of its period this is, from 1. ``issued_on`` is the day it was approved, ``None`` for a draft;
    ``reason`` and ``changes`` are of what takes another one's place."""

    number: int = 1
    issued_on: date | None = None
    reason: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def label(self) -> str:
        """As people name it: 第2版, or 第2版草案（待批准）."""
        return f"第{self.number}版" if self.issued_on else f"第{self.number}版草案（待批准）"


@dataclass(frozen=True)
class Announcement:
    """What an announcement is drafted from."""

    plan: Plan
    rules: RuleSet
    calendar: WorkCalendar
    edition: Edition = field(default_factory=Edition)

    @property
    def title(self) -> str:
        """杭州市小客车增量指标竞价公告."""
        return f"{self.rules.title}公告"

    @property
    def month_text(self) -> str:
        """The period: 2026年3月."""
        year, month = self.plan.period.split("-")
        return f"{year}年{int(month)}月"

    @property
    def rehearsal(self) -> bool:
        """Whether the month is a compressed one, whose instants are not of its dates."""
        return not all(each.on_its_day for each in self.plan.milestones.values())

    def moments(self) -> list[tuple[str, str, Milestone]]:
        """Every published milestone and broadcast as name, label and moment, in the order of time."""
        plan, left_out = self.plan, {BROADCASTS} if self.rules.wallets else {BROADCASTS, "alipay_closes"}
        found = [(name, label, plan.milestones[name]) for name, label in PUBLISHED.items() if name not in left_out]
        found += [(BROADCASTS, PUBLISHED[BROADCASTS], each) for each in plan.broadcasts]
        return sorted(found, key=lambda each: (each[2].date, each[2].at_ms))

    def day_mark(self, day: date) -> str:
        """休 on a day off, 班 on a weekend that is worked; nothing where the year is not announced yet."""
        try:
            worked = self.calendar.is_workday(day)
        except InvalidInput:
            return ""
        if worked:
            return "班" if day.weekday() >= _SATURDAY else ""
        return "休"

    def is_announced(self, day: date) -> bool:
        """Whether the State Council's calendar of the day's year is known."""
        try:
            self.calendar.is_workday(day)
        except InvalidInput:
            return False
        return True


@dataclass(frozen=True)
class Table:
    """A table in the announcement; every row has as many cells as there are headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    # Shares of the width, one a column.
    shares: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """A numbered part: paragraphs and tables, in their order."""

    heading: str
    blocks: tuple[str | Table, ...]


def changes_between(before: Plan, after: Plan) -> tuple[Change, ...]:
    """What bidders see change between two plans; what is the hub's own affair is left out."""
    found = [
        Change(f"{CLASSES[name]}竞价数量", f"{before.quotas[name]}个", f"{after.quotas[name]}个")
        for name in after.quotas
        if before.quotas[name] != after.quotas[name]
    ]
    found += [
        Change(label, moment_text(before.milestones[name]), moment_text(after.milestones[name]))
        for name, label in PUBLISHED.items()
        if name != BROADCASTS and before.milestones[name] != after.milestones[name]
    ]
    if before.broadcasts != after.broadcasts:
        found.append(Change(PUBLISHED[BROADCASTS], *(_moments_text(plan.broadcasts) for plan in (before, after))))
    return tuple(found)


def issue_day(plan: Plan, decided_at_ms: int) -> date:
    """The day an announcement bears: when its plan was approved, or in a compressed month when the plan was due."""
    compressed = not all(each.on_its_day for each in plan.milestones.values())
    return plan.day("plan_due") if compressed else local_date(decided_at_ms)


def day_text(day: date) -> str:
    """2026年3月25日（星期三）."""
    return f"{day.year}年{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def moment_text(milestone: Milestone) -> str:
    """2026年3月25日（星期三）09:00."""
    return f"{day_text(milestone.date)}{milestone.time_text}"


def span_text(opens: Milestone, closes: Milestone) -> str:
    """From one moment to another; a day that is the same is named once."""
    if opens.date == closes.date:
        return f"{moment_text(opens)}至{closes.time_text}"
    return f"{moment_text(opens)}至{moment_text(closes)}"


def yuan(fen: int) -> str:
    """An amount in running text: 2,000元; cents only where there are any."""
    whole, part = divmod(fen, FEN_PER_YUAN)
    return f"{whole:,}元" if not part else f"{whole:,}.{yuan_text(fen)[-2:]}元"


def _moments_text(milestones: tuple[Milestone, ...]) -> str:
    return "、".join(moment_text(each) for each in milestones) or "无"
