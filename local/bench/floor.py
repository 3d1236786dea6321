"""The floor: a bare function that sends the same signed request over ``http.client`` and does nothing else."""

from __future__ import annotations

import http.client
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

from chalicelib.bidding.records import _MAY_PLACE, _PLACE, bidder_key, pack
from chalicelib.bidding.rules import PlacedBid
from chalicelib.bidding.sigv4 import Credentials, Place, amz_date, authorize

_URL = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:9"))
_CONNECTION = http.client.HTTPConnection(_URL.hostname or "", _URL.port)
_PLACE_OF = Place(_URL.netloc, "cn-north-1", "dynamodb")
_WHO = Credentials("AKID", "secret", os.environ.get("AWS_SESSION_TOKEN", ""))


def update_item(request_id: str, price_fen: int, at_ms: int) -> dict[str, Any]:
    """The request of one bid, as ``records.BidsTable.place`` makes it."""
    return {
        "TableName": "bids",
        "Key": {"pk": {"S": bidder_key("2026-03", "individual", "3300000000001")}},
        "UpdateExpression": _PLACE,
        "ConditionExpression": _MAY_PLACE,
        "ExpressionAttributeValues": {
            ":none": {"L": []},
            ":placed": {"L": [pack(PlacedBid(request_id, price_fen, at_ms))]},
            ":at": {"N": str(at_ms)},
            ":ids": {"SS": [request_id]},
            ":id": {"S": request_id},
            ":bids_max": {"N": "3"},
            ":session": {"N": "0"},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Send, read, answer."""
    del context
    asked = json.loads(event["body"])
    now_ms = time.time_ns() // 1_000_000
    body = json.dumps(update_item(asked["request_id"], asked["price"] * 100, now_ms), separators=(",", ":")).encode()
    head = authorize(
        body,
        target="DynamoDB_20120810.UpdateItem",
        content_type="application/x-amz-json-1.0",
        date=amz_date(now_ms),
        place=_PLACE_OF,
        who=_WHO,
    )
    headers = dict(line.split(":", 1) for line in head.split("\r\n")[1:-2] if not line.startswith("host:"))
    _CONNECTION.request("POST", "/", body, headers)
    reply = _CONNECTION.getresponse()
    json.loads(reply.read())
    return {"statusCode": 201, "body": "{}"}
