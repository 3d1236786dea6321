"""A month's default dates, computed from the rule set and the working-day calendar (domain.md, "A period"). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from chalicelib.kernel.clock import SHANGHAI, to_ms
from chalicelib.periods.calendar import WorkCalendar
from chalicelib.periods.milestones import Milestone, StatementDue
from chalicelib.periods.rules import MonthTime, RuleSet

_DAY = timedelta(days=1)
_MS_PER_MINUTE = 60_000


def on_day(day: date, minute: int) -> Milestone:
    """The milestone at a minute of a day; 1,440 is the day's end, and still belongs to it."""
    midnight = to_ms(datetime.combine(day, time.min, SHANGHAI))
    return Milestone(midnight + minute * _MS_PER_MINUTE, day)


def draft_milestones(
    month: date, rules: RuleSet, calendar: WorkCalendar, dates: Mapping[str, date]
) -> dict[str, Milestone]:
    """Every milestone of the period that ``month`` (its first day) stands for: the notice's, and the month's end.

    ``dates`` are the notice's own, by milestone; what the calendar derives from a date follows it. Raises
    ``InvalidInput`` (``CALENDAR_UNKNOWN``) where a working day is needed of a year not announced yet.
    """
    made = notice_milestones(month, rules, calendar, dates)
    end = rules.timetable.month_end
    by_rule = (month + 31 * _DAY).replace(day=end.day)
    made["month_end"] = on_day(
        dates["month_end"] if "month_end" in dates else calendar.on_or_after(by_rule), end.minute
    )
    return made


def notice_milestones(
    month: date, rules: RuleSet, calendar: WorkCalendar, dates: Mapping[str, date]
) -> dict[str, Milestone]:
    """What a month's notice tells: every milestone but the month's end, which is the hub's own affair.

    The days of the next month are by their number, so December needs no working day of a year that is not announced
    (docs/decisions/0010). Parameters and errors as ``draft_milestones``.
    """
    times = rules.timetable
    next_month = (month + 31 * _DAY).replace(day=1)
    opens, closes = times.office_opens_minute, times.office_closes_minute
    made: dict[str, Milestone] = {}

    def put(name: str, minute: int, default: Callable[[], date]) -> date:
        day = dates[name] if name in dates else default()
        made[name] = on_day(day, minute)
        return day

    def put_in(name: str, of_month: date, at: MonthTime) -> date:
        return put(name, at.minute, lambda: of_month.replace(day=at.day))

    put_in("plan_due", month, times.plan_due)
    applied = put_in("applications_close", month, times.applications_close)
    put("applicants_to_notary", times.notary_minute, lambda: calendar.after(applied))

    put_in("deposits_open", month, times.deposits_open)
    paid = put_in("deposits_close", month, times.deposits_close)
    alipay_days = timedelta(days=times.alipay_closes_days_before)
    alipay = put("alipay_closes", times.deposits_close.minute, lambda: paid - alipay_days)
    put("deposit_reminder", opens, lambda: alipay - _DAY)
    corrected = put("corrections_close", closes, lambda: calendar.after(paid))
    summed_up = put("deposits_to_notary", times.notary_minute, lambda: calendar.after(corrected))

    def auction_day() -> date:
        # Spring Festival can push the deposits' summary onto the 25th: the auction then waits until one working day is
        # left for activation between the two.
        by_rule = month.replace(day=times.auction_day)
        return calendar.on_or_after(max(by_rule, calendar.after(summed_up) + _DAY))

    auction = put("auction_opens", times.auction_opens_minute, auction_day)
    put("auction_closes", times.auction_closes_minute, lambda: auction)
    activated = put("activation_closes", closes, lambda: calendar.before(auction))
    # A holiday (Dragon Boat, 2023-06) can leave one day for activation: it opens once the deposits are summed up.
    activation = put(
        "activation_opens",
        opens,
        lambda: max(calendar.before(auction, times.activation_working_days), min(calendar.after(summed_up), activated)),
    )
    put("activation_reminder", opens, lambda: activated)
    put("qualification_by", closes, lambda: calendar.before(activation))

    put("settlement_opens", opens, lambda: calendar.after(auction))
    settled = put("settlement_closes", closes, lambda: calendar.after(auction, rules.settlement_working_days))
    put("settlement_reminder", opens, lambda: settled)

    put_in("refunds_1_by", next_month, times.refunds_1_by)
    # A holiday (National Day) can carry the settlement past the 7th: batch 2 then leaves on the working day after it.
    by_notice = next_month.replace(day=times.refunds_2_by.day)
    put(
        "refunds_2_by", times.refunds_2_by.minute, lambda: by_notice if settled < by_notice else calendar.after(settled)
    )
    put_in("failed_refunds_after", next_month, times.failed_refunds_after)
    return made


def draft_broadcasts(auction: date, rules: RuleSet) -> tuple[Milestone, ...]:
    """The broadcasts of an auction's day."""
    return tuple(on_day(auction, minute) for minute in rules.timetable.broadcast_minutes)


def draft_statements(
    milestones: Mapping[str, Milestone], rules: RuleSet, calendar: WorkCalendar
) -> tuple[StatementDue, ...]:
    """One statement a channel and day, from the opening of deposits to the day before the month is closed.

    Every day, because a late payment may come on any; due on the working day after (T+1).
    """
    first, end = milestones["deposits_open"].date, milestones["month_end"].date
    days = [first + number * _DAY for number in range((end - first).days)]
    return tuple(
        StatementDue(channel, day, on_day(calendar.after(day), rules.timetable.statement_minute))
        for day in days
        for channel in rules.ways
    )
