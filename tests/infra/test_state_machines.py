"""The state machines against the functions they call."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import FUNCTIONS
from chalicelib.messages.campaigns import campaigns
from chalicelib.periods.reaching import MARKED
from local.machine_waits import follow_plan

# On auction day the result does not wait for what only makes bidding quicker, or for a price that is found anew anyway;
# and nothing waits for a text.
GOES_ON = {
    "Warm": "NotWarm",
    "Lowest": "NoLowest",
    "Cool": "NotCool",
    "StartBidLog": "NoBidLog",
    "SmsResult": "NoSmsResult",
    "SmsRefundDone": "NoSmsRefundDone",
}
MACHINES = sorted((Path(__file__).resolve().parents[2] / "state_machines").glob("*.asl.json"))


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state of a machine, those inside Map and Parallel too."""
    for name, state in definition["States"].items():
        yield name, state
        for inner in (state.get("ItemProcessor"), *state.get("Branches", ())):
            if inner:
                yield from states(inner)


def definition(file: Path) -> dict[str, Any]:
    """As it is deployed."""
    return follow_plan(json.loads(file.read_text()))


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_each_task_calls_a_step_that_its_room_has(file: Path) -> None:
    for name, state in states(definition(file)):
        if "lambda:invoke" not in state.get("Resource", ""):
            continue
        room = state["Parameters"]["FunctionName"].strip("${}").removesuffix("Aliaslive").lower()
        steps = importlib.import_module(FUNCTIONS[room].rpartition(".")[0]).STEPS
        assert state["Parameters"]["Payload"]["step"] in steps, f"{file.name}: {name}"


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_each_transition_leads_to_a_state_beside_it(file: Path) -> None:
    def check(machine: dict[str, Any]) -> None:
        names = machine["States"].keys()
        reached = {machine["StartAt"]}
        for state in machine["States"].values():
            reached |= {state[key] for key in ("Next", "Default") if key in state}
            reached |= {choice["Next"] for choice in (*state.get("Choices", ()), *state.get("Catch", ()))}
            for inner in (state.get("ItemProcessor"), *state.get("Branches", ())):
                if inner:
                    check(inner)
        assert reached == names

    check(definition(file))


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_every_step_that_can_fail_is_on_the_operators_list(file: Path) -> None:
    # At the top of a machine, whatever is not caught by its own name ends in Stopped
    machine = definition(file)
    for name, state in machine["States"].items():
        if state["Type"] in ("Task", "Map", "Parallel") and name not in {"Stopped", "Refused", "ListRefused"}:
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Catch"][-1]["Next"] == GOES_ON.get(name, "Stopped"), name
    told_of = machine["States"].keys() & GOES_ON.values()
    assert len(told_of) == {"auction_day.asl.json": 5, "refund_batch.asl.json": 1}.get(file.name, 0)
    for told in told_of:
        assert machine["States"][told]["Parameters"]["Payload"]["step"] == "problem"


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_every_wait_takes_its_instant_from_the_plan(file: Path) -> None:
    for name, state in states(definition(file)):
        if state["Type"] == "Wait" and name not in ("Drain", "WaitToAskAgain"):
            assert "TimestampPath" in state, name
            # Not from the plan that the machine began with: that may have been amended since
            assert not state["TimestampPath"].startswith("$.plan.at."), name


def test_what_the_machines_mark_as_reached_is_known_to_whoever_shows_it() -> None:
    marked = re.findall(r'"milestone": "(\w+)"', "".join(file.read_text(encoding="utf-8") for file in MACHINES))

    assert sorted(marked) == sorted(MARKED)


def test_the_auction_s_window_is_prepared_again_after_each_look_at_the_plan() -> None:
    day = definition(next(file for file in MACHINES if file.name.startswith("auction_day")))
    assert day["States"]["WaitOpenUntil"]["Next"] == "Prepare"
    assert (day["States"]["Prepare"]["Next"], day["States"]["Warm"]["Next"]) == ("Warm", "IsWarm")
    # And nothing but what is still to be warmed keeps it from looking
    assert {choice["Next"] for choice in day["States"]["IsWarm"]["Choices"]} == {"WaitOpen"}
    assert not [name for name, state in states(day) if "WaitAgainFrom" in state]


def test_no_text_message_holds_up_or_stops_the_month() -> None:
    by_name = {file.name.removesuffix(".asl.json"): definition(file) for file in MACHINES}
    # Given every place where the month has a campaign begin
    begun = [
        state
        for machine in by_name.values()
        for _, state in states(machine)
        if state.get("Parameters", {}).get("StateMachineArn") == "${SmsCampaignMachine}"
    ]
    # Then each campaign there is begins somewhere, by the machine of what it tells of
    assert {state["Parameters"]["Input"]["campaign"] for state in begun} == campaigns("hangzhou").keys()
    # And none is waited for, a failed campaign stops no period, and a failed chunk no other chunk
    assert all(state["Resource"].endswith(":states:startExecution") for state in begun)
    campaign = by_name["sms_campaign"]
    calls = [state["Parameters"] for _, state in states(campaign) if "lambda:invoke" in state.get("Resource", "")]
    steps = {call["Payload"]["step"] for call in calls}
    assert "stop" not in steps
    chunk = campaign["States"]["Send"]["ItemProcessor"]["States"]["SendChunk"]
    assert chunk["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Left"}]


def test_no_announcement_holds_up_or_stops_the_month() -> None:
    by_name = {file.name.removesuffix(".asl.json"): definition(file) for file in MACHINES}
    month = by_name["period"]["States"]
    # Given an approved plan, when the month goes on, then it has the announcement begin and waits for nothing
    assert month["PublishPeriod"]["Next"] == "Announce"
    assert month["Announce"]["Resource"].endswith(":states:startExecution")
    calls = [state["Parameters"] for _, state in states(by_name["announcement"]) if "Parameters" in state]
    assert [call["Payload"]["step"] for call in calls] == ["announce", "problem"]


def test_daily_statements_hold_up_and_stop_nothing_and_the_month_s_end_comes_to_each_day_again() -> None:
    by_name = {file.name.removesuffix(".asl.json"): definition(file) for file in MACHINES}
    month = by_name["period"]["States"]
    # Given the deposits were summed up, when the month goes on, then it has the later days taken in and waits for none
    assert month["DepositsToNotary"]["Next"] == "DailyStatements"
    assert month["DailyStatements"]["Resource"].endswith(":states:startExecution")
    daily = dict(states(by_name["daily_statements"]))
    # And a statement that fails is nobody's attempt, so that its machine stops no period, and the next day follows
    assert daily["TakeIn"]["Parameters"]["Input"]["attempt"] == 0
    assert daily["TakeIn"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Listed"}]
    assert daily["Stopped"]["Parameters"]["Payload"]["step"] == "problem"
    # And the month's end may start the same day's machine, which is another one by name
    closing = dict(states(by_name["month_end"]))["TakeIn"]["Parameters"]
    assert closing["StateMachineArn"] == daily["TakeIn"]["Parameters"]["StateMachineArn"]
    assert closing["Name.$"] != daily["TakeIn"]["Parameters"]["Name.$"]


def test_no_batch_of_money_is_made_before_the_books_were_held_to_the_statements() -> None:
    batch = definition(next(file for file in MACHINES if file.name.startswith("refund_batch")))
    assert batch["StartAt"] == "HoldBooks"
    assert batch["States"]["HoldBooks"]["Parameters"]["Payload"]["step"] == "hold_books"
    assert batch["States"]["HoldBooks"]["Next"] == "Prepare"
