"""The auction's doors: the published result, a bidder's own rank, and an operator's proposal to pause or resume."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.sessions import account
from chalicelib.auctions.pauses import propose
from chalicelib.auctions.publishing import own_result, published
from chalicelib.periods.access import actor
from chalicelib.wiring import hub

auctions_routes = Blueprint(__name__)


@auctions_routes.route("/periods/{period}/result", methods=["GET"])
def period_result(period: str) -> dict[str, Any]:
    """The published result, for everybody: the content of ``auction/{period}/result.json``."""
    return published(period)


@auctions_routes.route("/me/result", methods=["GET"])
def my_result() -> dict[str, Any]:
    """The bidder's own rank. Account session."""
    here = hub()
    headers = auctions_routes.current_request.headers
    session = account(headers, here.keys.session_keys(), here.clock.now_ms())
    return own_result(session.period, session.subject)


@auctions_routes.route("/periods/{period}/pauses", methods=["POST"])
def propose_pause(period: str) -> Response:
    """By a planner, ``{action: pause|resume, reason}`` -> 202 ``{period, action, number, reason}``.

    It waits among the approvals until a second person decides; the reason is published with the pause.
    """
    here, request = hub(), auctions_routes.current_request
    who = actor(request, "planner")
    body = request.json_body if isinstance(request.json_body, dict) else {}
    proposed = propose(
        period,
        str(body.get("action", "")),
        str(body.get("reason", "")),
        actor=who,
        machines=here.machines,
    )
    return Response(proposed, {}, 202)
