"""The room's steps in state machines."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.steps import run_step
from chalicelib.periods import approvals, arrivals, running
from chalicelib.wiring import hub


def _begin(event: dict[str, Any]) -> dict[str, Any]:
    return running.begin(event["period"], int(event["attempt"]))


def _reach(event: dict[str, Any]) -> dict[str, Any]:
    return running.reach_milestone(event["period"], event["milestone"], hub().clock.now_ms())


def _look(event: dict[str, Any]) -> dict[str, Any]:
    return running.look_at_plan(event["period"], event["milestone"], int(event["attempt"]), hub().clock.now_ms())


def _await_file(event: dict[str, Any]) -> None:
    arrivals.await_file(event["expect"], int(event["after"]), event["task_token"], hub().machines)


def _request_approval(event: dict[str, Any]) -> None:
    # The plan's maker and content are the record's: what the machine was given may be older.
    if event["kind"] == approvals.PLAN:
        running.ask_for_plan(event["period"], event["task_token"], hub().machines)
        return
    approvals.request_approval(
        event["period"],
        event["kind"],
        event["subject"],
        event["totals"],
        made_by=event["made_by"],
        task_token=event["task_token"],
        machines=hub().machines,
    )


def _problem(event: dict[str, Any]) -> dict[str, int]:
    return running.note_problem(event["period"], event["source"], event["error"], event["cause"], event.get("key", ""))


def _stop(event: dict[str, Any]) -> dict[str, Any]:
    return running.stop(event["period"], event["machine"], event["error"], event["cause"], attempt=_attempt(event))


def _finish(event: dict[str, Any]) -> dict[str, Any]:
    return running.finish(event["period"], attempt=_attempt(event))


def _attempt(event: dict[str, Any]) -> int | None:
    # A machine that was started before its definition told the attempt goes on without.
    return int(event["attempt"]) if "attempt" in event else None


STEPS = {
    "begin": _begin,
    "reach": _reach,
    "look": _look,
    "await_file": _await_file,
    "request_approval": _request_approval,
    "problem": _problem,
    "stop": _stop,
    "finish": _finish,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """Run the step that ``event["step"]`` names."""
    del context
    return run_step("periods", STEPS, event)
