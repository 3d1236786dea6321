"""Starting a period's state machine, starting it again, and noting how it goes. Every function may be called again."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.machines import Machines
from chalicelib.periods.amending import draft_amendment
from chalicelib.periods.amendment import Wanted, changes, look
from chalicelib.periods.approvals import AMENDMENT, APPROVED, PLAN, Approval, request_approval
from chalicelib.periods.audit import Act, Actor, note_alone
from chalicelib.periods.calendar_table import hub_calendar
from chalicelib.periods.milestones import MILESTONES
from chalicelib.periods.plan import Plan, check_against, machine_input
from chalicelib.periods.plan_json import to_json
from chalicelib.periods.problems import CORRECTED, list_problems, record_problems
from chalicelib.periods.reaching import reach
from chalicelib.periods.records import (
    Period,
    PeriodState,
    find_period,
    load_plan,
    move,
    next_attempt,
    rules_for,
    save_plan,
    stands,
)

MACHINE = "period"
OVERTAKEN = "ATTEMPT_OVERTAKEN"
_CAUSE_CHARACTERS_MAX = 500
_CAUSES_DEEP_MAX = 10


def open_period(plan: Plan, actor: Actor, machines: Machines) -> Period:
    """Keep a plan as the period's draft and start its machine, which first asks for a second person's approval.

    Raises what ``check_against`` and ``save_plan`` raise. The same plan again is the same period, and starts nothing
    twice.
    """
    if not stands(plan):
        check_against(plan, rules_for(plan), hub_calendar())
    period = save_plan(plan, PeriodState.DRAFT, actor.name, actor)
    _start(period, machines)
    return period


def restart(period: str, machines: Machines, *, abandoned: bool, actor: Actor) -> Period:
    """Start a stopped period's machine again as the next attempt; what was done is not done twice.

    ``abandoned`` is the operator's word that the machine of a running period is gone (it was aborted, so it could not
    say so itself). A draft's machine is started under its standing attempt, should the start have been lost. Raises
    ``Conflict`` (``NOT_STOPPED``).
    """
    standing = find_period(period)
    if standing.state is not PeriodState.DRAFT:
        since = (PeriodState.STOPPED, PeriodState.RUNNING) if abandoned else (PeriodState.STOPPED,)
        if not next_attempt(period, standing.attempt, since=since, actor=actor):
            raise Conflict("NOT_STOPPED", f"本期未处于停止状态,不能重新启动: {period}")
        standing = find_period(period)
    else:
        attempt = {"attempt": standing.attempt}
        note_alone(actor, Act("period.restart", period, attempt, attempt))
    _start(standing, machines)
    return standing


def begin(period: str, attempt: int) -> dict[str, Any]:
    """The machine of an attempt has started. Raises ``Conflict`` (``ATTEMPT_OVERTAKEN``) where another one counts."""
    since = (PeriodState.DRAFT, PeriodState.RUNNING)
    if not move(period, PeriodState.RUNNING, since=since, attempt=attempt):
        raise Conflict(OVERTAKEN, f"本期的这次执行已被取代或已结束: {period}-{attempt}")
    return {"period": period, "attempt": attempt, "state": PeriodState.RUNNING.value}


def amend_period(period: str, wanted: Wanted, actor: Actor, machines: Machines) -> Approval:
    """Draft an amendment of a published plan and ask for a second person's word on it, with what moves from where.

    Raises what ``draft_amendment`` raises.
    """
    standing = find_period(period).plan
    version = draft_amendment(period, wanted, actor, hub_calendar())
    moved = changes(to_json(standing), to_json(version.as_plan()))
    totals = {"version": version.number, "reason": version.reason, "changes": moved}
    return request_approval(period, AMENDMENT, version.digest, totals, made_by=version.made_by, machines=machines)


def look_at_plan(period: str, milestone: str, attempt: int, now_ms: int) -> dict[str, Any]:
    """The plan as it stands now, as a machine reads it, with ``due`` and ``until`` of a milestone (``look``)."""
    plan = load_plan(period)
    return {**machine_input(plan, attempt)["plan"], **look(plan, milestone, now_ms)}


def ask_for_plan(period: str, task_token: str, machines: Machines) -> None:
    """Ask for a second person's word on the standing plan: its digest is the subject, so a changed plan asks anew.

    One that was approved already, as a plan or as an amendment, is not asked for again by a later attempt.
    """
    standing = find_period(period)
    plan = standing.plan
    if standing.approved_by:
        machines.answer(task_token, {"decision": APPROVED, "by": standing.approved_by})
        return
    totals = {
        "quotas": dict(plan.quotas),
        "auction_day": plan.day("auction_opens").isoformat(),
        "rules_version": plan.rules_version,
    }
    request_approval(
        period,
        PLAN,
        standing.plan_digest,
        totals,
        made_by=standing.made_by,
        task_token=task_token,
        machines=machines,
    )


def reach_milestone(period: str, milestone: str, now_ms: int) -> dict[str, Any]:
    """Note that a milestone was reached; the first time counts. Raises ``InvalidInput`` (``MILESTONE_UNKNOWN``)."""
    if milestone not in MILESTONES:
        raise InvalidInput("MILESTONE_UNKNOWN", f"没有这一节点: {milestone[:40]}")
    return {"period": period, "milestone": milestone, "reached_at_ms": reach(period, milestone, now_ms)}


def note_problem(period: str, source: str, error: str, cause: str, key: str = "") -> dict[str, int]:
    """List what made a step fail: the error's name, its sentence, and the file that is to be corrected, if any.

    What the room that read a file has listed of it is not said once more."""
    if key and any(each.source == key for each in list_problems(period)):
        return {"problems": 0}
    problems = [Problem(0, "file", key, CORRECTED)] if key else []
    return {"problems": record_problems(period, source, problems, error, sentence(cause))}


def stop(period: str, machine: str, error: str, cause: str, *, attempt: int | None = None) -> dict[str, Any]:
    """A machine has stopped: list why, and note that the period is to be started again.

    A machine of an ``attempt`` that another one has overtaken stops nothing but itself: the period goes on.
    """
    note_problem(period, machine, error, cause)
    if not sentence(cause).startswith(OVERTAKEN):
        since = (PeriodState.DRAFT, PeriodState.RUNNING)
        move(period, PeriodState.STOPPED, since=since, attempt=attempt, error=error[:80])
    return {"period": period, "state": find_period(period).state.value}


def finish(period: str, *, attempt: int | None = None) -> dict[str, Any]:
    """The last step is done. Raises ``Conflict`` (``NOT_RUNNING``) where the period, or this attempt, does not run."""
    since = (PeriodState.RUNNING, PeriodState.FINISHED)
    if not move(period, PeriodState.FINISHED, since=since, attempt=attempt):
        raise Conflict("NOT_RUNNING", f"本期不在执行中,不能结束: {period}")
    return {"period": period, "state": PeriodState.FINISHED.value}


def sentence(cause: str) -> str:
    """The innermost message of a failure's cause: a Lambda's error, or a child machine's account of its own failure.

    What surrounds it (the child's input, a stack trace) is left out: it says nothing to an operator.
    """
    for _ in range(_CAUSES_DEEP_MAX):
        try:
            told = json.loads(cause)
        except ValueError:
            break
        inner = (
            next((told[name] for name in ("errorMessage", "Cause", "cause") if told.get(name)), None)
            if isinstance(told, dict)
            else None
        )
        if not isinstance(inner, str):
            return "(原因未说明)"
        cause = inner
    return cause[:_CAUSE_CHARACTERS_MAX] or "(原因未说明)"


def _start(period: Period, machines: Machines) -> None:
    given = {**machine_input(period.plan, period.attempt), "made_by": period.made_by}
    machines.start(MACHINE, f"{period.plan.period}-{period.attempt}", given)
