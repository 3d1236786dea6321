"""The room's doors: sign-in, the plan and its amendments, approvals, problems, the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.paging import page_of
from chalicelib.kernel.tokens import issue_newest
from chalicelib.periods import access, approvals, audit, calendar_table, operators, running
from chalicelib.periods.calendar import read_notice
from chalicelib.periods.naming import month_of
from chalicelib.periods.plan_json import draft_from_json, from_json, to_json, wanted_from_json
from chalicelib.periods.problems import list_problems
from chalicelib.periods.reaching import reached
from chalicelib.periods.records import Period, find_period
from chalicelib.periods.rules import load_rules
from chalicelib.periods.versions import history
from chalicelib.wiring import hub

periods_routes = Blueprint(__name__)

_TEXT_CHARACTERS_MAX = 1_000
_STATES = ("", "waiting", approvals.APPROVED, approvals.REJECTED)


@periods_routes.route("/operator-sessions", methods=["POST"])
def sign_in() -> Response:
    """``{name, password}`` -> 201 ``{token, roles, expires_at_ms}``."""
    body = _body()
    session = operators.sign_in(_text(body, "name"), _text(body, "password"), hub().clock.now_ms())
    token = issue_newest(session, hub().keys.session_keys())
    return Response({"token": token, "roles": list(session.roles), "expires_at_ms": session.expires_at_ms}, {}, 201)


@periods_routes.route("/periods", methods=["POST"])
def open_period() -> Response:
    """A plan (``plan_json``) by a planner -> 201 ``{period, state, attempt}``; its machine asks for approval first."""
    actor = access.actor(periods_routes.current_request, "planner")
    period = running.open_period(from_json(_body()), actor, hub().machines)
    return Response(_standing(period), {}, 201)


@periods_routes.route("/plan-drafts", methods=["POST"])
def draft_plan() -> dict[str, Any]:
    """By a planner, ``{period, city, quotas, dates?, ...}`` (``plan_json``) -> the plan to be posted; keeps nothing."""
    access.operator(periods_routes.current_request, "planner")
    return to_json(draft_from_json(_body(), load_rules, calendar_table.hub_calendar()))


@periods_routes.route("/calendar", methods=["GET"])
def show_calendar() -> dict[str, Any]:
    """By any operator -> ``{entries: [{year, holidays, workdays, source, number, entered_by, entered_at_ms}],
    next}``."""
    request = periods_routes.current_request
    access.operator(request)
    entries = [each.as_dict() for each in calendar_table.entries()]
    shown, following = page_of(entries, request.query_params, lambda entry: [entry["year"], entry["number"]])
    return {"entries": shown, "next": following}


@periods_routes.route("/calendar", methods=["POST"])
def enter_calendar() -> Response:
    """A year's notice ``{year, holidays, workdays, source}`` by a planner -> 201 the entry; the latest counts."""
    actor = access.actor(periods_routes.current_request, "planner")
    entry = calendar_table.enter_notice(read_notice(_body()), actor)
    return Response(entry.as_dict(), {}, 201)


@periods_routes.route("/periods/{period}", methods=["GET"])
def show_period(period: str) -> dict[str, Any]:
    """Open to everybody: state, milestones reached, and the plan once a second person has approved it (else null)."""
    month_of(period)
    found = find_period(period)
    return {
        **_standing(found),
        "approved": bool(found.approved_by),
        "plan": to_json(found.plan) if found.approved_by else None,
        "reached": {name: local_text(at_ms) for name, at_ms in sorted(reached(period).items(), key=lambda it: it[1])},
    }


@periods_routes.route("/periods/{period}/restart", methods=["POST"])
def restart(period: str) -> Response:
    """By a planner, ``{abandoned?: bool}`` -> 202 ``{period, state, attempt}``."""
    actor = access.actor(periods_routes.current_request, "planner")
    month_of(period)
    abandoned = _body().get("abandoned", False)
    if not isinstance(abandoned, bool):
        raise _wrong("abandoned", "true or false")
    return Response(_standing(running.restart(period, hub().machines, abandoned=abandoned, actor=actor)), {}, 202)


@periods_routes.route("/periods/{period}/amendments", methods=["POST"])
def amend_plan(period: str) -> Response:
    """By a planner, ``{reason, milestones: {name: {at, date}}, broadcasts?, statements?}`` -> 201 the approval that it
    waits for; it counts once another person approves it."""
    actor = access.actor(periods_routes.current_request, "planner")
    month_of(period)
    approval = running.amend_period(period, wanted_from_json(_body()), actor, hub().machines)
    return Response(approval.as_dict(), {}, 201)


@periods_routes.route("/periods/{period}/plan-versions", methods=["GET"])
def show_versions(period: str) -> dict[str, Any]:
    """By any operator -> ``{versions: [{number, kind, state, made_by, made_at, reason, decided_by, decided_at,
    decision_reason, digest, changes: [{field, before, after}], plan}], next}``, the first one first."""
    request = periods_routes.current_request
    access.operator(request)
    month_of(period)
    listed = history(period, find_period(period).plan_digest)
    shown, following = page_of(listed, request.query_params, lambda version: version["number"])
    return {"versions": shown, "next": following}


@periods_routes.route("/audit-trail/{month}", methods=["GET"])
def show_trail(month: str) -> dict[str, Any]:
    """By an auditor, ``?of=acts|sign-ins&limit=50&cursor=`` -> ``{acts: [{at, by, roles, act, subject, before, after}],
    next}``: the month's acts, oldest first; ``next`` of a page is the next one's cursor, and empty on the last."""
    request = periods_routes.current_request
    access.operator(request, "auditor")
    month_of(month)
    asked: Mapping[str, str] = request.query_params or {}
    limit = str(asked.get("limit") or audit.PAGE_MAX)
    if not limit.isascii() or not limit.isdigit():
        raise _wrong("limit", f"1 to {audit.PAGE_MAX}")
    book = str(asked.get("of") or audit.ACTS)
    if book not in audit.BOOKS:
        raise _wrong("of", " or ".join(audit.BOOKS))
    page = audit.trail(month, book=book, after=str(asked.get("cursor") or ""), limit=int(limit))
    return {"acts": list(page.acts), "next": page.after}


@periods_routes.route("/periods/{period}/approvals", methods=["GET"])
def list_approvals(period: str) -> dict[str, Any]:
    """By any operator, ``?state=waiting|approved|rejected`` -> ``{approvals: [...], next}``."""
    request = periods_routes.current_request
    access.operator(request)
    month_of(period)
    asked = request.query_params
    state = str(asked.get("state") or "") if asked else ""
    if state not in _STATES:
        raise _wrong("state", "waiting, approved or rejected")
    listed, following = page_of(approvals.approvals(period, state), asked, lambda approval: approval.id)
    return {"approvals": [each.as_dict() for each in listed], "next": following}


@periods_routes.route("/approvals/{approval_id}", methods=["POST"])
def decide(approval_id: str) -> dict[str, Any]:
    """By an approver who is not the maker, ``{decision: approved|rejected, reason}`` -> the approval."""
    actor = access.actor(periods_routes.current_request, "approver")
    body = _body()
    decision, reason = _text(body, "decision"), _text(body, "reason", empty=True)
    decided = approvals.decide(approval_id, decision, reason=reason, actor=actor, machines=hub().machines)
    return decided.as_dict()


@periods_routes.route("/periods/{period}/problems", methods=["GET"])
def show_problems(period: str) -> dict[str, Any]:
    """By any operator -> ``{problems: [{source, code, message, line, field, found, remedy}], next}``."""
    request = periods_routes.current_request
    access.operator(request)
    month_of(period)
    shown, following = page_of([each.as_dict() for each in list_problems(period)], request.query_params)
    return {"problems": shown, "next": following}


def _standing(period: Period) -> dict[str, Any]:
    return {"period": period.plan.period, "state": period.state.value, "attempt": period.attempt}


def _wrong(field: str, remedy: str) -> InvalidInput:
    return InvalidInput("BODY_INVALID", f"请求字段不正确: {field}", problems=(Problem(0, field, "", remedy),))


def _body() -> dict[str, Any]:
    found = periods_routes.current_request.json_body
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong("body", "a JSON object")
    return found


def _text(body: dict[str, Any], field: str, *, empty: bool = False) -> str:
    found = body.get(field, "" if empty else None)
    if not isinstance(found, str) or len(found) > _TEXT_CHARACTERS_MAX or not (found or empty):
        raise _wrong(field, f"a text of at most {_TEXT_CHARACTERS_MAX} characters")
    return found
