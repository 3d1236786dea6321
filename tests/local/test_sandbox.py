"""The sandbox's month: it waits before each phase, and the bar's amendment is one that the hub's rules allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.periods.amending import amend_plan
from chalicelib.periods.amendment import amendment_problems, lead_ms
from chalicelib.periods.calendar import STATE_COUNCIL
from chalicelib.periods.plan import Plan, check, check_against
from chalicelib.periods.plan_json import wanted_from_json
from chalicelib.periods.rules import load_rules
from local import standing
from local.front import Answer, Front, Serving, with_bar
from local.package import merge_template
from local.processes import free_port
from local.sandbox import __main__ as process
from local.sandbox.director import ready_bidders, sandbox_month
from local.sandbox.measuring import Measuring
from local.sandbox.phases import HOLD_MS, HOLDS, PHASES, earlier, next_hold, phase_of
from local.sandbox.settings import Sandbox
from local.world.web import Answer as Said
from local.world.web import now_ms

START = 1_790_000_000_000
RULES = load_rules("hangzhou")
PLANS = {phase: sandbox_month(phase, START).plan for phase in PHASES}


def reached(plan: Plan, at_ms: int) -> set[str]:
    return {name for name, milestone in plan.milestones.items() if milestone.at_ms <= at_ms}


@pytest.mark.parametrize("phase", PHASES)
def test_given_a_phase_then_the_month_hurries_up_to_it_and_waits_there(phase: str) -> None:
    plan = PLANS[phase]
    check(plan)
    check_against(plan, RULES, STATE_COUNCIL)
    own = [name for name, of in HOLDS.items() if of == phase]
    if own:
        before = max([START, *(each.at_ms for each in plan.milestones.values() if each.at_ms < plan.at(own[0]))])
        assert plan.at(own[0]) - before >= HOLD_MS
        assert before - START < 12 * 60_000
    else:
        assert plan.at("month_end") - START < HOLD_MS
    # A plan whose machines look again every ten seconds can be moved on at once
    assert lead_ms(plan) == 20_000


@settings(deadline=None)
@given(phase=st.sampled_from(PHASES[:-1]), part=st.floats(0, 1))
def test_whenever_the_bar_is_pressed_the_hub_s_rules_allow_what_it_asks_for(phase: str, part: float) -> None:
    plan = PLANS[phase]
    now_ms = START + round(part * (plan.at("month_end") - START))
    done = reached(plan, now_ms)
    wanted = earlier(plan, done, now_ms)
    if wanted is None:
        return
    amended = amend_plan(plan, wanted_from_json(wanted), RULES, STATE_COUNCIL)
    check(amended)
    check_against(amended, RULES, STATE_COUNCIL)
    # Approved a few seconds later, it still holds
    assert amendment_problems(plan, amended, done, now_ms + 5_000) == []
    name = next_hold(plan, done, now_ms)
    assert amended.at(name) < plan.at(name)
    # And nothing that follows comes out of its order, nor what is settled any sooner
    order = sorted(plan.milestones, key=plan.at)
    assert order == sorted(amended.milestones, key=lambda each: (amended.at(each), order.index(each)))


def test_pressed_again_and_again_the_whole_month_goes_by_in_minutes() -> None:
    plan, now_ms, presses = PLANS["planning"], START, 0
    while name := next_hold(plan, reached(plan, now_ms), now_ms):
        wanted = earlier(plan, reached(plan, now_ms), now_ms)
        if wanted is not None:
            plan = amend_plan(plan, wanted_from_json(wanted), RULES, STATE_COUNCIL)
            presses += 1
        now_ms = plan.at(name) + 1
    assert presses == len(HOLDS)
    assert now_ms - START < 12 * 60_000


@pytest.mark.parametrize(
    ("milestone", "after_ms", "phase"),
    [
        ("deposits_open", -1, "planning"),
        ("deposits_open", 1, "deposits"),
        ("activation_opens", 1, "activation"),
        ("activation_closes", 1, "auction"),
        ("auction_closes", 1, "settlement"),
        ("settlement_closes", 1, "refunds"),
    ],
)
def test_the_phase_is_where_the_plan_is(milestone: str, after_ms: int, phase: str) -> None:
    plan = PLANS["planning"]
    assert phase_of(plan, plan.at(milestone) + after_ms, "running", approved=True) == phase
    assert phase_of(plan, plan.at(milestone) + after_ms, "finished", approved=True) == "closed"


def test_the_ready_bidders_are_three_who_can_go_all_the_way() -> None:
    month = sandbox_month("auction", START)
    ready = ready_bidders(month)
    assert len({person.code for person in ready.values()}) == 3
    for person in ready.values():
        does = month.conduct[person.code]
        assert (person.is_unit, does.qualified, does.activates, bool(does.bids)) == (False, True, True, True)


def test_make_up_makes_an_operator_of_every_role() -> None:
    from chalicelib.periods.operators import PASSWORD_CHARACTERS_MIN, ROLES

    assert {role for _, _, roles in standing.OPERATORS for role in roles} == set(ROLES)
    assert all(len(password) >= PASSWORD_CHARACTERS_MIN for _, password, _ in standing.OPERATORS)


@pytest.mark.parametrize(
    ("kind", "body", "barred"),
    [
        ("text/html; charset=utf-8", b"<body><h1>x</h1></body>", True),
        ("text/html", b"<h1>a part of a page</h1>", False),
        ("application/json", b'"</body>"', False),
    ],
)
def test_the_bar_is_on_pages_only_and_once(kind: str, body: bytes, *, barred: bool) -> None:
    answer = with_bar(Answer(200, {"Content-Type": kind}, body))
    assert (b"/sandbox/bar.js" in answer.body) is barred
    assert with_bar(answer) == answer


class StandIn:
    """A director that has no hub behind it."""

    def __init__(self) -> None:
        self.month = sandbox_month("auction", START)
        self.by_hand = ready_bidders(self.month)
        self.phase, self.ready, self.moved = "auction", True, 0
        self.at = SimpleNamespace(carrier="", treasury="")

    def state(self) -> dict[str, Any]:
        coming = {"name": "auction_opens", "at_ms": START}
        return {"period": "2026-03", "phase": "auction", "next": coming, "movable": True, "waiting": 1}

    def move_on(self) -> Said:
        self.moved += 1
        return Said(200, {})


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, StandIn]]:
    monkeypatch.setattr(process, "texts", lambda *_: ["【杭州小客车竞价】验证码123456,五分钟内有效。"])
    director = StandIn()
    operators = [(name, password, list(roles)) for name, password, roles in standing.OPERATORS]
    sandbox = Sandbox("auction", free_port(), "", operators)
    sandbox.write(tmp_path / "sandbox.json")
    assert Sandbox.of(tmp_path / "sandbox.json").operator("cashier").name == "cashier"
    server = ThreadingHTTPServer(("127.0.0.1", 0), process.handler(director, sandbox))  # type: ignore[arg-type]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    (tmp_path / "index.html").write_text("<html><body>页面</body></html>")
    front = Front(free_port(), str(tmp_path), "", "", f"http://127.0.0.1:{server.server_address[1]}")
    with Serving(front):
        yield front.url, director
    server.shutdown()
    server.server_close()


def test_a_newcomer_finds_accounts_texts_and_the_bar_through_the_front(served: tuple[str, StandIn]) -> None:
    url, director = served
    assert "/sandbox/bar.js" in requests.get(f"{url}/", timeout=5).text
    page = requests.get(f"{url}/sandbox/", timeout=5).text
    for person in director.by_hand.values():
        assert person.code in page
        assert person.phone in page
        assert director.month.conduct[person.code].password in page
    assert page.count("/sandbox/bar.js") == 1
    assert "验证码123456" in page
    assert all(password in page for _, password, _ in standing.OPERATORS)
    state = requests.get(f"{url}/sandbox/state.json", timeout=5).json()
    assert (state["phase_title"], state["next"]["title"]) == ("竞价", "竞价开始")
    assert requests.post(f"{url}/sandbox/next", timeout=5).status_code == 200
    assert director.moved == 1
    assert "javascript" in requests.get(f"{url}/sandbox/bar.js", timeout=5).headers["Content-Type"]
    assert requests.get(f"{url}/sandbox/other", timeout=5).status_code == 404


REFUSAL = '{"message": "bid refused", "code": "CLOSED"}'
FILTER = '{ $.message = "bid refused" }'


def test_given_the_template_s_metric_filters_then_lines_are_counted_once_as_cloudwatch_would(aws: None) -> None:
    logs, cloudwatch = boto3.client("logs"), boto3.client("cloudwatch")
    group, space, at_ms = "/aws/lambda/hub-Bid", "Hangpai/local", now_ms()
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    transformed = {"BidsRefused": {"dimensions": {"code": "$.code"}}, "BidsRefusedInAll": {"defaultValue": 0}}
    for metric, told in transformed.items():
        named = {"metricNamespace": space, "metricName": metric, "metricValue": "1", **told}
        logs.put_metric_filter(
            logGroupName=group, filterName=metric, filterPattern=FILTER, metricTransformations=[named]
        )
    measuring = Measuring(logs, cloudwatch, at_ms - 60_000)

    def line(text: str, after_ms: int = 0) -> None:
        events = [{"timestamp": at_ms + after_ms, "message": text}]
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
        measuring.step()

    def summed(metric: str, dimensions: list[dict[str, str]]) -> list[float]:
        stat = {"Metric": {"Namespace": space, "MetricName": metric, "Dimensions": dimensions}, "Period": 60}
        found = cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "m", "MetricStat": {**stat, "Stat": "Sum"}}],
            StartTime=datetime.fromtimestamp(at_ms / 1_000 - 120, UTC),
            EndTime=datetime.fromtimestamp(at_ms / 1_000 + 120, UTC),
        )["MetricDataResults"][0]["Values"]
        return list(found)

    line('{"message": "bid accepted", "code": "CLOSED"}')
    assert (summed("BidsRefusedInAll", []), summed("BidsRefused", [{"Name": "code", "Value": "CLOSED"}])) == ([0], [])
    line("START RequestId: 1")
    line(REFUSAL, 1)
    line(REFUSAL, 2)
    measuring.step()
    assert sum(summed("BidsRefused", [{"Name": "code", "Value": "CLOSED"}])) == 2
    assert sum(summed("BidsRefusedInAll", [])) == 2


def test_the_template_s_filters_are_ones_that_the_sandbox_understands() -> None:
    resources = merge_template()["Resources"].values()
    filters = [each["Properties"] for each in resources if each.get("Type") == "AWS::Logs::MetricFilter"]
    assert {each["FilterPattern"] for each in filters} == {FILTER}
