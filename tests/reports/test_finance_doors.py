"""Doors to finance's files: listed with digests behind short-lived links, for finance's roles only."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client
from months import a_month

from app import app
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.tokens import Session, issue_newest
from chalicelib.periods import access
from chalicelib.periods.operators import AUDIENCE
from chalicelib.reports import finance_routes
from chalicelib.reports.filing import file_month
from chalicelib.reports.tabling import write_tables

KEYS = {"k1": b"k" * 32}


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    files = MemoryFiles()
    file_month(files, a_month(), sealed=False)
    file_month(files, replace(a_month(), applicants=13), sealed=True)
    write_tables(files, "2026-03")
    parts = SimpleNamespace(files=files, clock=SetClock(1), keys=SimpleNamespace(session_keys=lambda: KEYS))
    monkeypatch.setattr(access, "hub", lambda: parts)
    monkeypatch.setattr(finance_routes, "hub", lambda: parts)

    def get(path: str, role: str = "cashier") -> tuple[int, dict[str, Any]]:
        session = Session("a", AUDIENCE, "", "", 10_000, (role,))
        headers = {"Authorization": f"Bearer {issue_newest(session, KEYS)}"}
        with Client(app) as client:
            answer = client.http.get(path, headers=headers)
        return answer.status_code, json.loads(answer.body)

    return get


def test_given_a_month_with_an_amendment_when_asked_then_both_are_listed_with_links(ask: Any) -> None:
    status, told = ask("/periods/2026-03/finance-files")

    assert status == 200
    assert [edition["number"] for edition in told["editions"]] == [0, 1]
    names = {each["name"]: each for each in told["editions"][1]["files"]}
    listed = names["settlement-2026-03-amendment-1.xlsx"]
    assert listed["url"] == "memory://outbox/reports/2026-03/settlement-2026-03-amendment-1.xlsx?for=300"
    assert len(listed["sha256"]) == len(listed["sm3"]) == 64


def test_given_a_year_when_asked_then_its_tables_are_listed(ask: Any) -> None:
    status, told = ask("/data-tables/2026", "planner")
    assert status == 200
    assert {"tables-2026.xlsx", "tables-2026.pdf", "prices-2026.svg"} <= {each["name"] for each in told["files"]}


@pytest.mark.parametrize(
    ("path", "role", "status", "code"),
    [
        ("/periods/2026-03/finance-files", "planner", 403, "ROLE_NEEDED"),
        ("/periods/2026-04/finance-files", "auditor", 404, "MONTH_NOT_FILED"),
        ("/periods/2026-13/finance-files", "auditor", 400, "PERIOD_INVALID"),
        ("/data-tables/2025", "auditor", 404, "TABLES_UNKNOWN"),
        ("/data-tables/20x6", "auditor", 400, "YEAR_INVALID"),
    ],
)
def test_given_what_can_t_be_answered_when_asked_then_it_is_said_why(
    ask: Any, path: str, role: str, status: int, code: str
) -> None:
    found, told = ask(path, role)
    assert (found, told["code"]) == (status, code)
