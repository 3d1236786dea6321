"""The last hand on every answer: validators and caching, how much is left, when to come again (RFC 9110, 9111).

``RateLimit-*`` as in draft-ietf-httpapi-ratelimit-headers, in the three headers that clients read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from chalice.app import Request, Response, handle_extra_types

from chalicelib.kernel import rates

JSON = "application/json"
PENDING_RETRY_S = 5
LIMIT_RETRY_S = 60


def finished(request: Request, response: Response) -> Response:
    """The answer with its headers; 304 without content where the caller has it already."""
    if not isinstance(response.body, str | bytes):
        response.body = json.dumps(response.body, separators=(",", ":"), default=handle_extra_types)
        response.headers.setdefault("Content-Type", JSON)
    rate = rates.tightest()
    if rate is not None:
        response.headers |= {
            "RateLimit-Limit": str(rate.limit),
            "RateLimit-Remaining": str(rate.remaining),
            "RateLimit-Reset": str(rate.reset_s),
        }
    if response.status_code == 429:
        response.headers["Retry-After"] = str(rate.reset_s if rate and not rate.remaining else LIMIT_RETRY_S)
    elif response.status_code == 503:
        response.headers["Retry-After"] = str(PENDING_RETRY_S)
    # What is about somebody is kept by nobody on the way, and not by his browser: others use it too.
    mine = request.headers.get("Authorization") is not None or request.method != "GET"
    response.headers.setdefault("Cache-Control", "no-store" if mine else "no-cache")
    if request.method == "GET" and response.status_code == 200:
        return _validated(request.headers, response)
    return response


def _validated(headers: Mapping[str, str], response: Response) -> Response:
    body = response.body if isinstance(response.body, bytes) else response.body.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    known = [each.strip().removeprefix("W/") for each in str(headers.get("If-None-Match", "")).split(",")]
    if etag in known or "*" in known:
        kept = {name: value for name, value in response.headers.items() if name != "Content-Type"}
        return Response("", kept, 304)
    return response
