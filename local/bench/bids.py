"""A bid as API Gateway hands it over, from a bidder whose session is good."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.tokens import Session, issue_newest
from local.bench.dynamodb_stub import FAR_MS, SECRET

PERIOD = "2026-03"


class _Secrets:
    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 (as AWS spells it)
        del SecretId
        return {"SecretString": SECRET}


def keyring() -> Keyring:
    """The keys that the benchmark's secret yields."""
    names = {name: name for name in ("SESSION_SECRET", "RECEIPT_SECRET")}
    return Keyring(_Secrets(), Settings(names), SystemEntropy())


def token(number: int = 1) -> str:
    """A bidder's session."""
    session = Session(f"33{number:011}", "bid", PERIOD, "individual", FAR_MS)
    return issue_newest(session, keyring().session_keys())


def event(bearer: str) -> dict[str, Any]:
    """An API Gateway proxy event for ``POST /bids``, with a request id of its own."""
    return {
        "resource": "/bids",
        "path": "/bids",
        "httpMethod": "POST",
        "headers": {"authorization": f"Bearer {bearer}", "content-type": "application/json"},
        "multiValueHeaders": {"authorization": [f"Bearer {bearer}"], "content-type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": json.dumps({"request_id": str(uuid.uuid4()), "price": 16_000}),
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": "/bids",
            "httpMethod": "POST",
            "path": "/bids",
            "identity": {"sourceIp": "203.0.113.9"},
            "requestTimeEpoch": time.time_ns() // 1_000_000,
        },
    }
