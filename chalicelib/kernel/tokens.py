"""Session tokens: a small signed claim, verified in process, without a look-up.

Form: ``v1.<key id>.<base64url JSON>.<base64url HMAC-SHA256>``. HMAC rather than a public-key signature because issuer
and verifier are the same hub and the bid function checks one per bid.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from chalicelib.kernel.errors import NotAllowed, NotAuthenticated

TOKEN_BYTES_MAX = 1_024


@dataclass(frozen=True)
class Session:
    """Who holds the token and what it opens.

    A bidder's opens one door (``audience``: ``account`` or ``bid``) of one period and class; an operator's
    (``operator``) opens none of theirs. ``sessions_from_ms`` is the holder's record's when the token was issued: once
    that one is later, the token is void. No two functions' clocks are compared.
    """

    subject: str
    audience: str
    period: str
    bidder_class: str
    expires_at_ms: int
    roles: tuple[str, ...] = ()
    sessions_from_ms: int = 0


_CLAIMS = tuple(each.name for each in fields(Session))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(key: bytes, signed: str) -> bytes:
    return hmac.new(key, signed.encode(), hashlib.sha256).digest()


def issue(session: Session, key_id: str, key: bytes) -> str:
    """Sign a session. ``key_id`` names the key so that keys can be rotated without ending sessions."""
    signed = f"v1.{key_id}.{_encode(json.dumps(asdict(session), separators=(',', ':')).encode())}"
    return f"{signed}.{_encode(_signature(key, signed))}"


def issue_newest(session: Session, keys: Mapping[str, bytes]) -> str:
    """Sign a session with the newest key of a ring, which is its first."""
    key_id = next(iter(keys))
    return issue(session, key_id, keys[key_id])


def verify(token: str, audience: str, keys: Mapping[str, bytes], now_ms: int) -> Session:
    """Check a token's signature, audience and expiry.

    ``keys`` maps key ids to the keys still accepted. Raises ``NotAuthenticated`` (missing, forged, expired) or
    ``NotAllowed`` (a good token for another door).
    """
    forged = NotAuthenticated("TOKEN_INVALID", "登录凭证无效,请重新登录")
    if len(token) > TOKEN_BYTES_MAX:
        raise forged
    signed, _, signature = token.rpartition(".")
    parts = signed.split(".")
    if len(parts) != 3 or parts[0] != "v1" or parts[1] not in keys:
        raise forged
    try:
        if not hmac.compare_digest(_decode(signature), _signature(keys[parts[1]], signed)):
            raise forged
        claims = json.loads(_decode(parts[2]))
        # While one version of the hub takes over from another, a token may bear claims that this one does not know.
        known = {name: claims[name] for name in _CLAIMS if name in claims}
        session = Session(**{**known, "roles": tuple(known["roles"])})
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        # A KeyError or TypeError: claims that this version cannot do without.
        raise forged from error
    if now_ms >= session.expires_at_ms:
        raise NotAuthenticated("TOKEN_EXPIRED", "登录已过期,请重新登录")
    if session.audience != audience:
        raise NotAllowed("TOKEN_AUDIENCE", "当前登录不能办理此业务")
    return session


def check_not_void(session: Session, sessions_from_ms: int) -> None:
    """Raise ``NotAuthenticated`` (``TOKEN_VOID``) where the holder's record says that only later sessions hold."""
    if session.sessions_from_ms < sessions_from_ms:
        raise NotAuthenticated("TOKEN_VOID", "登录已失效,请重新登录")


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an ``Authorization: Bearer`` header, whatever the case of its name; empty where there is none."""
    for name, value in headers.items():
        if name.lower() == "authorization" and value.startswith("Bearer "):
            return value.removeprefix("Bearer ").strip()
    return ""
