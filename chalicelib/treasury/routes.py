"""The treasury's door on the API, behind the relay at the end of the leased line (docs/decisions/0005)."""

from __future__ import annotations

import base64
import binascii

from chalice.app import Blueprint, Response

from chalicelib.kernel import aws
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.queues import SqsQueue
from chalicelib.treasury.receiving import receive
from chalicelib.wiring import hub

treasury_routes = Blueprint(__name__)


@treasury_routes.route("/treasury/messages", methods=["POST"])
def take_message() -> Response:
    """``{"frame": base64}`` in, the frame that answers it out, in the same form.

    200: it acknowledges (8001); 400: it refuses what is wrong (5001); 409: it refuses other content under a number that
    stands (5001). Base64, because the frame's bytes are GBK and must come through every proxy as they are.
    """
    parts = hub()
    queue = SqsQueue(aws.client("sqs"), parts.settings.need("CONFIRMATIONS_QUEUE"))
    reply = receive(_frame(), parts.treasury(), queue, parts.clock)
    return Response({"frame": base64.b64encode(reply.frame).decode()}, {}, reply.status)


def _frame() -> bytes:
    body = treasury_routes.current_request.json_body
    try:
        return base64.b64decode(body["frame"], validate=True)
    except (TypeError, KeyError, binascii.Error, ValueError) as error:
        problem = Problem(0, "frame", "", "a frame of the treasury's, in base64")
        raise InvalidInput("FRAME_MISSING", "请求中没有有效的报文", problems=(problem,)) from error
