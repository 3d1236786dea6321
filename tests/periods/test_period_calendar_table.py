"""The operator's calendar table: every entry kept, one at a time."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.kernel.errors import Conflict, InvalidInput
from chalicelib.periods import calendar_table
from chalicelib.periods.audit import Actor
from chalicelib.periods.calendar import read_notice
from chalicelib.periods.calendar_table import enter_notice, entries, hub_calendar
from tests.periods.test_period_calendar import notice

pytestmark = pytest.mark.usefixtures("aws")


def test_given_an_empty_table_then_the_calendar_is_the_library_s() -> None:
    assert hub_calendar().is_workday(date(2023, 6, 25))
    with pytest.raises(InvalidInput, match="CALENDAR_UNKNOWN"):
        hub_calendar().is_workday(date(2027, 1, 4))


def test_given_a_notice_when_entered_then_it_is_kept_with_who_and_when() -> None:
    entered = read_notice(notice())
    entry = enter_notice(entered, Actor("wang", ("planner",), 5_000))
    assert (entry.entered, entry.number, entry.entered_by, entry.entered_at_ms) == (entered, 1, "wang", 5_000)
    assert enter_notice(entered, Actor("li", ("planner",), 9_000)) == entry
    assert entries() == [entry]
    assert hub_calendar().is_workday(date(2027, 1, 4))


def test_given_two_operators_at_once_then_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    enter_notice(read_notice(notice()), Actor("wang", ("planner",), 5_000))
    with monkeypatch.context() as late:
        late.setattr(calendar_table, "entries", list)
        with pytest.raises(Conflict, match="CALENDAR_CHANGED"):
            enter_notice(read_notice(notice(workdays=[])), Actor("li", ("planner",), 5_001))
    assert [each.entered_by for each in entries()] == ["wang"]


def test_given_a_table_that_fills_up_then_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_table, "ENTRIES_MAX", 1)
    enter_notice(read_notice(notice()), Actor("wang", ("planner",), 5_000))
    with pytest.raises(Conflict, match="CALENDAR_CHANGED"):
        enter_notice(read_notice(notice(workdays=[])), Actor("wang", ("planner",), 5_001))
