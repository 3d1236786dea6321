"""A month as it is published: its milestones by name, in ISO 8601, and as lines that people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods.calendar import WorkCalendar
from chalicelib.periods.milestones import MILESTONES, Milestone, month_problems, order_problems
from chalicelib.periods.naming import month_of
from chalicelib.periods.plan import auction_problems
from chalicelib.periods.rules import RuleSet
from chalicelib.periods.timetable import draft_broadcasts, notice_milestones

BROADCASTS = "broadcasts"
# What is published, in its order, and what people call it.
PUBLISHED = {
    "plan_due": "工作计划公布截止",
    "applications_close": "申请截止",
    "applicants_to_notary": "申请人名单送公证处",
    "deposits_open": "保证金缴纳开始",
    "deposits_close": "保证金缴纳截止(银行)",
    "alipay_closes": "保证金缴纳截止(支付宝)",
    "corrections_close": "保证金信息更正截止",
    "deposits_to_notary": "保证金汇总送公证处",
    "activation_opens": "资格激活开始",
    "activation_closes": "资格激活截止",
    "auction_opens": "竞价开始",
    BROADCASTS: "平均报价播报",
    "auction_closes": "竞价结束",
    "settlement_opens": "成交付款开始",
    "settlement_closes": "成交付款截止",
    "refunds_1_by": "第一批退款截止",
    "refunds_2_by": "第二批退款截止",
    "failed_refunds_after": "退款失败名单公布(此后)",
}
WEEKDAYS = "一二三四五六日"
_SATURDAY = 5


@dataclass(frozen=True)
class NoticeMonth:
    """A month's published milestones and broadcasts, drafted from the rules and the calendar."""

    period: str
    milestones: Mapping[str, Milestone]
    broadcasts: tuple[Milestone, ...]

    def as_json(self) -> dict[str, Any]:
        """Exactly the keys of ``PUBLISHED``, each an instant such as ``2026-03-25T09:00:00+08:00``."""
        return {
            name: [_iso(each) for each in self.broadcasts] if name == BROADCASTS else _iso(self.milestones[name])
            for name in PUBLISHED
        }

    def lines(self, calendar: WorkCalendar) -> list[str]:
        """The month for people, in the order of time; worked weekends and days off are marked."""
        shown = [(self.milestones[name], label) for name, label in PUBLISHED.items() if name != BROADCASTS]
        shown += [(each, PUBLISHED[BROADCASTS]) for each in self.broadcasts]
        shown.sort(key=lambda each: each[0].at_ms)
        return [f"{_day_and_time(each)}  {label}{_mark(each.date, calendar)}" for each, label in shown]


def notice_month(period: str, rules: RuleSet, calendar: WorkCalendar, dates: Mapping[str, date]) -> NoticeMonth:
    """Draft a month; ``dates`` are the notice's own, by milestone.

    Raises ``InvalidInput``: ``PERIOD_INVALID``, ``CALENDAR_UNKNOWN``, or ``PLAN_INVALID`` where a name is unknown, the
    dates cannot follow each other, or the auction falls on a day off.
    """
    unknown = sorted(dates.keys() - set(MILESTONES))
    problems = [Problem(0, name, "", f"one of {', '.join(MILESTONES)}") for name in unknown]
    milestones = notice_milestones(month_of(period), rules, calendar, dates)
    problems += month_problems(period, milestones) + order_problems(milestones)
    problems += auction_problems(milestones, rules, calendar)
    if problems:
        fields = ", ".join(dict.fromkeys(problem.field for problem in problems[:5]))
        raise InvalidInput("PLAN_INVALID", f"工作计划有 {len(problems)} 处错误: {fields}", problems=tuple(problems))
    return NoticeMonth(period, milestones, draft_broadcasts(milestones["auction_opens"].date, rules))


def _iso(milestone: Milestone) -> str:
    return from_ms(milestone.at_ms).isoformat(timespec="seconds")


def _day_and_time(milestone: Milestone) -> str:
    day = milestone.date
    return f"{day.isoformat()} 星期{WEEKDAYS[day.weekday()]} {milestone.time_text}"


def _mark(day: date, calendar: WorkCalendar) -> str:
    try:
        worked = calendar.is_workday(day)
    except InvalidInput:
        return ""
    if worked:
        return "  [调休上班]" if day.weekday() >= _SATURDAY else ""
    return "  [非工作日]"
