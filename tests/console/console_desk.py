"""An operator's browser in front of the console's function, and an identity provider to sign in at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from chalicelib.console import door
from chalicelib.periods.operators import OperatorRecord
from local.identity import Identity

CONSOLE_URL = "https://console.test"
PASSWORD = "a-password-of-the-tests"
PERIOD = "2026-03"


@dataclass
class Page:
    """An answer as a test reads it."""

    status: int
    body: str
    headers: dict[str, str]
    cookies: list[str]

    @property
    def goes_to(self) -> str:
        return self.headers.get("Location", "")


@dataclass
class Browser:
    """Keeps cookies, and takes each form's token from the page that it stands on."""

    identity: Identity
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, address: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        parts = urlsplit(address)
        event: dict[str, Any] = {
            "httpMethod": method,
            "path": parts.path,
            "queryStringParameters": {name: each[-1] for name, each in parse_qs(parts.query).items()} or None,
            "headers": {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers},
            "body": urlencode(form) if form is not None else None,
            "isBase64Encoded": False,
        }
        answer = door.handle(event, None)
        cookies = answer.get("multiValueHeaders", {}).get("Set-Cookie", [])
        for cookie in cookies:
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return Page(answer["statusCode"], answer["body"], answer["headers"], cookies)

    def get(self, address: str, **headers: str) -> Page:
        return self.ask("GET", address, **headers)

    def token(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/console/nothing-here").body)
        if found:
            return found[1]
        from chalicelib.console.sessions import SESSION_COOKIE, SignedIn

        return SignedIn("", (), self.cookies.get(SESSION_COOKIE, "")).csrf

    def post(self, address: str, **form: str) -> Page:
        return self.ask("POST", address, {"csrf": self.token(), **form})

    def provider_answer(self, name: str, password: str = PASSWORD) -> str:
        """Go to the provider, sign in there, and return where it sends the browser back to."""
        going = self.get("/console/sign-in/go")
        assert going.status == 303, going.body
        asked = {key: each[0] for key, each in parse_qs(urlsplit(going.goes_to).query).items()}
        assert not self.identity.wrong_request(asked)
        return self.identity.grant(name, password, asked)

    def sign_in(self, name: str) -> Page:
        back = urlsplit(self.provider_answer(name))
        return self.get(f"{back.path}?{back.query}")


def operator(identity: Identity, name: str, *roles: str) -> Browser:
    """A browser in which somebody with an account is signed in."""
    OperatorRecord(f"operator#{name}", roles=set(roles), password_hash="").save()
    identity.people[name] = PASSWORD
    browser = Browser(identity)
    signed_in = browser.sign_in(name)
    assert (signed_in.status, signed_in.goes_to) == (303, "/console"), signed_in.body
    return browser


class _Checker(HTMLParser):
    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.faults += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        if tag == "img" and not given.get("alt"):
            self.faults.append("img without alt")
        if tag == "th" and not given.get("scope"):
            self.faults.append("th without scope")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def html_faults(body: str) -> list[str]:
    """What is wrong with a page's HTML: tags that do not pair, ids twice, inline script or style, no language."""
    checker = _Checker()
    checker.feed(body)
    faults = checker.faults + checker.open
    faults += [f"id {name} twice" for name in set(checker.ids) if checker.ids.count(name) > 1]
    faults += [part for part in ("<!doctype html>", '<html lang="zh-CN">', "<title>", "<h1>") if part not in body]
    return faults + (["inline script"] if re.search(r"<script(?![^>]*\ssrc=)", body) else [])
