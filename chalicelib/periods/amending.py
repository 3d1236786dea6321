"""Amending a published plan: one operator drafts it with a reason, another approves it, and running machines see it."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.amendment import Wanted, amendment_problems, changes
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.calendar import WorkCalendar
from chalicelib.periods.milestones import MILESTONES
from chalicelib.periods.plan import Plan, check, check_against
from chalicelib.periods.plan_json import to_json
from chalicelib.periods.reaching import reached
from chalicelib.periods.records import (
    Period,
    PeriodState,
    amend,
    find_period,
    load_period_rules,
    plan_digest,
)
from chalicelib.periods.rules import RuleSet
from chalicelib.periods.timetable import draft_statements
from chalicelib.periods.versions import AMENDMENT, VersionRecord, add_version, versions


def draft_amendment(period: str, wanted: Wanted, actor: Actor, calendar: WorkCalendar) -> VersionRecord:
    """Keep an amendment as the plan's next version; the same one again, while it waits, is the same version.

    Raises ``Conflict`` (``PLAN_NOT_PUBLISHED``) where no approved plan stands or the period has ended, and
    ``InvalidInput``: ``AMENDMENT_INVALID`` naming each milestone that cannot move and why, or what ``check`` and
    ``check_against`` raise for the plan that it would become.
    """
    standing = _published(period)
    rules = load_period_rules(period)
    amended = amend_plan(standing.plan, wanted, rules, calendar)
    digest = plan_digest(amended)
    last = versions(period)[-1]
    if (last.digest, last.replaces, last.decision, last.made_by) == (digest, standing.plan_digest, "", actor.name):
        return last
    check(amended)
    check_against(amended, rules, calendar)
    _hold(standing.plan, amended, period, actor.at_ms)
    transaction = Transaction()
    number = add_version(
        transaction,
        amended,
        digest,
        kind=AMENDMENT,
        by=actor.name,
        at_ms=actor.at_ms,
        replaces=standing.plan_digest,
        reason=wanted.reason,
    )
    moved = changes(to_json(standing.plan), to_json(amended))
    before = {each["field"]: each["before"] for each in moved}
    after = {"version": number, "reason": wanted.reason, **{each["field"]: each["after"] for each in moved}}
    note(transaction, actor, Act("plan.amendment", period, before, after))
    try:
        transaction.commit()
    except Conflict as error:
        raise Conflict("PLAN_CHANGED", f"本期工作计划刚被他人修改,请核对后重新提交: {period}") from error
    return versions(period)[number - 1]


def amend_plan(plan: Plan, wanted: Wanted, rules: RuleSet, calendar: WorkCalendar) -> Plan:
    """The plan with what is wanted put in. Raises ``InvalidInput`` (``AMENDMENT_INVALID``) for a name it has not."""
    unknown = [Problem(0, f"milestones.{name}", "", "the name of a milestone") for name in wanted.milestones]
    unknown = [each for each in unknown if each.field.removeprefix("milestones.") not in MILESTONES]
    milestones = {**plan.milestones, **wanted.milestones}
    broadcasts = plan.broadcasts if wanted.broadcasts is None else wanted.broadcasts
    statements = plan.statements
    if wanted.statements is not None:
        statements = wanted.statements
    elif not unknown and plan.statements == draft_statements(plan.milestones, rules, calendar):
        statements = draft_statements(milestones, rules, calendar)
    amended = replace(plan, milestones=milestones, broadcasts=broadcasts, statements=statements)
    if unknown or amended == plan:
        raise _invalid(unknown or [Problem(0, "milestones", "", "at least one instant or date that differs")])
    return amended


def apply_amendment(transaction: Transaction, period: str, digest: str, actor: Actor) -> None:
    """Put an amendment's coming into force into the transaction of its approval.

    Raises ``Conflict`` (``PLAN_CHANGED``) where another plan stands than the one it was drafted over, and
    ``InvalidInput`` (``AMENDMENT_INVALID``) where a milestone has passed while it waited.
    """
    standing = _published(period)
    for version in versions(period):
        if version.digest == digest and version.replaces == standing.plan_digest and not version.decision:
            _hold(standing.plan, version.as_plan(), period, actor.at_ms)
            amend(transaction, version, actor.name)
            return
    raise Conflict("PLAN_CHANGED", f"本期工作计划在提交后已变更,请重新提交: {period}")


def _published(period: str) -> Period:
    standing = find_period(period)
    open_states = (PeriodState.DRAFT, PeriodState.RUNNING, PeriodState.STOPPED)
    if not standing.approved_by or standing.state not in open_states:
        raise Conflict("PLAN_NOT_PUBLISHED", f"本期没有可变更的已公布工作计划: {period}")
    return standing


def _hold(standing: Plan, amended: Plan, period: str, now_ms: int) -> None:
    problems = amendment_problems(standing, amended, reached(period).keys(), now_ms)
    if problems:
        raise _invalid(problems)


def _invalid(problems: list[Problem]) -> InvalidInput:
    fields = ", ".join(dict.fromkeys(problem.field for problem in problems[:5]))
    return InvalidInput("AMENDMENT_INVALID", f"工作计划不能这样变更: {fields}", problems=tuple(problems))
