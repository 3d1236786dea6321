"""The auction day's board: what the heads, CloudWatch and the prepared auction say, and a pause proposed on it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bidding.bid import answer
from chalicelib.bidlog import records as bidlog
from chalicelib.bidlog.rules import Entry
from chalicelib.console import measures, words
from chalicelib.console.board import STEPS_MAX, growth
from chalicelib.kernel import aws as aws_doors
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.settings import Settings
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.plan import Plan
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from local.openapi.codes import reached
from tests.console.conftest import FakeHub
from tests.console.console_desk import PERIOD, html_faults, operator
from tests.console.console_month import MINUTE_MS, count, head, open_auction
from tests.periods.conftest import plan, rules  # noqa: F401 (fixtures)

HOME = f"/console/{PERIOD}/auction"


@given(st.lists(st.tuples(st.integers(1, 3 * MINUTE_MS), st.integers(0, 500)), max_size=40), st.integers(0, 2**40))
def test_however_heads_came_every_bid_is_counted_once(steps: list[tuple[int, int]], opens_at_ms: int) -> None:
    heads, at_ms, size = [], opens_at_ms, 0
    for later_ms, more in steps:
        at_ms, size = at_ms + later_ms, size + more
        heads.append(head(at_ms, size))
    grown = growth(heads, opens_at_ms)
    assert grown.total == size
    assert len(grown.labels) == len(grown.accepted) <= STEPS_MAX


def test_a_minutes_bids_stand_in_their_minute() -> None:
    heads = [head(place * MINUTE_MS, size) for place, size in enumerate((0, 3, 3, 10))]
    grown = growth([*heads, head(40 * MINUTE_MS, 11)], 0)
    assert (grown.width_s, grown.labels[:4]) == (60, ("08:00", "08:01", "08:02", "08:03"))
    assert grown.accepted[:4] == (3, 0, 7, 1)


def test_every_refusal_of_the_bid_function_has_its_words() -> None:
    unknown = {"OUTCOME_UNKNOWN", "WINDOW_DOUBTED"}
    assert {each.code for each in reached(answer)} - unknown <= words.BID_REFUSALS.keys()


@pytest.fixture
def day(hub: FakeHub, plan: Plan) -> FakeHub:  # noqa: F811
    """An auction that is open since half an hour, by the console's clock."""
    save_plan(plan, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    open_auction(hub)
    return hub


def test_given_an_open_auction_then_the_board_shows_what_came_in(day: FakeHub, identity: Identity) -> None:
    opens_at_ms = day.clock.at_ms - 30 * MINUTE_MS
    entries = [Entry("individual", f"33010000{number:04d}", 1, 1_000_000, opens_at_ms, "r") for number in range(7)]
    bidlog.append(PERIOD, entries)
    bidlog.keep_head(PERIOD, head(opens_at_ms + 5 * MINUTE_MS, 5))
    for code, number in (("CLOSED", 4), ("NO_BIDS_LEFT", 6)):
        count(measures.REFUSED, code, {opens_at_ms + 90_000: number})
    shown = operator(identity, "li", "planner").get(HOME)
    assert html_faults(shown.body) == []
    for text in ("竞价中", "7</dd>", "另 2 笔待下一树头", "ab" * 32, 'hx-trigger="every 10s"', "data:image/svg+xml"):
        assert text in shown.body, text
    refused = shown.body.partition('id="refused"')[2].partition("</section>")[0]
    assert refused.index("报价次数已用完") < refused.index("竞价已经结束")
    assert '<td class="number">6</td>' in refused


def test_given_percentiles_then_each_minutes_are_read_and_those_without_a_value_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = [datetime(2026, 3, 25, 1, minute, tzinfo=UTC) for minute in (1, 0)]

    class CloudWatch:
        def get_metric_data(self, **asked: Any) -> dict[str, Any]:
            values = {"p50": [12.5, 11.0], "p99": [None, 44.0], "Sum": []}
            found = [(each["Id"], values[each["MetricStat"]["Stat"]]) for each in asked["MetricDataQueries"]]
            return {"MetricDataResults": [{"Id": i, "Timestamps": at[: len(v)], "Values": v} for i, v in found]}

    monkeypatch.setattr(measures.aws, "client", cache(lambda _: CloudWatch()))
    config = Settings({"STAGE": "test", "BIDS_MEASURED_AS": "hub-Bid"})
    read = measures.measured(config, ["CLOSED"], 0, MINUTE_MS, MINUTE_MS)
    assert read == measures.Measured(None, {"p50": (("09:00", 11.0), ("09:01", 12.5)), "p99": (("09:00", 44.0),)}, {})


def test_given_nothing_counted_then_the_board_does_not_say_that_nobody_was_refused(
    day: FakeHub, identity: Identity
) -> None:
    browser = operator(identity, "li", "planner")
    shown = browser.get(HOME).body
    assert shown.count("暂无度量") == 3
    assert "没有被拒绝的报价" not in shown
    # When CloudWatch counts, and counts nought
    opens_at_ms = day.clock.at_ms - 30 * MINUTE_MS
    count(measures.REFUSED_IN_ALL, "", {opens_at_ms + MINUTE_MS: 0})
    shown = browser.get(HOME).body
    assert "没有被拒绝的报价" in shown
    assert shown.count("暂无度量") == 1


def test_given_no_metrics_then_the_rest_of_the_board_stands(
    day: FakeHub, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given CloudWatch out of reach
    nowhere = boto3.client("cloudwatch", endpoint_url="http://127.0.0.1:9", config=Config(retries={"max_attempts": 0}))
    other = aws_doors.client
    monkeypatch.setattr(aws_doors, "client", cache(lambda name: nowhere if name == "cloudwatch" else other(name)))
    shown = operator(identity, "li", "planner").get(HOME)
    assert (shown.status, "运行指标暂时读不到" in shown.body) == (200, True)


def test_given_a_pause_proposed_then_its_machine_asks_for_a_second_person(day: FakeHub, identity: Identity) -> None:
    browser = operator(identity, "li", "planner")
    assert "提交暂停申请" in browser.get(HOME).body
    assert browser.post(f"{HOME}/pauses", action="pause", reason=" ").status == 400
    done = browser.post(f"{HOME}/pauses", action="pause", reason="网络故障")
    assert done.goes_to == f"{HOME}?said=proposed"
    ((name, asked),) = day.machines.started.items()
    assert (name.split("/")[0], asked["action"], asked["made_by"]) == ("auction_pause", "pause", "li")
    acts = [(each["by"], each["act"]) for each in trail(f"{local_date(day.clock.at_ms):%Y-%m}").acts]
    assert ("li", "auction.pause") in acts
    assert browser.post(f"{HOME}/pauses", action="resume", reason="已恢复").status == 409
    assert "提交暂停申请" not in operator(identity, "sun", "auditor").get(HOME).body
