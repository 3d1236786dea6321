"""Aliyun's RPC-style signature, version 1.0: HMAC-SHA1 over the sorted, percent-encoded parameters."""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from collections.abc import Mapping
from urllib.parse import quote

# RFC 3986; everything else is escaped, "%" first of all.
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


def sign(method: str, params: Mapping[str, str], secret: str) -> str:
    """The ``Signature`` (base64) of a request's parameters, which do not hold it yet."""
    return _signature(method, _query(params), secret)


def signed_body(method: str, params: Mapping[str, str], secret: str) -> bytes:
    """A whole form, signature included, as it is sent: escaped once, for the signature and for the way."""
    query = _query(params)
    return f"{query}&Signature={_escape(_signature(method, query, secret))}".encode()


def _query(params: Mapping[str, str]) -> str:
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in sorted(params.items()))


def _signature(method: str, query: str, secret: str) -> str:
    # Escaped again, as prescribed; once escaped it holds only these three that this changes.
    again = query.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    to_sign = f"{method}&%2F&{again}"
    # SHA-1 is what this API version prescribes; HMAC does not rest on its collision resistance.
    return base64.b64encode(hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()).decode()


def _escape(text: str) -> str:
    # Each different character once: a batch's lists are ten thousand long and hold thirty of them.
    for each in sorted(set(text) - _UNRESERVED, key="%".__ne__):
        text = text.replace(each, quote(each, safe=""))
    return text
