"""A bid as it comes in over HTTP, and the shape of the answer."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.errors import HubError, InvalidInput
from chalicelib.kernel.money import FEN_PER_YUAN

BODY_CHARS_MAX = 1_024
# Somebody once bid 999,999,999: the cap refuses such a price by name; beyond it a number is not a price.
PRICE_YUAN_MAX = 999_999_999

# When to come again: a tap of requests fills up within a second, and an unknown outcome is asked about at once.
_RETRY_AFTER = {429: "1", 503: "1"}
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True)
class BidRequest:
    """What a bidder asks for. The request id is the client's own: a repeat of it bids once."""

    request_id: str
    price_fen: int


def read_request(event: Mapping[str, Any]) -> BidRequest:
    """Read ``{"request_id": uuid, "price": whole yuan}`` from an API Gateway proxy event.

    Raises ``InvalidInput``: ``BAD_REQUEST``, ``BAD_REQUEST_ID`` or ``BAD_PRICE``.
    """
    body = _json_body(event)
    request_id, price = body.get("request_id"), body.get("price")
    if not isinstance(request_id, str) or _UUID.fullmatch(request_id.lower()) is None:
        raise InvalidInput("BAD_REQUEST_ID", "请求号 request_id 须为 UUID")
    if type(price) is not int or not 0 < price <= PRICE_YUAN_MAX:
        raise InvalidInput("BAD_PRICE", "出价 price 须为以元为单位的正整数")
    return BidRequest(request_id.lower(), price * FEN_PER_YUAN)


def _json_body(event: Mapping[str, Any]) -> dict[str, Any]:
    wrong = InvalidInput("BAD_REQUEST", '请求内容须为 JSON 对象,如 {"request_id": "…", "price": 20000}')
    text = event.get("body") or ""
    if not isinstance(text, str) or len(text) > BODY_CHARS_MAX:
        raise wrong
    try:
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
        body = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise wrong from error
    if not isinstance(body, dict):
        raise wrong
    return body


def receipt_response(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """201 with the receipt."""
    return _response(201, "application/json", receipt)


def refusal_response(error: HubError) -> dict[str, Any]:
    """A refusal, in the shape that every door of the hub answers with."""
    return _response(error.status, "application/problem+json", error.as_problem())


def _response(status: int, content_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    # Nobody on the way may keep the answer to a bid.
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    if status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[status]
    return {
        "statusCode": status,
        "headers": headers,
        "body": _ENCODE(content),
    }
