"""Every month from 2014 to 2026, of every city, drafted by default: in order, and on working days."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.calendar import STATE_COUNCIL, WorkCalendar, calendar_of, read_notice
from chalicelib.periods.milestones import WORKING_DAYS
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.published import PUBLISHED, notice_month
from chalicelib.periods.rules import RuleSet, load_rules
from tests.periods.test_period_calendar import notice

CITIES = ("hangzhou", "guangzhou", "shenzhen", "tianjin", "shanghai")
MONTHS = [f"{year}-{month:02d}" for year in range(2014, 2027) for month in range(1, 13)]
# The order that each city's month keeps; deposits and their earlier close at Alipay overlap with it.
ORDER = [
    "plan_due",
    "applications_close",
    "applicants_to_notary",
    "deposits_close",
    "corrections_close",
    "deposits_to_notary",
    "activation_opens",
    "activation_closes",
    "auction_opens",
    "auction_closes",
    "settlement_opens",
    "settlement_closes",
    "refunds_2_by",
    "failed_refunds_after",
]


def draft(month: str, rules: RuleSet, calendar: WorkCalendar) -> Plan:
    prices: dict[str, Any] = {"individual": 9_000_000, "unit": 9_000_000} if rules.has_warning_price else {}
    return nominal(
        month,
        rules,
        {"individual": 60, "unit": 10},
        last_average_fen={},
        lows_fen={},
        last_mean_fen={},
        warning_fen=prices,
        calendar=calendar,
    )


@pytest.mark.parametrize("city", CITIES)
def test_given_the_library_alone_when_a_month_is_published_then_none_fails_and_all_of_it_holds(city: str) -> None:
    rules = load_rules(city)
    for name in MONTHS:
        month = notice_month(name, rules, STATE_COUNCIL, {})
        at = month.as_json()
        assert list(at) == list(PUBLISHED)
        assert at["auction_opens"][:7] == name or (name, at["auction_opens"][:10]) == ("2020-01", "2020-02-03")
        assert at["auction_opens"][:10] >= f"{name}-25"
        assert all(at[earlier] < at[later] for earlier, later in pairwise(ORDER)), name
        assert at["deposits_open"] < at["alipay_closes"] < at["deposits_close"]
        assert at["auction_closes"] < at["refunds_1_by"] < at["refunds_2_by"]
        for broadcast in at["broadcasts"]:
            assert at["auction_opens"] < broadcast < at["auction_closes"]
        for each in month.milestones.keys() & set(WORKING_DAYS):
            assert STATE_COUNCIL.is_workday(month.milestones[each].date), (name, each)


@pytest.mark.parametrize("city", CITIES)
def test_given_all_months_when_whole_plans_are_drafted_then_only_the_last_needs_the_next_year_s_notice(
    city: str,
) -> None:
    rules, entered = load_rules(city), calendar_of([read_notice(notice())])
    for name in MONTHS:
        plan = draft(name, rules, entered if name == "2026-12" else STATE_COUNCIL)
        for each in WORKING_DAYS:
            assert entered.is_workday(plan.day(each)), (name, each)
        assert (plan.at("activation_closes") - plan.at("activation_opens")) >= 8 * 3_600_000
    with pytest.raises(InvalidInput, match="CALENDAR_UNKNOWN"):
        draft("2026-12", rules, STATE_COUNCIL)


@pytest.mark.parametrize(
    ("month", "activation_opens", "activation_closes", "auction"),
    [
        ("2014-05", "2014-05-22", "2014-05-23", "2014-05-26"),
        (
            "2015-02",
            "2015-02-27",
            "2015-02-27",
            "2015-02-28",
        ),  # Spring Festival, the 18th to the 24th; a worked Saturday
        ("2020-01", "2020-01-22", "2020-01-23", "2020-02-03"),  # Spring Festival, extended by a later notice
        ("2020-07", "2020-07-23", "2020-07-24", "2020-07-27"),  # as Tianjin's public guide has it
        ("2021-01", "2021-01-21", "2021-01-22", "2021-01-25"),  # as Shenzhen's public guide has it
        ("2023-02", "2023-02-23", "2023-02-24", "2023-02-27"),
        ("2023-06", "2023-06-21", "2023-06-21", "2023-06-25"),  # Dragon Boat: one day is left, and the 25th stays
        ("2026-02", "2026-02-26", "2026-02-26", "2026-02-27"),  # Spring Festival, the 15th to the 23rd
    ],
)
def test_given_a_month_with_a_holiday_then_activation_gives_way_first_and_the_auction_only_where_nothing_is_left(
    month: str, activation_opens: str, activation_closes: str, auction: str
) -> None:
    found = notice_month(month, load_rules("hangzhou"), STATE_COUNCIL, {}).milestones
    names = ("activation_opens", "activation_closes", "auction_opens")
    assert [found[name].date.isoformat() for name in names] == [activation_opens, activation_closes, auction]


def test_given_a_calendar_that_leaves_no_day_before_the_next_period_then_the_notice_must_name_dates() -> None:
    rest = [f"2027-02-{day:02d}" for day in range(10, 29)] + [f"2027-03-{day:02d}" for day in range(1, 9)]
    entered = calendar_of([read_notice(notice(holidays=[*notice()["holidays"], *rest]))])
    with pytest.raises(InvalidInput, match=r"PLAN_INVALID.*auction_opens"):
        notice_month("2027-02", load_rules("hangzhou"), entered, {})


def test_given_a_month_for_people_then_days_end_at_24_and_worked_weekends_are_marked() -> None:
    lines = notice_month("2023-06", load_rules("hangzhou"), STATE_COUNCIL, {}).lines(STATE_COUNCIL)
    assert "2023-06-08 星期四 24:00  申请截止" in lines
    assert "2023-06-25 星期日 09:00  竞价开始  [调休上班]" in lines
    assert len(lines) == len(PUBLISHED) + 1
    assert [line[:10] for line in lines] == sorted(line[:10] for line in lines)


def test_given_december_of_the_last_known_year_then_dates_of_the_next_are_not_marked_by_guess() -> None:
    lines = notice_month("2026-12", load_rules("hangzhou"), STATE_COUNCIL, {}).lines(STATE_COUNCIL)
    assert "2027-01-10 星期日 24:00  退款失败名单公布(此后)" in lines
