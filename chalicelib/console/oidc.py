"""Sign-in by an OpenID provider: authorization code with PKCE, and an ID token held to every claim that counts.

OpenID Connect Core 1.0 (3.1.3.7: what to check), RFC 7636 (PKCE), RFC 9207 (``iss`` in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chalicelib.kernel.errors import NotAuthenticated, Pending
from chalicelib.kernel.json_text import read_json

TIMEOUT_S = (3, 5)
# Clocks differ a little.
LEEWAY_S = 60
ALGORITHMS = ("RS256", "ES256", "PS256")
_DISCOVERY = "/.well-known/openid-configuration"
_LOCAL = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Client:
    """What the provider knows us as. ``name_claim`` of the ID token is the operator's name at the hub."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str
    name_claim: str = "preferred_username"


@dataclass(frozen=True)
class Endpoints:
    """The provider's own word on where it answers."""

    authorize: str
    token: str
    keys: str


def challenge_of(verifier: str) -> str:
    """PKCE's ``S256``."""
    return _text(hashlib.sha256(verifier.encode()).digest())


def random_text(raw: bytes) -> str:
    """Random bytes as they go into addresses and cookies."""
    return _text(raw)


class Provider:
    """An OpenID provider as far as a sign-in asks it."""

    def __init__(self, client: Client, http: requests.Session | None = None) -> None:
        self._client = client
        self._http = http or requests.Session()
        self._known: Endpoints | None = None
        self._keys: KeySet | None = None

    def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent. Raises ``Pending`` where the provider does not answer."""
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._endpoints().authorize}?{urlencode(asked)}"

    def name_of(self, code: str, *, nonce: str, verifier: str, now_s: int) -> str:
        """Who signed in there: the code against an ID token, and that checked.

        Raises ``NotAuthenticated`` (``SIGN_IN_REFUSED``) for a code or a token that does not hold, ``Pending`` where
        the provider does not answer.
        """
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        answer = self._ask("POST", self._endpoints().token, given)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused()
        return self._checked(token, nonce=nonce, now_s=now_s)

    def _checked(self, token: str, *, nonce: str, now_s: int) -> str:
        claims = self._claims(token)
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        expires, issued = claims.get("exp"), claims.get("iat")
        name = claims.get(self._client.name_claim)
        good = (
            claims.get("iss") == self._client.issuer
            and self._client.client_id in audiences
            and (len(audiences) == 1 or claims.get("azp") == self._client.client_id)
            and isinstance(expires, int)
            and now_s < expires + LEEWAY_S
            and isinstance(issued, int)
            and issued <= now_s + LEEWAY_S
            and hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
            and isinstance(name, str)
            and bool(name)
        )
        if not good:
            raise _refused()
        return str(name)

    def _claims(self, token: str) -> Mapping[str, Any]:
        # A key that we do not know may be a new one: the provider is asked again, once.
        for fresh in (False, True):
            try:
                return jwt.decode(token, self._key_set(fresh=fresh), algorithms=list(ALGORITHMS)).claims
            except (JoseError, ValueError) as error:
                if fresh:
                    raise _refused() from error
        raise _refused()

    def _key_set(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            answer: Any = self._ask("GET", self._endpoints().keys)
            self._keys = KeySet.import_key_set(answer)
        return self._keys

    def _endpoints(self) -> Endpoints:
        if self._known is None:
            told = self._ask("GET", self._client.issuer.rstrip("/") + _DISCOVERY)
            if told.get("issuer") != self._client.issuer:
                raise _refused()
            self._known = Endpoints(
                *(_safe(str(told.get(name))) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
            )
        return self._known

    def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        auth = (self._client.client_id, self._client.secret) if form else None
        try:
            reply = self._http.request(
                method, _safe(url), data=form, auth=auth, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise Pending("PROVIDER_SILENT", "统一身份认证暂时没有应答，请稍后重试") from error
        if reply.status_code >= 500:
            raise Pending("PROVIDER_SILENT", "统一身份认证暂时没有应答，请稍后重试")
        try:
            content = read_json(reply.content)
        except ValueError as error:
            raise _refused() from error
        if reply.status_code != 200 or not isinstance(content, dict):
            raise _refused()
        return content


def _safe(url: str) -> str:
    """An address that secrets may go to: TLS, or this very machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise _refused()
    return url


def _refused() -> NotAuthenticated:
    return NotAuthenticated("SIGN_IN_REFUSED", "统一身份认证未通过，请重新登录")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
