"""The room's steps, as the state machines call them, each of them twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput
from chalicelib.periods import approvals, running
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.problems import list_problems, record_refusal
from chalicelib.periods.reaching import reached
from chalicelib.periods.records import PeriodState, find_period
from chalicelib.periods.rules import load_rules
from chalicelib.periods.running import sentence
from chalicelib.periods.tasks import handle
from tests.periods.conftest import WANG, FakeHub, approver

pytestmark = pytest.mark.usefixtures("hub")

REFUSED_CAUSE = json.dumps({"errorMessage": "FILE_REFUSED: 文件合计不符", "errorType": "FileRefused", "stackTrace": []})
CHILD_CAUSE = json.dumps(
    {"ExecutionArn": "arn", "Input": '{"period": "2026-03"}', "Error": "X", "Cause": REFUSED_CAUSE}
)


def step(name: str, **given: Any) -> Any:
    return handle({"step": name, "period": "2026-03", **given}, None)


@pytest.fixture
def _open(hub: FakeHub, plan: Plan) -> None:
    running.open_period(plan, WANG, hub.machines)


@pytest.mark.usefixtures("_open")
def test_given_an_open_period_then_its_machine_was_started_once_with_plan_and_maker(hub: FakeHub, plan: Plan) -> None:
    running.open_period(plan, WANG, hub.machines)
    assert list(hub.machines.started) == ["period/2026-03-1"]
    given = hub.machines.started["period/2026-03-1"]
    assert (given["period"], given["attempt"], given["made_by"]) == ("2026-03", 1, "wang")
    assert given["plan"]["at"]["auction_opens"] == "2026-03-25T01:00:00.000Z"


def test_given_a_city_whose_window_has_two_phases_then_its_period_is_opened_like_any(hub: FakeHub) -> None:
    prices = {"individual": 8_950_000, "unit": 8_950_000}
    shanghai = nominal(
        "2026-10",
        load_rules("shanghai"),
        {"individual": 60, "unit": 10},
        last_average_fen={},
        lows_fen={},
        last_mean_fen={},
        warning_fen=prices,
    )
    running.open_period(shanghai, WANG, hub.machines)
    assert list(hub.machines.started) == ["period/2026-10-1"]


@pytest.mark.usefixtures("_open")
def test_given_a_machine_begins_then_the_period_runs_and_another_attempt_may_not() -> None:
    for _ in range(2):
        assert step("begin", attempt=1) == {"period": "2026-03", "attempt": 1, "state": "running"}
    with pytest.raises(Conflict, match="ATTEMPT_OVERTAKEN"):
        step("begin", attempt=2)


@pytest.mark.usefixtures("_open")
def test_given_the_plan_is_asked_for_when_approved_then_the_period_is_approved_and_the_machine_told(
    hub: FakeHub,
) -> None:
    asked = {"kind": "plan", "subject": "plan", "totals": {}, "made_by": "system", "task_token": "token"}
    step("request_approval", **asked)
    approval = approvals.waiting("2026-03")[0]
    assert (approval.made_by, approval.totals["auction_day"]) == ("wang", "2026-03-25")
    approvals.decide(approval.id, "approved", reason="", actor=approver(), machines=hub.machines)
    assert hub.machines.answers == {"token": {"decision": "approved", "by": "li"}}
    assert find_period("2026-03").approved_by == "li"


@pytest.mark.usefixtures("_open")
def test_given_the_plan_is_rejected_when_a_better_one_comes_then_it_is_asked_for_anew(hub: FakeHub, plan: Plan) -> None:
    asked = {"kind": "plan", "subject": "plan", "totals": {}, "made_by": "wang"}
    step("begin", attempt=1)
    step("request_approval", **asked, task_token="1")
    rejected = approvals.waiting("2026-03")[0]
    approvals.decide(rejected.id, "rejected", reason="额度有误", actor=approver(), machines=hub.machines)
    assert find_period("2026-03").state is PeriodState.REJECTED
    better = replace(plan, quotas={"individual": 62, "unit": 10})
    assert running.open_period(better, WANG, hub.machines).attempt == 2
    step("begin", attempt=2)
    step("request_approval", **asked, task_token="2")
    assert [each.totals["quotas"]["individual"] for each in approvals.waiting("2026-03")] == [62]
    assert "2" not in hub.machines.answers


@pytest.mark.usefixtures("_open")
@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_given_a_plan_comes_back_after_another_then_its_approval_counts_again_and_its_rejection_does_not(
    decision: str, hub: FakeHub, plan: Plan
) -> None:
    # Given a word on a plan, and another plan in between
    asked = {"kind": "plan", "subject": "plan", "totals": {}, "made_by": "wang"}
    step("request_approval", **asked, task_token="1")
    first = approvals.waiting("2026-03")[0]
    approvals.decide(first.id, decision, reason="核对", actor=approver(), machines=hub.machines)
    if decision == "approved":
        step("stop", machine="period", error="X", cause="down")
    running.open_period(replace(plan, quotas={"individual": 62, "unit": 10}), WANG, hub.machines)
    step("stop", machine="period", error="X", cause="down")
    assert running.open_period(plan, WANG, hub.machines).approved_by == ""
    # When the first one is asked about again
    step("begin", attempt=3)
    step("request_approval", **asked, task_token="3")
    # Then an approval needs no second word, and what was rejected waits for a new one
    if decision == "approved":
        assert hub.machines.answers["3"] == {"decision": "approved", "by": "li"}
        assert (find_period("2026-03").state, find_period("2026-03").approved_by) == (PeriodState.RUNNING, "li")
    else:
        assert "3" not in hub.machines.answers
        assert [each.kind for each in approvals.waiting("2026-03")] == ["plan"]


@pytest.mark.usefixtures("_open")
def test_given_an_attempt_was_overtaken_when_its_machine_stops_or_ends_then_the_next_one_goes_on(hub: FakeHub) -> None:
    step("begin", attempt=1)
    running.restart("2026-03", hub.machines, abandoned=True, actor=WANG)
    step("begin", attempt=2)
    overtaken = json.dumps({"errorMessage": "ATTEMPT_OVERTAKEN: 本期的这次执行已被取代", "errorType": "Conflict"})
    assert step("stop", machine="period", error="Conflict", cause=overtaken)["state"] == "running"
    assert step("stop", machine="refund batch", error="X", cause="down", attempt=1)["state"] == "running"
    # A daily statement's machine is no attempt's.
    assert step("stop", machine="deposit statement", error="X", cause="down", attempt=0)["state"] == "running"
    with pytest.raises(Conflict, match="NOT_RUNNING"):
        step("finish", attempt=1)
    assert {each.source for each in list_problems("2026-03")} == {"period", "refund batch", "deposit statement"}
    assert step("stop", machine="period", error="X", cause="down", attempt=2)["state"] == "stopped"
    running.restart("2026-03", hub.machines, abandoned=False, actor=WANG)
    step("begin", attempt=3)
    assert step("finish", attempt=3)["state"] == "finished"


@pytest.mark.usefixtures("_open")
def test_given_a_batch_when_asked_for_then_its_totals_wait() -> None:
    step(
        "request_approval",
        kind="refund_batch",
        subject="1",
        totals={"count": 2, "principal_fen": 400_000, "interest_fen": 3},
        made_by="system:refund_batch",
        task_token="token",
    )
    assert approvals.waiting("2026-03")[0].totals["principal_fen"] == 400_000


def test_given_milestones_then_the_first_time_counts(hub: FakeHub) -> None:
    first = step("reach", milestone="auction_opens")
    hub.clock.advance(5_000)
    assert step("reach", milestone="auction_opens") == first
    assert reached("2026-03") == {"auction_opens": first["reached_at_ms"]}
    with pytest.raises(InvalidInput, match="MILESTONE_UNKNOWN"):
        step("reach", milestone="lunch")


def test_given_a_refused_file_then_the_list_names_it_and_its_fault() -> None:
    key = "hangzhou/statement/2026-03/2026-03-10/HZB_STMT_20260310.txt"
    for _ in range(2):
        step("problem", source="deposit statement", key=key, error="FileRefused", cause=REFUSED_CAUSE)
    listed = list_problems("2026-03")
    assert len(listed) == 1
    assert (listed[0].code, listed[0].message) == ("FileRefused", "FILE_REFUSED: 文件合计不符")
    assert listed[0].problem.found == key


def test_given_a_refused_file_that_its_room_has_listed_when_the_machine_says_so_too_then_it_stands_there_once() -> None:
    key = "hangzhou/statement/2026-03/2026-03-10/HZB_STMT_20260310.txt"
    record_refusal("2026-03", key, FileRefused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致"))

    step("problem", source="deposit statement", key=key, error="FileRefused", cause=REFUSED_CAUSE)

    listed = list_problems("2026-03")
    assert [(each.source, each.code, each.problem.remedy) for each in listed] == [
        (key, "DIGEST_DIFFERS", "a corrected file in the same folder")
    ]


@pytest.mark.usefixtures("_open")
def test_given_a_machine_stops_when_started_again_then_it_is_the_next_attempt(hub: FakeHub) -> None:
    step("begin", attempt=1)
    with pytest.raises(Conflict, match="NOT_STOPPED"):
        running.restart("2026-03", hub.machines, abandoned=False, actor=WANG)
    for machine in ("refund batch", "period"):
        assert step("stop", machine=machine, error="States.TaskFailed", cause=CHILD_CAUSE)["state"] == "stopped"
    assert [each.source for each in list_problems("2026-03")] == ["period", "refund batch"]
    assert running.restart("2026-03", hub.machines, abandoned=False, actor=WANG).attempt == 2
    assert list(hub.machines.started) == ["period/2026-03-1", "period/2026-03-2"]
    assert step("begin", attempt=2)["state"] == "running"
    with pytest.raises(Conflict, match="ATTEMPT_OVERTAKEN"):
        step("begin", attempt=1)


@pytest.mark.usefixtures("_open")
def test_given_the_start_was_lost_when_restarted_then_the_same_attempt_is_started(hub: FakeHub) -> None:
    hub.machines.started.clear()
    assert running.restart("2026-03", hub.machines, abandoned=False, actor=WANG).attempt == 1
    assert list(hub.machines.started) == ["period/2026-03-1"]


@pytest.mark.usefixtures("_open")
def test_given_a_machine_was_aborted_when_the_operator_says_so_then_a_running_period_is_started_again(
    hub: FakeHub,
) -> None:
    step("begin", attempt=1)
    assert running.restart("2026-03", hub.machines, abandoned=True, actor=WANG).attempt == 2


@pytest.mark.usefixtures("_open")
def test_given_a_finished_period_then_nothing_starts_or_stops_it(hub: FakeHub) -> None:
    with pytest.raises(Conflict, match="NOT_RUNNING"):
        step("finish")
    step("begin", attempt=1)
    for _ in range(2):
        assert step("finish")["state"] == "finished"
    assert step("stop", machine="period", error="X", cause="late")["state"] == "finished"
    with pytest.raises(Conflict, match="NOT_STOPPED"):
        running.restart("2026-03", hub.machines, abandoned=True, actor=WANG)


def test_given_a_file_is_awaited_then_the_step_leaves_the_token(hub: FakeHub) -> None:
    key = "regulator/applicants/2026-03/unit/applicants-unit.xlsx"
    step("await_file", expect="regulator/applicants/2026-03/unit", after=0, task_token="token")
    from chalicelib.periods.arrivals import record_arrival

    record_arrival(key, "e", "1", hub.machines)
    assert hub.machines.answers == {"token": {"bucket": "inbox", "key": key, "seq": 1}}


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (REFUSED_CAUSE, "FILE_REFUSED: 文件合计不符"),
        (CHILD_CAUSE, "FILE_REFUSED: 文件合计不符"),
        (json.dumps({"Cause": CHILD_CAUSE}), "FILE_REFUSED: 文件合计不符"),
        ("plain words", "plain words"),
        ("", "(原因未说明)"),
        (json.dumps({"Input": "secret"}), "(原因未说明)"),
        ("[1]", "(原因未说明)"),
        ("x" * 9_000, "x" * 500),
    ],
)
def test_given_a_cause_then_only_its_innermost_sentence_is_told(cause: str, told: str) -> None:
    assert sentence(cause) == told
