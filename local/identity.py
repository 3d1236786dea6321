"""The operators' identity provider of this machine: OpenID Connect as a large one speaks it, with a form of its own.

Authorization code with PKCE only; a code is good once, for a minute, for the client and the address that asked. People
are put in through ``POST /people``, as an administrator would.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CODE_S = 60
TOKEN_S = 300
_FORM = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>统一身份认证(沙箱)</title>
<meta name="viewport" content="width=device-width"><style>
body{{font-family:"Noto Sans SC","Noto Sans CJK SC",sans-serif;
background:#eef1f5;color:#1c2733}}main{{max-width:22em;margin:14vh auto;background:#fff;padding:2em;border-radius:10px}}
input,button{{font:inherit;width:100%;padding:.5em;margin:.2em 0 1em;box-sizing:border-box}}</style>
<main><h1>统一身份认证 <small>沙箱</small></h1>
<p role="alert">{said}</p><form method="post" action="/authorize?{asked}">
<label>用户名<input name="name" autocomplete="username" autofocus></label>
<label>密码<input name="password" type="password" autocomplete="current-password"></label>
<button>登录</button></form></main></html>"""


@dataclass
class _Grant:
    """A code on its way back."""

    name: str
    asked: dict[str, str]
    ends_s: float


@dataclass
class Identity:
    """The provider, listening on 127.0.0.1 in threads of this process: ``with Identity(...)``.

    ``claims`` are laid over those of every ID token: how a test makes a provider that lies.
    """

    client_id: str
    client_secret: str
    redirect_uri: str
    port: int = 0
    people: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2_048, {"kid": secrets.token_hex(4)}))
    # What tokens are signed with in truth, where that is not the key that is published.
    forger: RSAKey | None = None
    grants: dict[str, _Grant] = field(default_factory=dict)

    def __enter__(self) -> Identity:
        """Listen."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        """What the provider calls itself, and where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def configuration(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def grant(self, name: str, password: str, asked: dict[str, str]) -> str:
        """The address to go back to with a code; empty where name and password do not fit."""
        if not secrets.compare_digest(self.people.get(name, secrets.token_hex(8)).encode(), password.encode()):
            return ""
        code = secrets.token_urlsafe(24)
        self.grants[code] = _Grant(name, asked, time.time() + CODE_S)
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': asked.get('state', ''), 'iss': self.issuer})}"

    def wrong_request(self, asked: dict[str, str]) -> str:
        """What is wrong with a request for a code; empty where nothing is."""
        wanted = {"client_id": self.client_id, "redirect_uri": self.redirect_uri, "response_type": "code"}
        wanted["code_challenge_method"] = "S256"
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if not asked.get(name)]
        return ", ".join(wrong)

    def token(self, authorization: str, given: dict[str, str]) -> dict[str, Any] | None:
        """The token answer for a code; ``None`` refuses."""
        client = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        grant = self.grants.pop(given.get("code", ""), None)
        if authorization != f"Basic {client}" or grant is None or time.time() > grant.ends_s:
            return None
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != grant.asked["code_challenge"] or given.get("redirect_uri") != self.redirect_uri:
            return None
        now_s = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": hashlib.sha256(grant.name.encode()).hexdigest()[:16],
            "aud": self.client_id,
            "iat": now_s,
            "exp": now_s + TOKEN_S,
            "nonce": grant.asked["nonce"],
            "preferred_username": grant.name,
            **self.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.forger or self.key)
        return {"access_token": secrets.token_hex(16), "token_type": "Bearer", "expires_in": 60, "id_token": token}


def _handler(identity: Identity) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/.well-known/openid-configuration":
                self._json(200, identity.configuration())
            elif path == "/keys":
                self._json(200, {"keys": [identity.key.as_dict(private=False)]})
            elif path == "/authorize":
                self._page(identity.wrong_request(self._asked()))
            else:
                self._json(404, {})

        def do_POST(self) -> None:
            path = urlsplit(self.path).path
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = _first(raw)
            if path == "/authorize" and not identity.wrong_request(self._asked()):
                back = identity.grant(form.get("name", ""), form.get("password", ""), self._asked())
                if not back:
                    self._page("", said="用户名或密码不正确")
                    return
                self.send_response(302)
                self.send_header("Location", back)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path == "/token":
                answer = identity.token(self.headers.get("Authorization", ""), form)
                self._json(200 if answer else 400, answer or {"error": "invalid_grant"})
            elif path == "/people":
                identity.people.update(json.loads(raw))
                self._json(200, {})
            else:
                self._json(404, {})

        def _asked(self) -> dict[str, str]:
            return _first(urlsplit(self.path).query)

        def _page(self, wrong: str, said: str = "") -> None:
            if wrong:
                self._json(400, {"error": "invalid_request", "error_description": wrong})
                return
            page = _FORM.format(said=said, asked=html.escape(urlencode(self._asked())))
            self._send(200, "text/html; charset=utf-8", page.encode())

        def _json(self, status: int, content: dict[str, Any]) -> None:
            self._send(status, "application/json", json.dumps(content).encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _first(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
