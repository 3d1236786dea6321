"""A closed month is drawn up again only once it is closed, from the statements that finance names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.kernel.errors import Conflict, InvalidInput
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.plan import nominal
from chalicelib.periods.records import PeriodState, move, save_plan
from chalicelib.periods.rules import load_rules
from chalicelib.reports.late import draw_up_again, statements_asked

PERIOD = "2026-03"
CASHIER = Actor("cashier", ("cashier",), 120_000)
PLAN = nominal(
    PERIOD, load_rules("hangzhou"), {"individual": 1, "unit": 0}, last_average_fen={}, lows_fen={}, last_mean_fen={}
)


class Started:
    def __init__(self) -> None:
        self.given: dict[str, dict[str, Any]] = {}

    def start(self, machine: str, name: str, given: dict[str, Any]) -> None:
        self.given.setdefault(f"{machine}/{name}", given)

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        raise AssertionError(task_token, output)


def test_given_a_month_that_still_runs_when_drawn_up_again_then_refused_until_it_is_closed(aws: None) -> None:
    machines = Started()
    save_plan(PLAN, PeriodState.RUNNING, "system")
    asked = [("hangzhou", date(2026, 4, 21)), ("minsheng", date(2026, 4, 20)), ("hangzhou", date(2026, 4, 20))]
    with pytest.raises(Conflict, match="MONTH_OPEN"):
        draw_up_again(PERIOD, asked, machines, CASHIER)
    assert machines.given == {}

    move(PERIOD, PeriodState.FINISHED, since=(PeriodState.RUNNING,))
    draw_up_again(PERIOD, asked, machines, CASHIER)
    # Twice within a minute is one run, and each press is on the trail.
    draw_up_again(PERIOD, asked, machines, replace(CASHIER, at_ms=CASHIER.at_ms + 1))

    [(name, given)] = machines.given.items()
    assert name == f"month_end/{PERIOD}-again-2"
    days = [[each["day"] for each in channel] for channel in given["plan"]["closing"]]
    assert days == [["2026-04-20", "2026-04-21"], ["2026-04-20"]]
    assert given["plan"]["closing"][1] == [{"channel": "minsheng", "day": "2026-04-20", "month": "2026-04"}]
    assert [each["act"] for each in trail("1970-01").acts] == ["month.again"] * 2


@pytest.mark.parametrize(
    ("statements", "line", "field"),
    [
        ("hangzhou", 0, "statements"),
        ([{"channel": "hangzhou", "day": "2026-02-30"}], 1, "day"),
        ([{"channel": "hangzhou", "day": "2026-04-20"}, {"channel": "../x", "day": "2026-04-20"}], 2, "channel"),
        ([17], 1, "channel"),
        ([{"channel": "hangzhou", "day": "2026-04-20"}] * 32, 0, "statements"),
    ],
)
def test_given_statements_that_are_none_when_asked_for_then_the_entry_is_named(
    statements: object, line: int, field: str
) -> None:
    with pytest.raises(InvalidInput, match="STATEMENTS_INVALID") as refused:
        statements_asked({"statements": statements})
    assert [(each.line, each.field) for each in refused.value.problems] == [(line, field)]
