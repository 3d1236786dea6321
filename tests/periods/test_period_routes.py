"""The room's doors over HTTP: who may do what, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.test import Client

from app import app
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.periods import running
from chalicelib.periods.operators import add_operator
from chalicelib.periods.plan import Plan
from chalicelib.periods.plan_json import to_json
from chalicelib.periods.problems import record_problems
from tests.periods.conftest import FakeHub
from tests.periods.test_period_calendar import notice

PASSWORD = "correct horse battery"
ROLES = {"wang": ["planner"], "li": ["approver"], "both": ["planner", "approver"], "sun": ["auditor"]}


class Door:
    """The API with operators to sign in."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def ask(self, method: str, path: str, by: str = "", body: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        if by:
            _, session = self.ask("POST", "/operator-sessions", body={"name": by, "password": PASSWORD})
            headers["Authorization"] = f"Bearer {session['token']}"
        answer = self.client.http.request(
            method, path, headers=headers, body=b"" if body is None else json.dumps(body).encode()
        )
        return answer.status_code, json.loads(answer.body)


@pytest.fixture
def door(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    for name, roles in ROLES.items():
        add_operator(name, PASSWORD, roles, SystemEntropy())
    with Client(app) as client:
        yield Door(client)


def test_given_a_plan_when_posted_and_approved_by_another_then_everybody_sees_it(
    door: Door, hub: FakeHub, plan: Plan
) -> None:
    assert door.ask("POST", "/periods", "both", to_json(plan)) == (
        201,
        {"period": "2026-03", "state": "draft", "attempt": 1},
    )
    assert door.ask("POST", "/periods", "both", to_json(plan))[0] == 201
    assert list(hub.machines.started) == ["period/2026-03-1"]
    status, seen = door.ask("GET", "/periods/2026-03")
    assert (status, seen["state"], seen["approved"], seen["plan"]) == (200, "draft", False, None)

    running.ask_for_plan("2026-03", "token", hub.machines)
    _, listed = door.ask("GET", "/periods/2026-03/approvals?state=waiting", "li")
    approval = listed["approvals"][0]
    assert (approval["kind"], approval["made_by"], approval["state"]) == ("plan", "both", "waiting")
    word = {"decision": "approved", "reason": ""}
    status, refused = door.ask("POST", f"/approvals/{approval['id']}", "both", word)
    assert (status, refused["code"]) == (403, "SELF_APPROVAL")
    first = door.ask("POST", f"/approvals/{approval['id']}", "li", word)
    assert first[0] == 200
    assert door.ask("POST", f"/approvals/{approval['id']}", "li", word) == first
    assert hub.machines.answers == {"token": {"decision": "approved", "by": "li"}}

    _, seen = door.ask("GET", "/periods/2026-03")
    assert seen["approved"]
    assert seen["plan"] == to_json(plan)
    assert door.ask("GET", "/periods/2026-03/approvals?state=waiting", "li") == (200, {"approvals": [], "next": ""})


@pytest.mark.parametrize(
    ("request_line", "by", "status", "code"),
    [
        ("POST /periods", "", 401, "TOKEN_INVALID"),
        ("POST /periods", "li", 403, "ROLE_NEEDED"),
        ("POST /periods", "wang", 400, "PLAN_INVALID"),
        ("GET /periods/2026-03", "", 404, "PERIOD_UNKNOWN"),
        ("GET /periods/March", "", 400, "PERIOD_INVALID"),
        ("GET /periods/2026-03/approvals", "", 401, "TOKEN_INVALID"),
        ("GET /periods/2026-03/approvals?state=lost", "sun", 400, "BODY_INVALID"),
        ("GET /periods/2026-03/problems", "", 401, "TOKEN_INVALID"),
        ("POST /periods/2026-03/restart", "li", 403, "ROLE_NEEDED"),
        ("POST /periods/2026-03/restart", "wang", 404, "PERIOD_UNKNOWN"),
        ("POST /approvals/2026-03-none", "wang", 403, "ROLE_NEEDED"),
        ("POST /approvals/2026-03-none", "li", 400, "BODY_INVALID"),
        ("POST /operator-sessions", "", 400, "BODY_INVALID"),
        ("POST /plan-drafts", "li", 403, "ROLE_NEEDED"),
        ("POST /plan-drafts", "wang", 400, "PLAN_INVALID"),
        ("POST /calendar", "li", 403, "ROLE_NEEDED"),
        ("POST /calendar", "wang", 400, "CALENDAR_INVALID"),
        ("GET /calendar", "", 401, "TOKEN_INVALID"),
    ],
)
def test_given_a_request_that_may_not_be_then_it_is_refused_by_name(
    request_line: str, by: str, status: int, code: str, door: Door
) -> None:
    method, _, path = request_line.partition(" ")
    answered, body = door.ask(method, path, by, {} if method == "POST" else None)
    assert (answered, body["code"]) == (status, code)


def test_given_a_wrong_password_then_no_token(door: Door) -> None:
    status, body = door.ask("POST", "/operator-sessions", body={"name": "wang", "password": "wrong"})
    assert (status, body["code"]) == (401, "SIGN_IN_REFUSED")


def test_given_the_session_has_ended_then_one_signs_in_again(door: Door, hub: FakeHub) -> None:
    _, session = door.ask("POST", "/operator-sessions", body={"name": "sun", "password": PASSWORD})
    hub.clock.at_ms = session["expires_at_ms"]
    answer = door.client.http.get("/periods/2026-03/problems", headers={"Authorization": f"Bearer {session['token']}"})
    assert json.loads(answer.body)["code"] == "TOKEN_EXPIRED"


def test_given_problems_then_any_operator_sees_them(door: Door) -> None:
    record_problems(
        "2026-03", "applicants", [Problem(3, "类别", "企业", "个人 or 单位")], "ROWS_REFUSED", "有数据行未被接收"
    )
    status, body = door.ask("GET", "/periods/2026-03/problems", "sun")
    assert status == 200
    assert [(each["line"], each["field"], each["source"]) for each in body["problems"]] == [(3, "类别", "applicants")]


def test_given_a_stopped_period_when_a_planner_restarts_it_then_the_next_attempt_starts(
    door: Door, hub: FakeHub, plan: Plan
) -> None:
    door.ask("POST", "/periods", "wang", to_json(plan))
    running.begin("2026-03", 1)
    status, body = door.ask("POST", "/periods/2026-03/restart", "wang", {})
    assert (status, body["code"]) == (409, "NOT_STOPPED")
    assert door.ask("POST", "/periods/2026-03/restart", "wang", {"abandoned": "yes"})[0] == 400
    running.stop("2026-03", "period", "X", "down")
    assert door.ask("POST", "/periods/2026-03/restart", "wang", {}) == (
        202,
        {"period": "2026-03", "state": "draft", "attempt": 2},
    )
    assert "period/2026-03-2" in hub.machines.started


DRAFT = {"city": "hangzhou", "quotas": {"individual": 60, "unit": 10}}


def test_given_a_year_not_announced_when_a_planner_enters_its_notice_then_plans_are_drafted_and_opened_by_it(
    door: Door,
) -> None:
    december = {**DRAFT, "period": "2026-12", "lows_fen": {"unit": [1_000_000]}}
    status, refused = door.ask("POST", "/plan-drafts", "wang", december)
    assert (status, refused["code"], refused["problems"][0]["found"]) == (400, "CALENDAR_UNKNOWN", "2027")

    status, entry = door.ask("POST", "/calendar", "wang", notice())
    assert (status, entry["number"], entry["entered_by"]) == (201, 1, "wang")
    assert door.ask("GET", "/calendar", "sun") == (200, {"entries": [entry], "next": ""})

    status, drafted = door.ask("POST", "/plan-drafts", "wang", december)
    assert (status, drafted["milestones"]["month_end"]["date"]) == (200, "2027-01-15")
    assert drafted["lows_fen"] == {"unit": [1_000_000]}
    assert door.ask("POST", "/periods", "wang", drafted)[0] == 201


def test_given_the_notice_is_amended_then_the_latest_counts_and_the_first_is_still_seen(door: Door) -> None:
    october = {**DRAFT, "period": "2027-10"}
    days_off = [*notice()["holidays"], "2027-10-25"]
    for _ in range(2):
        assert door.ask("POST", "/calendar", "wang", notice())[1]["number"] == 1
    assert door.ask("POST", "/plan-drafts", "wang", october)[1]["milestones"]["auction_opens"]["date"] == "2027-10-25"
    assert door.ask("POST", "/calendar", "wang", notice(holidays=days_off))[1]["number"] == 2
    status, drafted = door.ask("POST", "/plan-drafts", "wang", october)
    assert (status, drafted["milestones"]["auction_opens"]["date"]) == (200, "2027-10-26")
    assert door.ask("POST", "/calendar", "wang", notice())[1]["number"] == 3
    assert [each["number"] for each in door.ask("GET", "/calendar", "sun")[1]["entries"]] == [1, 2, 3]


def test_given_a_library_s_year_is_amended_then_the_table_counts(door: Door) -> None:
    days = ["2026-01-01", "2026-05-01", "2026-10-01", "2026-10-02", "2026-10-03", "2026-03-25"]
    assert door.ask("POST", "/calendar", "wang", notice(year=2026, holidays=days, workdays=[]))[0] == 201
    _, drafted = door.ask("POST", "/plan-drafts", "wang", {**DRAFT, "period": "2026-03"})
    assert drafted["milestones"]["auction_opens"]["date"] == "2026-03-26"


def test_given_a_plan_stands_when_the_calendar_is_amended_then_it_stays_and_may_be_posted_again(
    door: Door, plan: Plan
) -> None:
    first = door.ask("POST", "/periods", "wang", to_json(plan))
    days = ["2026-01-01", "2026-05-01", "2026-10-01", "2026-10-02", "2026-10-03", "2026-03-25"]
    assert door.ask("POST", "/calendar", "wang", notice(year=2026, holidays=days, workdays=[]))[0] == 201
    assert door.ask("POST", "/periods", "wang", to_json(plan)) == first


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"period": "2026-3"}, "period"),
        ({"city": "atlantis"}, "city"),
        ({"quotas": {"individual": -1, "unit": 1}}, "quotas.individual"),
        ({"dates": {"lunch": "2026-03-25"}}, "lunch"),
        ({"dates": {"auction_opens": "soon"}}, "dates.auction_opens"),
        ({"dates": {"auction_opens": "2026-03-28"}}, "auction_opens"),  # a Saturday
        ({"quota": 5}, "quota"),
    ],
)
def test_given_a_faulty_draft_then_the_field_is_named(change: dict[str, Any], field: str, door: Door) -> None:
    status, body = door.ask("POST", "/plan-drafts", "wang", {**DRAFT, "period": "2026-03", **change})
    assert status == 400
    assert field in [problem["field"] for problem in body["problems"]]


def test_given_a_plan_whose_auction_falls_on_a_day_off_when_posted_then_it_is_refused_and_nothing_starts(
    door: Door, hub: FakeHub, plan: Plan
) -> None:
    body = to_json(plan)
    for name, of_day in (("activation_closes", "2026-03-27T17:00"), ("auction_opens", "2026-03-28T09:00")):
        body["milestones"][name] = {"at": of_day, "date": of_day[:10]}
    body["milestones"]["auction_closes"] = {"at": "2026-03-28T15:00", "date": "2026-03-28"}
    body["broadcasts"] = []
    for name in ("settlement_opens", "settlement_reminder", "settlement_closes"):
        body["milestones"][name] = {"at": "2026-03-31T09:00", "date": "2026-03-31"}
    body["milestones"]["settlement_closes"] = {"at": "2026-03-31T17:00", "date": "2026-03-31"}
    status, refused = door.ask("POST", "/periods", "wang", body)
    assert (status, refused["code"]) == (400, "PLAN_INVALID")
    assert {problem["field"] for problem in refused["problems"]} == {"auction_opens", "auction_closes"}
    assert hub.machines.started == {}
    assert door.ask("GET", "/periods/2026-03")[0] == 404
