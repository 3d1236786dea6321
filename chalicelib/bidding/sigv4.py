"""Signature version 4 for AWS's JSON protocols: a POST to ``/``, nothing in the query. Pure.

Source: AWS General Reference, "Signature Version 4 signing process". ``tests/bidding/test_sigv4.py`` holds it to what
botocore signs for the same request.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True)
class Credentials:
    """Who signs. A role's come with a session token."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Place:
    """Where a request goes: the ``Host`` header's value, the region and the service that are signed for."""

    host: str
    region: str
    service: str


def amz_date(at_ms: int) -> str:
    """Epoch ms as AWS dates a request: ``20260325T015615Z``."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_ms // 1_000))


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    # It holds for a day: a process pays for it once.
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def authorize(body: bytes, *, target: str, content_type: str, date: str, place: Place, who: Credentials) -> str:
    """The request's head, signed: request line, headers and the empty line, ready to be put before ``body``."""
    token = f"x-amz-security-token:{who.session_token}\n" if who.session_token else ""
    headers = f"content-type:{content_type}\nhost:{place.host}\nx-amz-date:{date}\n{token}x-amz-target:{target}\n"
    names = f"content-type;host;x-amz-date;{'x-amz-security-token;' if token else ''}x-amz-target"
    request = f"POST\n/\n\n{headers}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date[:8]}/{place.region}/{place.service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = _signing_key(who.secret_key, date[:8], place.region, place.service)
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    return (
        "POST / HTTP/1.1\r\n"
        + headers.replace("\n", "\r\n")
        + f"authorization: AWS4-HMAC-SHA256 Credential={who.access_key}/{scope}, SignedHeaders={names}, "
        + f"Signature={signature}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
