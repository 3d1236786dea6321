"""Events of dropped files, as the queue hands them over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.periods import arrivals
from chalicelib.periods.arrivals import latest_arrival
from chalicelib.periods.inbox import UNPLACED, handle
from chalicelib.periods.problems import list_problems
from tests.periods.conftest import FakeHub

pytestmark = pytest.mark.usefixtures("hub")

EXPECT = "regulator/qualification/2026-03/all"
KEY = f"{EXPECT}/qualification.csv"


def message(number: int, key: str) -> dict[str, Any]:
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "test-inbox"}, "object": {"key": key, "etag": "e1", "sequencer": f"{number}"}},
    }
    return {"messageId": f"m{number}", "body": json.dumps(event)}


def test_given_a_batch_when_one_message_is_broken_then_it_alone_comes_back() -> None:
    broken = {"messageId": "m2", "body": "{"}
    answer = handle({"Records": [message(1, KEY), broken, message(3, f"{KEY}.sm3")]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    arrival = latest_arrival(EXPECT)
    assert arrival is not None
    assert (arrival.key, arrival.seq) == (KEY, 1)


def test_given_a_batch_comes_twice_then_it_is_taken_once() -> None:
    for _ in range(2):
        assert handle({"Records": [message(1, KEY)]}, None) == {"batchItemFailures": []}
    arrival = latest_arrival(EXPECT)
    assert arrival is not None
    assert arrival.seq == 1


@pytest.mark.parametrize(("key", "period"), [("regulator/applicants/2026-03/a.csv", "2026-03"), ("a.csv", UNPLACED)])
def test_given_a_file_in_a_wrong_folder_then_operators_see_it_and_it_does_not_come_back(key: str, period: str) -> None:
    assert handle({"Records": [message(1, key)]}, None) == {"batchItemFailures": []}
    assert [each.code for each in list_problems(period)] == ["INBOX_KEY"]


def test_given_a_file_comes_too_often_then_operators_see_it_and_it_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrivals, "ARRIVALS_MAX", 1)
    assert handle({"Records": [message(1, KEY), message(2, KEY)]}, None) == {"batchItemFailures": []}
    assert [each.code for each in list_problems("2026-03")] == ["TOO_MANY_ARRIVALS"]


def test_given_step_functions_is_down_then_the_message_comes_back(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.periods.arrivals import await_file

    def down(task_token: str, output: dict[str, Any]) -> bool:
        raise ConnectionError

    await_file(EXPECT, 0, "token", hub.machines)
    with monkeypatch.context() as patched:
        patched.setattr(hub.machines, "answer", down)
        assert handle({"Records": [message(1, KEY)]}, None)["batchItemFailures"] == [{"itemIdentifier": "m1"}]
    handle({"Records": [message(1, KEY)]}, None)
    assert hub.machines.answers["token"]["seq"] == 1
