"""The auction's doors: the clock, the result, a bidder's own bids and rank, an operator's word to pause or resume."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.sessions import account, account_or_bid
from chalicelib.auctions.own_bids import own_bids, receipts_from
from chalicelib.auctions.pauses import propose
from chalicelib.auctions.publishing import own_result, published
from chalicelib.kernel.aws import client
from chalicelib.periods.access import actor
from chalicelib.wiring import hub

auctions_routes = Blueprint(__name__)


@auctions_routes.route("/periods/{period}/result", methods=["GET"])
def period_result(period: str) -> dict[str, Any]:
    """The published result, for everybody: the content of ``auction/{period}/result.json``."""
    return published(period)


@auctions_routes.route("/time", methods=["GET"])
def time() -> dict[str, int]:
    """``{now_ms}``: the hub's clock, by which pages count down; for everybody."""
    return {"now_ms": hub().clock.now_ms()}


@auctions_routes.route("/me/bids", methods=["GET"])
def my_bids() -> dict[str, Any]:
    """The bidder's own bids with their receipts (``own_bids``). Account session or bid session."""
    here = hub()
    headers = auctions_routes.current_request.headers
    session = account_or_bid(headers, here.keys.session_keys(), here.clock.now_ms())
    return own_bids(session, receipts_from(client("lambda"), here.settings.need("BID_FUNCTION")))


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
