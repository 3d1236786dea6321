"""The auction's doors: the published result, and a bidder's own rank."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.applicants.sessions import account
from chalicelib.auctions.publishing import own_result, published
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
