"""The OpenAPI document says what the API is: its doors, their answers and codes, and the codes' own page."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from chalice.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from local.openapi import codes
from local.openapi.__main__ import written
from local.openapi.build import DOORS
from local.package import ROOT
from tests.api.described import document, faults

REMEDY = "describe the door in local/openapi, then make api-docs"
TIME = ("GET", "/time", 200, {"content-type": "application/json"})


def test_the_document_is_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_every_registered_door_is_described_and_every_described_door_is_registered() -> None:
    registered = {f"{method} {path}" for path, methods in app.routes.items() for method in methods}
    merged = yaml.safe_load((ROOT / "infra" / "api.yaml").read_text())["Resources"]
    paths = merged["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    # The console answers pages for people; what it does for programs it does through these doors.
    registered |= {
        f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if "console" not in path
    }
    described = {f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods}
    assert registered == described == DOORS.keys(), REMEDY


def test_what_is_served_is_what_the_code_says_today() -> None:
    for file, content in written().items():
        assert file.read_text(encoding="utf-8") == content, f"{file.name} is not up to date: make api-docs"
    with Client(app) as client:
        assert client.http.get("/openapi.json").json_body == document()


def test_every_code_has_a_status_and_a_sentence_and_a_place_on_the_page() -> None:
    assert codes.unlisted() == [], "say in COMPUTED what the code can be"
    page = (ROOT / "docs" / "api" / "problems.md").read_text(encoding="utf-8")
    for refusal in codes.everything():
        assert refusal.status >= 400
        assert refusal.message, refusal.code
        assert f"| `{refusal.code}` |" in page
    # And those of the answers are among them
    answered = set(re.findall(r'"enum": \[([^\]]*)\], *"const"', json.dumps(document())))
    assert {refusal.code for refusal in codes.everything()} >= answered


def test_a_door_s_codes_are_those_that_it_can_come_to() -> None:
    def listed(path: str, method: str, status: str) -> set[str]:
        answer = document()["paths"][path][method]["responses"][status]
        return set(answer["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"])

    assert listed("/bids", "post", "409") >= {"NOT_OPEN", "CLOSED", "PAUSED", "NO_BIDS_LEFT", "REQUEST_REUSED"}
    assert listed("/bids", "post", "503") >= {"OUTCOME_UNKNOWN", "WINDOW_DOUBTED"}
    assert listed("/sessions", "post", "429") >= {"LOGIN_TRIES"}
    assert listed("/calendar", "post", "409") >= {"CALENDAR_CHANGED", "IDEMPOTENCY_KEY_REUSED"}
    assert "SELF_APPROVAL" not in listed("/calendar", "post", "403")


@pytest.mark.parametrize(
    ("asked", "body", "wrong"),
    [
        (TIME, '{"now_ms": 1}', ""),
        (TIME, '{"now_ms": "1"}', "is not of type 'integer'"),
        (TIME, '{"now_ms": 1, "more": 2}', "Additional properties"),
        (TIME, "{}", "required property"),
        (("GET", "/time", 200, {"content-type": "text/html"}), "", "which is not described"),
        (("GET", "/time", 418, {}), "", "which is not described"),
        (("GET", "/times", 200, {}), "", "is not described"),
        (("GET", "/time?zone=1", 200, {"content-type": "application/json"}), '{"now_ms": 1}', "?zone="),
    ],
)
def test_the_hook_that_holds_every_test_s_answers_finds_what_is_not_described(
    asked: tuple[str, str, int, dict[str, str]], body: str, wrong: str
) -> None:
    found = faults(*asked, body)
    assert bool(found) == bool(wrong)
    assert wrong in "".join(found)


def test_and_a_code_that_is_another_door_s() -> None:
    problem = {"type": "urn:hangpai:problem:closed", "title": "", "status": 409, "detail": "", "problems": []}
    headers = {"content-type": "application/problem+json"}
    for code, known in (("CLOSED", True), ("SELF_APPROVAL", False)):
        assert known == (faults("POST", "/bids", 409, headers, json.dumps(problem | {"code": code})) == [])
