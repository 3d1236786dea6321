"""The API's doors: every room's routes, and one place where an error becomes an answer (RFC 9457, problem+json)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib.applicants.routes import applicants_routes
from chalicelib.auctions.routes import auctions_routes
from chalicelib.deposits.routes import deposits_routes
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.log import logger
from chalicelib.periods.routes import periods_routes
from chalicelib.refunds.routes import refunds_routes
from chalicelib.treasury.routes import treasury_routes

PROBLEM_JSON = "application/problem+json"


def problem(error: HubError) -> Response:
    """The answer to an error that the hub knows: stable code, Chinese sentence, and what is wrong where."""
    body = {
        "type": f"urn:hangpai:problem:{error.code.lower()}",
        "title": type(error).__name__,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
        "problems": [found.as_dict() for found in error.problems],
    }
    return Response(json.dumps(body, ensure_ascii=False), {"Content-Type": PROBLEM_JSON}, error.status)


def _answer_errors(event: Request, get_response: Callable[[Request], Response]) -> Response:
    try:
        return get_response(event)
    except HubError as error:
        logger.info("refused", extra={"path": event.context.get("resourcePath"), "code": error.code})
        return problem(error)


def health() -> dict[str, Any]:
    """Whether the API answers at all; it touches nothing."""
    return {"status": "ok"}


def open_doors(app: Chalice) -> None:
    """Register the routes of every room that has any."""
    app.route("/health")(health)
    app.register_middleware(_answer_errors, "http")
    for routes in (
        periods_routes,
        applicants_routes,
        deposits_routes,
        auctions_routes,
        treasury_routes,
        refunds_routes,
    ):
        app.register_blueprint(routes)
