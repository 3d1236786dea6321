"""Evidence's doors: an operator takes in what the notary attaches to a period, by its digests."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.evidence.attachments import attachment_of, listing, register, upload_of
from chalicelib.periods import access
from chalicelib.periods.naming import month_of
from chalicelib.periods.records import find_period
from chalicelib.wiring import hub

evidence_routes = Blueprint(__name__)


@evidence_routes.route("/periods/{period}/attachments", methods=["POST"])
def register_attachment(period: str) -> Response:
    """``{name, kind, bytes, sha256, sm3}`` (planner) -> 201 ``{sha256, upload: {url, headers} | null}``: the next
    package names it. Whoever also wants it kept puts the file there, with these headers, within the hour; asked again
    with the same, the address is a new one."""
    request = evidence_routes.current_request
    actor = access.actor(request, "planner")
    month_of(period)
    find_period(period)
    body = request.json_body
    attachment = attachment_of(body if isinstance(body, dict) else {})
    register(period, attachment, actor)
    told = {"sha256": attachment.sha256, "upload": upload_of(period, attachment, hub().files)}
    return Response(told, status_code=201)


@evidence_routes.route("/periods/{period}/attachments", methods=["GET"])
def attachments(period: str) -> dict[str, Any]:
    """By any operator: ``{period, attachments: [{name, kind, bytes, sha256, sm3, upload, sealed_in}]}``."""
    access.operator(evidence_routes.current_request)
    month_of(period)
    return {"period": period, "attachments": listing(period, hub().files)}
