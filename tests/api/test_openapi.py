"""The OpenAPI document says what the API is: its doors, their answers and codes, and the codes' own page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from chalice.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.edge import document as served
from local.openapi import codes
from local.openapi.build import DOORS, document_text, problems_page
from local.package import ROOT
from tests.api.described import document, faults

REMEDY = "describe the door in local/openapi"
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


def test_what_is_packaged_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(document_text(document()), encoding="utf-8")
    monkeypatch.setattr(served, "FILE", file)
    served.document_text.cache_clear()
    with Client(app) as client:
        assert client.http.get("/openapi.json").json_body == document()
        # Outside of a package there is none, and it says so
        served.document_text.cache_clear()
        file.unlink()
        assert client.http.get("/openapi.json").json_body["code"] == "DOCUMENT_NOT_PACKAGED"


def test_every_code_has_a_status_and_a_sentence() -> None:
    assert codes.unlisted() == [], "say in COMPUTED what the code can be"
    listed = document()["x-problems"]
    for refusal in codes.everything():
        assert refusal.status in listed[refusal.code]["statuses"]
        assert refusal.message, refusal.code
    page = problems_page(listed)
    assert page.count("\n| `") == len(listed) + len(codes.KINDS)
    # And those of the answers are among them
    answered = set(re.findall(r'"enum": \[([^\]]*)\]\}, "status"', json.dumps(document())))
    assert answered
    assert {code for codes_of in answered for code in json.loads(f"[{codes_of}]")} <= listed.keys()


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
