"""What every door does alike: a key makes a POST happen once, validators spare a body, limits and waits are said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from app import app
from chalicelib.edge import repeating
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.paging import page_of
from chalicelib.kernel.tokens import Session, issue_newest
from chalicelib.periods import access, audit, calendar_table, routes

KEYS = {"k1": b"k" * 32}
YEAR = {
    "year": 2027,
    "holidays": ["2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03"],
    "workdays": ["2027-10-09"],
    "source": "test",
}


class Edge:
    """The API with a planner and another one in front of it, at a time that is set."""

    def __init__(self, client: Client, clock: SetClock) -> None:
        self.client, self.clock = client, clock

    def post(self, body: Any, key: str = "", who: str = "wang", path: str = "/calendar", **more: str) -> HTTPResponse:
        session = Session(who, "operator", "", "", 10**15, ("planner",))
        headers = {"Authorization": f"Bearer {issue_newest(session, KEYS)}", "Content-Type": "application/json"} | more
        headers |= {"Idempotency-Key": key} if key else {}
        return self.client.http.post(path, headers=headers, body=json.dumps(body).encode())


@pytest.fixture
def edge(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edge]:
    clock = SetClock(1_790_000_000_000)
    parts = SimpleNamespace(clock=clock, keys=SimpleNamespace(session_keys=lambda: KEYS))
    for module in (access, routes, repeating):
        monkeypatch.setattr(module, "hub", lambda: parts)
    with Client(app) as client:
        yield Edge(client, clock)


def code(answer: HTTPResponse) -> str:
    return str(answer.json_body["code"])


def entries() -> int:
    return len(calendar_table.entries())


def test_given_a_key_when_a_post_comes_again_then_it_is_done_once_and_answered_alike(edge: Edge) -> None:
    other = YEAR | {"source": "another notice"}
    first = edge.post(YEAR, "key-1")
    assert first.status_code == 201
    edge.post(other, "key-2")
    # Without a key it would be a third entry: the second one stands now
    again = edge.post(YEAR, "key-1")
    assert (again.status_code, again.json_body) == (201, first.json_body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert entries() == 2
    assert len(audit.trail("2026-09").acts) == 2
    assert edge.post(YEAR).status_code == 201
    assert entries() == 3


def test_given_a_key_when_it_comes_with_other_content_then_it_is_refused(edge: Edge) -> None:
    edge.post(YEAR, "key-1")
    other = edge.post(YEAR | {"source": "other"}, "key-1")
    assert (other.status_code, code(other)) == (409, "IDEMPOTENCY_KEY_REUSED")
    elsewhere = edge.post(YEAR, "key-1", path="/plan-drafts")
    assert (elsewhere.status_code, code(elsewhere)) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert entries() == 1
    # Another's key is another key
    assert "Idempotency-Replayed" not in edge.post(YEAR, "key-1", who="li").headers


def test_a_refusal_is_repeated_too_and_a_key_lives_a_day(edge: Edge) -> None:
    wrong = edge.post({"year": 1}, "key-1")
    assert (wrong.status_code, code(wrong)) == (400, "CALENDAR_INVALID")
    assert edge.post({"year": 1}, "key-1").headers["Idempotency-Replayed"] == "true"
    edge.clock.at_ms = edge.clock.now_ms() + repeating.KEPT_S * 1_000
    assert "Idempotency-Replayed" not in edge.post({"year": 1}, "key-1").headers


def test_given_the_first_has_no_answer_yet_then_the_second_waits_and_later_takes_over(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> None:
        raise SystemExit  # the function is gone between doing it and keeping the answer

    with monkeypatch.context() as patched:
        patched.setattr(repeating, "_keep", lost)
        with pytest.raises(SystemExit):
            edge.post(YEAR, "key-1")
    waiting = edge.post(YEAR, "key-1")
    assert (waiting.status_code, code(waiting)) == (503, "IDEMPOTENCY_KEY_BUSY")
    assert int(waiting.headers["Retry-After"]) > 0
    edge.clock.at_ms = edge.clock.now_ms() + repeating.BUSY_MS
    assert edge.post(YEAR, "key-1").status_code == 201
    assert entries() == 1


def test_an_answer_that_decided_nothing_is_not_kept(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(calendar_table, "enter_notice", lambda *_: 1 / 0)
        assert edge.post(YEAR, "key-1").status_code == 500
    assert edge.post(YEAR, "key-1").status_code == 201


def test_a_key_that_is_none_is_refused_and_nobody_has_none(edge: Edge) -> None:
    assert code(edge.post(YEAR, "no spaces")) == "IDEMPOTENCY_KEY_INVALID"
    assert code(edge.post(YEAR, "k" * 129)) == "IDEMPOTENCY_KEY_INVALID"
    for _ in range(2):
        nobody = edge.post(YEAR, "key-1", Authorization="Bearer none")
        assert (nobody.status_code, code(nobody)) == (401, "TOKEN_INVALID")
    assert entries() == 0


def test_what_the_caller_has_already_is_not_sent_again() -> None:
    with Client(app) as client:
        first = client.http.get("/health")
        etag = first.headers["ETag"]
        assert first.headers["Cache-Control"] == "no-cache"
        for known in (etag, f'"other", W/{etag}', "*"):
            again = client.http.get("/health", headers={"If-None-Match": known})
            assert (again.status_code, again.body, again.headers["ETag"]) == (304, b"", etag)
        assert client.http.get("/health", headers={"If-None-Match": '"other"'}).status_code == 200
        # What is about somebody is kept nowhere
        assert client.http.get("/health", headers={"Authorization": "Bearer x"}).headers["Cache-Control"] == "no-store"


def test_what_no_door_takes_is_a_problem_too(edge: Edge) -> None:
    answer = edge.post(YEAR, **{"Content-Type": "text/plain"})
    assert (answer.status_code, code(answer)) == (415, "MEDIA_TYPE_UNKNOWN")


rows = st.lists(st.integers(), unique=True, max_size=40)


@settings(deadline=None)
@given(rows=rows, limit=st.integers(1, 7), added=st.lists(st.integers(1_000, 2_000), max_size=3))
def test_pages_give_every_row_once_whatever_comes_in_before_them(rows: list[int], limit: int, added: list[int]) -> None:
    table = sorted(rows)
    seen: list[int] = []
    cursor, coming = "", [-each - 10**6 * 40 for each in added]
    while True:
        shown, cursor = page_of(table, {"limit": str(limit), "cursor": cursor})
        seen += shown
        assert len(shown) <= limit
        if not cursor:
            break
        if coming:
            table = [coming.pop(), *table]
    assert seen == sorted(rows)


@pytest.mark.parametrize("asked", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"limit": "²"}, {"cursor": "x"}])
def test_a_page_that_cannot_be_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="PAGE_INVALID"):
        page_of([1, 2, 3], asked)


def test_a_cursor_whose_row_is_gone_is_refused() -> None:
    _, cursor = page_of(["a", "b", "c"], {"limit": "2"})
    assert page_of(["a", "b", "c"], {"cursor": cursor}) == (["c"], "")
    with pytest.raises(InvalidInput, match="PAGE_INVALID"):
        page_of(["a", "c"], {"cursor": cursor})
