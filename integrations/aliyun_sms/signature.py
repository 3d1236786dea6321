"""Aliyun's RPC-style signature, version 1.0: HMAC-SHA1 over the sorted, percent-encoded parameters."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote


def sign(method: str, params: Mapping[str, str], secret: str) -> str:
    """The ``Signature`` (base64) of a request's parameters, which do not hold it yet."""
    query = "&".join(f"{_escape(name)}={_escape(value)}" for name, value in sorted(params.items()))
    to_sign = f"{method}&{_escape('/')}&{_escape(query)}"
    # SHA-1 is what this API version prescribes; HMAC does not rest on its collision resistance.
    return base64.b64encode(hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()).decode()


def _escape(text: str) -> str:
    return quote(text, safe="~")
