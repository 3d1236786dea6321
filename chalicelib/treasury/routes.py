"""The treasury's door on the API."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kernel import aws
from chalicelib.treasury.receiving import SqsQueue, receive
from chalicelib.wiring import hub

FRAME = "application/octet-stream"

treasury_routes = Blueprint(__name__)


@treasury_routes.route("/treasury/messages", methods=["POST"], content_types=[FRAME])
def take_message() -> Response:
    """A raw frame in, the frame that answers it out: 8001 with 200, 5001 with 400 (wrong) or 409 (other content)."""
    parts = hub()
    queue = SqsQueue(aws.client("sqs"), parts.settings.need("CONFIRMATIONS_QUEUE"))
    body = treasury_routes.current_request.raw_body
    frame = body if isinstance(body, bytes) else body.encode()
    reply = receive(frame, parts.treasury(), queue, parts.clock)
    return Response(reply.frame, {"Content-Type": FRAME}, reply.status)
