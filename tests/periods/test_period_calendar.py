"""Working days with make-up workdays (domain.md, "A period")."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.calendar import STATE_COUNCIL, WorkCalendar, YearNotice, calendar_of, read_notice


@pytest.mark.parametrize(
    ("day", "is_workday"),
    [
        ("2014-05-25", False),  # a Sunday
        ("2014-05-26", True),
        ("2023-02-25", False),  # a Saturday
        ("2023-06-23", False),  # a Friday, Dragon Boat
        ("2023-06-25", True),  # a Sunday that made up for it
        ("2026-02-14", True),  # a Saturday that made up for Spring Festival
        ("2026-02-23", False),
    ],
)
def test_given_a_day_then_make_up_workdays_count(day: str, is_workday: bool) -> None:
    assert STATE_COUNCIL.is_workday(date.fromisoformat(day)) is is_workday


def test_given_a_holiday_then_counting_skips_it_both_ways() -> None:
    assert STATE_COUNCIL.after(date(2026, 2, 14)) == date(2026, 2, 24)
    assert STATE_COUNCIL.before(date(2026, 2, 24), 2) == date(2026, 2, 13)
    assert STATE_COUNCIL.after(date(2026, 9, 28), 3) == date(2026, 10, 8)
    assert STATE_COUNCIL.on_or_after(date(2026, 10, 1)) == date(2026, 10, 8)


def test_given_a_year_not_announced_then_the_error_says_so() -> None:
    with pytest.raises(InvalidInput) as refused:
        STATE_COUNCIL.is_workday(date(2099, 1, 4))
    assert refused.value.code == "CALENDAR_UNKNOWN"
    assert "2099" in refused.value.message


def test_given_an_operator_entered_the_notice_then_the_year_is_known() -> None:
    notice = YearNotice(frozenset({date(2099, 1, 1)}), frozenset({date(2099, 1, 4)}))
    calendar = WorkCalendar({2099: notice})
    assert [calendar.is_workday(date(2099, 1, day)) for day in (1, 2, 3, 4)] == [False, True, False, True]


def notice(**changed: Any) -> dict[str, Any]:
    """A made-up notice for 2027, complete in form."""
    days_off = ["2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03", "2027-10-04"]
    return {"year": 2027, "holidays": days_off, "workdays": ["2027-10-09"], "source": "test", **changed}


def test_given_a_notice_when_read_then_its_year_is_known_and_it_is_written_back_equal() -> None:
    entered = read_notice(notice())
    calendar = calendar_of([entered])
    days = [date(2027, 10, 4), date(2027, 10, 5), date(2027, 10, 9), date(2027, 10, 10)]
    assert [calendar.is_workday(day) for day in days] == [False, True, True, False]
    assert read_notice(entered.as_dict()) == entered


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "body"),
        (notice(year="2027"), "year"),
        (notice(year=True), "year"),
        (notice(year=1999), "year"),
        (notice(source=" "), "source"),
        (notice(source="x" * 201), "source"),
        (notice(holidays="none"), "holidays"),
        (notice(holidays=[]), "holidays"),  # half-entered: New Year's Day is off in every year
        (notice(holidays=[*notice()["holidays"], "2028-01-01"]), "holidays"),
        (notice(holidays=[*notice()["holidays"], "2027-10-01"]), "holidays"),
        (notice(holidays=[*notice()["holidays"], "1st of May"]), "holidays"),
        (notice(holidays=[*notice()["holidays"], 20270501]), "holidays"),
        (notice(workdays=["2027-10-08"]), "workdays"),  # a Friday
        (notice(workdays=["2027-10-02"]), "workdays"),  # a holiday
        (notice(workdays=None), "workdays"),
        (notice(weekends=[]), "weekends"),
    ],
)
def test_given_a_faulty_notice_when_read_then_the_field_is_named(content: object, field: str) -> None:
    with pytest.raises(InvalidInput, match="CALENDAR_INVALID") as refused:
        read_notice(content)
    assert field in [problem.field for problem in refused.value.problems]
