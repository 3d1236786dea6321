"""Holds every answer that a test sees of the API to the OpenAPI document: no status, code or field that it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalice.test import HTTPResponse, TestHTTPClient
from jsonschema import Draft202012Validator

BASE = "urn:hangpai"
JSON_KINDS = ("application/json", "application/problem+json")


@cache
def document() -> dict[str, Any]:
    from local.openapi.build import document as built

    return built()


@cache
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    known = []
    for path, methods in document()["paths"].items():
        pattern = re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))))
        known += [(method.upper(), path, pattern) for method in methods]
    # A word before a name in braces
    return sorted(known, key=lambda door: door[1].count("{"))


def door_of(method: str, path: str) -> str | None:
    for known, template, pattern in _patterns():
        if known == method and pattern.fullmatch(path):
            return template
    return None


@cache
def _validator(pointer: str) -> Draft202012Validator:
    whole = {"$id": BASE, "components": document()["components"], "$ref": f"#{pointer}", "paths": document()["paths"]}
    return Draft202012Validator(whole)


def _pointer(*parts: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def faults(method: str, path: str, status: int, headers: dict[str, str], body: str, *, sent: bytes = b"") -> list[str]:
    """What the document does not say of an answer, or, where it was a yes, of what was sent."""
    address = urlsplit(path)
    door = door_of(method, address.path)
    if door is None:
        return [f"{method} {address.path} is not described"]
    operation = document()["paths"][door][method.lower()]
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [f"{method} {door} answered {status}, which is not described"]
    found = []
    kind = headers.get("content-type", "").partition(";")[0]
    if status != 304:
        if kind not in answer.get("content", {}):
            return [f"{method} {door} answered {status} as {kind!r}, which is not described"]
        at = _pointer("paths", door, method.lower(), "responses", str(status), "content", kind, "schema")
        content = json.loads(body) if kind in JSON_KINDS else body
        found += [
            f"{method} {door} {status}: {error.json_path} {error.message[:300]}" for error in _errors(at, content)
        ]
    if status in (429, 503) and "retry-after" not in headers:
        found.append(f"{method} {door} {status}: no Retry-After")
    if status < 300:
        asked = {name for name, _ in parse_qsl(address.query)}
        named = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
        found += [f"{method} {door}: ?{name}= is not described" for name in sorted(asked - named)]
        taken = operation.get("requestBody", {}).get("content", {})
        if "application/json" in taken and sent:
            at = _pointer("paths", door, method.lower(), "requestBody", "content", "application/json", "schema")
            found += [
                f"{method} {door} took {error.json_path} {error.message[:300]}"
                for error in _errors(at, json.loads(sent))
            ]
    return found


def _errors(pointer: str, content: Any) -> list[Any]:
    return list(_validator(pointer).iter_errors(content))


def held(real: Callable[..., HTTPResponse]) -> Callable[..., HTTPResponse]:
    """``TestHTTPClient.request`` with each answer of the hub's app held to the document."""

    def request(
        self: TestHTTPClient, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> HTTPResponse:
        answer = real(self, method, path, headers=headers, body=body)
        if self._app.app_name == "hangpai":
            seen = {str(name).lower(): str(value) for name, value in (answer.headers or {}).items()}
            text = answer.body.decode() if isinstance(answer.body, bytes) else str(answer.body)
            sent = body.encode() if isinstance(body, str) else body
            wrong = faults(method.upper(), path, answer.status_code, seen, text, sent=sent)
            assert not wrong, "\n".join([*wrong, "remedy: describe it in local/openapi"])
        return answer

    return request
