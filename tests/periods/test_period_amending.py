"""A published plan is amended by two people, and machines that run by it see where its milestones moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kernel.clock import at_shanghai, local_text
from chalicelib.periods import running
from chalicelib.periods.amendment import lead_ms, look_again_ms
from chalicelib.periods.plan import Plan, compress, machine_input
from chalicelib.periods.plan_json import to_json
from chalicelib.periods.reaching import reach
from chalicelib.periods.records import load_plan
from chalicelib.periods.tasks import handle
from local.machine_waits import follow_plan
from tests.periods.conftest import FakeHub
from tests.periods.test_period_routes import Door, door  # noqa: F401 (a fixture)

APPROVED = {"decision": "approved", "reason": ""}
MACHINE = Path(__file__).resolve().parents[2] / "state_machines" / "period.asl.json"


def moved(**to: str) -> dict[str, Any]:
    """An amendment's body; a milestone moved to ``2026-03-18T17:00`` has that day as its date."""
    return {"reason": "银行系统维护", "milestones": {name: {"at": at, "date": at[:10]} for name, at in to.items()}}


LATER = moved(deposits_close="2026-03-18T17:00")


@pytest.fixture
def published(door: Door, hub: FakeHub, plan: Plan) -> Door:  # noqa: F811
    hub.clock.at_ms = at_shanghai("2026-03-06T12:00")
    assert door.ask("POST", "/periods", "wang", to_json(plan))[0] == 201
    running.begin("2026-03", 1)
    running.ask_for_plan("2026-03", "token", hub.machines)
    assert decide(door, "li")[0] == 200
    return door


def decide(door: Door, by: str, word: dict[str, str] = APPROVED) -> tuple[int, Any]:  # noqa: F811
    waiting = door.ask("GET", "/periods/2026-03/approvals?state=waiting", "li")[1]["approvals"]
    return door.ask("POST", f"/approvals/{waiting[-1]['id']}", by, word)


def test_given_an_amendment_when_another_approves_it_then_the_plan_and_its_history_tell(
    published: Door, plan: Plan
) -> None:
    status, approval = published.ask("POST", "/periods/2026-03/amendments", "both", LATER)
    assert (status, approval["kind"], approval["state"]) == (201, "amendment", "waiting")
    change = {
        "field": "milestones.deposits_close",
        "before": {"at": "2026-03-17T17:00:00.000", "date": "2026-03-17"},
        "after": {"at": "2026-03-18T17:00:00.000", "date": "2026-03-18"},
    }
    assert approval["totals"] == {"version": 2, "reason": "银行系统维护", "changes": [change]}
    # When asked for again, it is the same; and until another approves it, the old plan stands
    assert published.ask("POST", "/periods/2026-03/amendments", "both", LATER) == (201, approval)
    assert decide(published, "both")[1]["code"] == "SELF_APPROVAL"
    assert published.ask("GET", "/periods/2026-03")[1]["plan"] == to_json(plan)
    # When another does
    first = decide(published, "li")
    assert first[0] == 200
    assert published.ask("POST", f"/approvals/{approval['id']}", "li", APPROVED) == first
    seen = published.ask("GET", "/periods/2026-03")[1]
    assert seen["plan"]["milestones"]["deposits_close"] == change["after"]
    versions = published.ask("GET", "/periods/2026-03/plan-versions", "sun")[1]["versions"]
    assert [(each["kind"], each["state"], each["made_by"], each["decided_by"]) for each in versions] == [
        ("draft", "replaced", "wang", "li"),
        ("amendment", "published", "both", "li"),
    ]
    assert versions[1]["changes"] == [change]
    assert versions[1]["reason"] == "银行系统维护"
    assert versions[1]["plan"] == seen["plan"]


def test_given_an_amendment_is_rejected_then_the_plan_stays_and_the_reason_is_on_record(
    published: Door, plan: Plan
) -> None:
    published.ask("POST", "/periods/2026-03/amendments", "wang", LATER)
    assert decide(published, "li", {"decision": "rejected", "reason": "无需延期"})[0] == 200
    assert load_plan("2026-03") == plan
    last = published.ask("GET", "/periods/2026-03/plan-versions", "sun")[1]["versions"][-1]
    assert (last["state"], last["decision_reason"]) == ("rejected", "无需延期")


def test_given_a_period_with_an_amended_plan_when_started_again_then_it_is_not_asked_for_again(
    published: Door, hub: FakeHub
) -> None:
    published.ask("POST", "/periods/2026-03/amendments", "wang", LATER)
    decide(published, "li")
    running.stop("2026-03", "period", "X", "down")
    assert published.ask("POST", "/periods/2026-03/restart", "wang", {})[0] == 202
    assert hub.machines.started["period/2026-03-2"]["plan"]["at"]["deposits_close"] == "2026-03-18T09:00:00.000Z"
    running.ask_for_plan("2026-03", "token 2", hub.machines)
    assert hub.machines.answers["token 2"] == {"decision": "approved", "by": "li"}


@pytest.mark.parametrize(
    ("now", "body", "status", "code", "fields"),
    [
        ("2026-03-17T18:00", LATER, 400, "AMENDMENT_INVALID", {"milestones.deposits_close"}),
        # An hour before: machines may not look again in time
        ("2026-03-17T16:00", LATER, 400, "AMENDMENT_INVALID", {"milestones.deposits_close"}),
        ("2026-03-16T12:00", moved(alipay_closes="2026-03-16T12:30"), 400, "AMENDMENT_INVALID", None),
        ("2026-03-06T12:00", moved(), 400, "AMENDMENT_INVALID", {"milestones"}),
        ("2026-03-06T12:00", moved(lunch="2026-03-18T12:00"), 400, "PLAN_INVALID", {"milestones.lunch"}),
        ("2026-03-06T12:00", moved(deposits_close="2026-03-20T17:00"), 400, "PLAN_INVALID", {"corrections_close"}),
        ("2026-03-06T12:00", moved(auction_opens="2026-03-28T09:00"), 400, "PLAN_INVALID", {"auction_closes"}),
        ("2026-03-06T12:00", {**LATER, "reason": " "}, 400, "PLAN_INVALID", {"reason"}),
        ("2026-03-06T12:00", {**LATER, "quotas": {}}, 400, "PLAN_INVALID", {"quotas"}),
        # The window is open, and the notices bear the deadline: the answer says so
        ("2026-03-25T09:30", moved(auction_closes="2026-03-25T16:00"), 400, "AMENDMENT_INVALID", {"auction_closes"}),
        ("2026-03-26T09:30", moved(settlement_closes="2026-03-31T17:00"), 400, "AMENDMENT_INVALID", None),
        ("2026-03-10T12:00", moved(deposits_to_notary="2026-03-20T15:00"), 400, "AMENDMENT_INVALID", {"intake"}),
    ],
)
def test_given_an_amendment_that_cannot_be_then_it_says_what_and_why_and_nothing_is_kept(
    *,
    now: str,
    body: dict[str, Any],
    status: int,
    code: str,
    fields: set[str] | None,
    published: Door,
    hub: FakeHub,
    plan: Plan,
) -> None:
    hub.clock.at_ms = at_shanghai(now)
    answered, refused = published.ask("POST", "/periods/2026-03/amendments", "wang", body)
    assert (answered, refused["code"]) == (status, code)
    assert fields is None or fields <= {problem["field"] for problem in refused["problems"]}
    assert all(problem["remedy"] for problem in refused["problems"])
    assert load_plan("2026-03") == plan
    assert len(published.ask("GET", "/periods/2026-03/plan-versions", "sun")[1]["versions"]) == 1
    assert published.ask("GET", "/periods/2026-03/approvals?state=waiting", "li")[1] == {"approvals": [], "next": ""}


def test_given_it_waited_until_its_milestone_passed_then_it_can_not_be_approved_any_more(
    published: Door, hub: FakeHub, plan: Plan
) -> None:
    published.ask("POST", "/periods/2026-03/amendments", "wang", LATER)
    hub.clock.at_ms = at_shanghai("2026-03-17T17:30")
    status, refused = decide(published, "li")
    assert (status, refused["code"]) == (400, "AMENDMENT_INVALID")
    assert load_plan("2026-03") == plan
    # Then it may still be rejected
    assert decide(published, "li", {"decision": "rejected", "reason": "已过期"})[0] == 200


def test_given_two_amendments_of_one_plan_then_the_second_must_be_drafted_anew(published: Door) -> None:
    published.ask("POST", "/periods/2026-03/amendments", "wang", LATER)
    published.ask("POST", "/periods/2026-03/amendments", "both", moved(month_end="2026-04-16T17:00"))
    listed = published.ask("GET", "/periods/2026-03/approvals?state=waiting", "li")[1]["approvals"]
    answers = [published.ask("POST", f"/approvals/{each['id']}", "li", APPROVED) for each in listed]
    assert [status for status, _ in answers] == [200, 409]
    assert answers[1][1]["code"] == "PLAN_CHANGED"


def test_given_no_published_plan_then_there_is_nothing_to_amend(door: Door, plan: Plan) -> None:  # noqa: F811
    assert door.ask("POST", "/periods/2026-03/amendments", "wang", LATER)[1]["code"] == "PERIOD_UNKNOWN"
    door.ask("POST", "/periods", "wang", to_json(plan))
    assert door.ask("POST", "/periods/2026-03/amendments", "wang", LATER)[1]["code"] == "PLAN_NOT_PUBLISHED"


def test_a_machine_looks_often_enough_and_its_history_does_not_overflow(plan: Plan) -> None:
    assert 30 * 60_000 < look_again_ms(plan) < 90 * 60_000
    assert lead_ms(plan) == 2 * look_again_ms(plan)
    instants = [milestone.at_ms for milestone in plan.milestones.values()]
    assert (max(instants) - min(instants)) / look_again_ms(plan) * 11 < 25_000 / 2


def walk(hub: FakeHub, given: dict[str, Any], start: str, end: str, meanwhile: dict[str, Any]) -> list[str]:
    """Go through the period machine's deployed states from ``start`` to ``end`` as Step Functions does, the clock with
    it; ``meanwhile`` is called once, before the first wait ends. Returns the instants that were waited for."""
    states, name, waited = follow_plan(json.loads(MACHINE.read_text()))["States"], start, []
    while name != end:
        state = states[name]
        if state["Type"] == "Task":
            payload = state["Parameters"]["Payload"]
            event = {
                key.removesuffix(".$"): given[value[2:]] if key.endswith(".$") else value
                for key, value in payload.items()
            }
            given = {**given, "looked": {"now": handle(event, None)}}
        elif state["Type"] == "Pass":
            given = {**given, "plan": given["looked"]["now"]}
        elif state["Type"] == "Wait":
            until_ms = at_shanghai(given["plan"]["until"].replace("Z", "+00:00"))
            if meanwhile:
                meanwhile.pop("do")()
            waited.append(local_text(until_ms))
            hub.clock.at_ms = max(hub.clock.at_ms, until_ms)
        name = (
            state["Next"]
            if "Next" in state
            else (state["Choices"][0]["Next"] if given["plan"]["due"] else state["Default"])
        )
    return waited


@pytest.mark.parametrize("to", ["2026-03-18T17:00", "2026-03-17T16:30"])
def test_given_a_machine_waits_when_its_milestone_is_moved_then_it_goes_on_at_the_new_time(
    to: str, published: Door, hub: FakeHub, plan: Plan
) -> None:
    hub.clock.at_ms = at_shanghai("2026-03-17T09:00")

    def amend() -> None:
        assert published.ask("POST", "/periods/2026-03/amendments", "wang", moved(deposits_close=to))[0] == 201
        assert decide(published, "li")[0] == 200

    given = {**machine_input(plan, 1)}
    waited = walk(hub, given, "WaitDepositsClose", "DepositsClosed", {"do": amend})
    assert waited[-1] == f"{to}:00.000"
    assert local_text(hub.clock.at_ms) == f"{to}:00.000"


def test_given_a_compressed_month_then_it_is_amended_in_seconds(hub: FakeHub, door: Door, plan: Plan) -> None:  # noqa: F811
    order = sorted(plan.milestones, key=lambda name: plan.milestones[name].at_ms)
    offsets = {name: 15_000 * (number + 1) for number, name in enumerate(order)}
    opens = offsets["auction_opens"]
    offsets |= {"broadcast-1": opens + 1_000, "broadcast-2": opens + 2_000}
    kept = [f"statement-{each.channel}-{each.day}" for each in plan.statements if each.day.isoformat() == "2026-03-10"]
    offsets |= dict.fromkeys(kept, offsets["deposits_open"] + 1)
    short = compress(plan, offsets, hub.clock.at_ms)
    door.ask("POST", "/periods", "wang", to_json(short))
    running.begin("2026-03", 1)
    running.ask_for_plan("2026-03", "token", hub.machines)
    assert decide(door, "li")[0] == 200
    reach("2026-03", "plan_due", hub.clock.at_ms)
    end = short.milestones["month_end"]
    later = {"at": local_text(end.at_ms + 5_000), "date": end.date.isoformat()}
    body = {"reason": "推迟", "milestones": {"month_end": later}}
    assert door.ask("POST", "/periods/2026-03/amendments", "wang", body)[0] == 201
    assert decide(door, "li")[0] == 200
    assert load_plan("2026-03").at("month_end") == end.at_ms + 5_000
