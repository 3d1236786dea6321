"""Operators' doors to an applicant. Nothing personal is answered: the applicant's own state, masked."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants import desk
from chalicelib.applicants.bodies import Body
from chalicelib.applicants.records import get
from chalicelib.applicants.views import own_state
from chalicelib.periods import access
from chalicelib.periods.audit import Actor
from chalicelib.periods.naming import month_of
from chalicelib.periods.records import load_plan
from chalicelib.wiring import hub

desk_routes = Blueprint(__name__)

_REASON = r"(?s).{2,200}"
_ROOT = "/periods/{period}/applicants/{code}"


@desk_routes.route(_ROOT, methods=["GET"])
def show(period: str, code: str) -> dict[str, Any]:
    """By any operator -> the applicant's state as the bidder sees it, masked."""
    _operator(period)
    return own_state(get(period, code), hub().keys.vault())


@desk_routes.route(f"{_ROOT}/changes", methods=["POST"])
def propose(period: str, code: str) -> Response:
    """``{kind: phone|password|withdrawal|validity, phone?, valid_until?: YYYY-MM-DD, reason}`` -> 202 ``{change_id}``;
    waits for another operator."""
    actor, body, here = _operator(period, "planner", "cashier", "support"), _body(), hub()
    kind, reason = body.choice("kind", desk.KINDS), _reason(body)
    phone = body.phone() if kind == desk.PHONE else ""
    until = body.day("valid_until") if kind == desk.VALIDITY else None
    body.check()
    change_id = desk.propose_change(
        load_plan(period),
        code,
        kind,
        phone=phone,
        valid_until=until,
        reason=reason,
        actor=actor,
        vault=here.keys.vault(),
    )
    return Response({"change_id": change_id}, status_code=202)


@desk_routes.route(f"{_ROOT}/changes/{{change_id}}", methods=["POST"])
def confirm(period: str, code: str, change_id: str) -> dict[str, Any]:
    """By an approver who is not the proposer -> the applicant's state; sessions from before are void."""
    actor = _operator(period, "approver")
    changed = desk.confirm_change(load_plan(period), code, change_id, actor=actor)
    return own_state(changed, hub().keys.vault())


@desk_routes.route(f"{_ROOT}/activation", methods=["POST"])
def activate(period: str, code: str) -> Response:
    """``{id_number, password, rollover}``, the bidder being present -> 201 the applicant's state."""
    actor, body = _operator(period, "planner", "cashier", "support"), _body()
    id_number = body.text("id_number", r"[0-9A-Za-z]{18}", "18 characters")
    password, rollover = body.text("password", r"(?s).*", "a text"), body.flag("rollover")
    body.check()
    here = hub()
    vault = here.keys.vault()
    activated = desk.activate_on_site(
        load_plan(period),
        code,
        id_number,
        password,
        rollover=rollover,
        actor=actor,
        vault=vault,
        entropy=here.entropy,
    )
    return Response(own_state(activated, vault), status_code=201)


def _operator(period: str, *roles: str) -> Actor:
    actor = access.actor(desk_routes.current_request, *roles)
    month_of(period)
    return actor


def _body() -> Body:
    return Body(desk_routes.current_request.json_body)


def _reason(body: Body) -> str:
    return body.text("reason", _REASON, "2 to 200 characters")
