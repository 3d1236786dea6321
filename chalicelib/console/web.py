"""A browser's request as API Gateway hands it on, and the answer that goes back. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.kernel.errors import InvalidInput, Problem

BODY_BYTES_MAX = 64 * 1024
FIELDS_MAX = 100
_COOKIE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """What was asked. ``path`` has no stage before it; header names are in small letters."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of ours; whatever does not look like one is left out."""
        pairs = (each.strip().partition("=") for each in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if _COOKIE.fullmatch(value)}

    @property
    def partial(self) -> bool:
        """Whether htmx asks for the part that it puts into a page that stands."""
        return self.headers.get("hx-request") == "true"


@dataclass(frozen=True)
class Answer:
    """What goes back. ``cookies`` are whole ``Set-Cookie`` values."""

    body: str | bytes
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    def as_event(self, always: Mapping[str, str]) -> dict[str, Any]:
        """As API Gateway takes it; ``always`` are headers of every answer."""
        headers = {**always, "Content-Type": self.content_type, **self.headers}
        whole: dict[str, Any] = {"statusCode": self.status, "headers": headers}
        if self.cookies:
            whole["multiValueHeaders"] = {"Set-Cookie": list(self.cookies)}
        if isinstance(self.body, bytes):
            return {**whole, "body": base64.b64encode(self.body).decode(), "isBase64Encoded": True}
        return {**whole, "body": self.body, "isBase64Encoded": False}


def redirect(to: str, *cookies: str) -> Answer:
    """Go on at another address with GET."""
    return Answer("", 303, headers={"Location": to}, cookies=cookies)


def request_of(event: Mapping[str, Any]) -> Request:
    """Read API Gateway's event. Raises ``InvalidInput`` (``FORM_INVALID``) for a body that is no form of ours."""
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    query = {name: str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
    return Request(str(event["httpMethod"]), str(event["path"]), query, headers, _form(event))


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    text = event.get("body") or ""
    wrong = InvalidInput(
        "FORM_INVALID",
        "提交的内容不正确",
        problems=(Problem(0, "body", "", f"a form of at most {FIELDS_MAX} fields"),),
    )
    if len(text) > BODY_BYTES_MAX:
        raise wrong
    try:
        raw = base64.b64decode(text).decode() if event.get("isBase64Encoded") else text
        return dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"))
    except ValueError as error:
        raise wrong from error
