"""Files and machines meet, whichever comes first."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.errors import InvalidInput, TooMany
from chalicelib.periods import arrivals
from chalicelib.periods.arrivals import Arrival, await_file, latest_arrival, record_arrival
from tests.periods.conftest import FakeMachines

pytestmark = pytest.mark.usefixtures("aws")

EXPECT = "hangzhou/statement/2026-03/2026-03-10"
KEY = f"{EXPECT}/HZB_STMT_20260310.txt"
CORRECTED = f"{EXPECT}/HZB_STMT_20260310_2.txt"


def answer(key: str, seq: int) -> dict[str, Any]:
    return {"bucket": "inbox", "key": key, "seq": seq}


def test_given_a_machine_waits_when_the_file_comes_then_it_is_told(machines: FakeMachines) -> None:
    await_file(EXPECT, 0, "token", machines)
    assert machines.answers == {}
    assert record_arrival(KEY, "e1", "1", machines) == Arrival(KEY, 1)
    assert machines.answers == {"token": answer(KEY, 1)}


def test_given_the_file_is_there_when_a_machine_comes_then_it_is_told_at_once(machines: FakeMachines) -> None:
    record_arrival(KEY, "e1", "1", machines)
    await_file(EXPECT, 0, "token", machines)
    assert machines.answers == {"token": answer(KEY, 1)}


def test_given_a_refused_file_when_the_next_is_awaited_then_only_a_later_one_will_do(machines: FakeMachines) -> None:
    record_arrival(KEY, "e1", "1", machines)
    await_file(EXPECT, 1, "again", machines)
    assert machines.answers == {}
    record_arrival(CORRECTED, "e2", "2", machines)
    assert machines.answers == {"again": answer(CORRECTED, 2)}


def test_given_the_same_event_twice_then_it_is_one_arrival(machines: FakeMachines) -> None:
    for _ in range(2):
        assert record_arrival(KEY, "e1", "1", machines) == Arrival(KEY, 1)
    assert latest_arrival(EXPECT) == Arrival(KEY, 1)


def test_given_the_same_file_is_dropped_anew_then_it_is_another_arrival(machines: FakeMachines) -> None:
    record_arrival(KEY, "e1", "1", machines)
    assert record_arrival(KEY, "e1", "2", machines) == Arrival(KEY, 2)


def test_given_the_answer_was_lost_when_the_event_comes_again_then_the_machine_is_told(machines: FakeMachines) -> None:
    class Down(FakeMachines):
        def answer(self, task_token: str, output: dict[str, Any]) -> bool:
            raise ConnectionError

    await_file(EXPECT, 0, "token", machines)
    with pytest.raises(ConnectionError):
        record_arrival(KEY, "e1", "1", Down())
    record_arrival(KEY, "e1", "1", machines)
    assert machines.answers == {"token": answer(KEY, 1)}


def test_given_a_machine_was_told_then_later_files_do_not_tell_it_again(machines: FakeMachines) -> None:
    await_file(EXPECT, 0, "token", machines)
    record_arrival(KEY, "e1", "1", machines)
    record_arrival(CORRECTED, "e2", "2", machines)
    assert machines.told == ["token"]


def test_given_a_period_was_started_again_then_both_attempts_are_told(machines: FakeMachines) -> None:
    await_file(EXPECT, 0, "first attempt", machines)
    await_file(EXPECT, 0, "second attempt", machines)
    record_arrival(KEY, "e1", "1", machines)
    assert set(machines.answers) == {"first attempt", "second attempt"}


def test_given_other_expectations_then_nobody_else_is_told(machines: FakeMachines) -> None:
    await_file("hangzhou/statement/2026-03/2026-03-11", 0, "token", machines)
    record_arrival(KEY, "e1", "1", machines)
    assert machines.answers == {}
    assert latest_arrival("hangzhou/statement/2026-03/2026-03-11") is None


def test_given_a_sidecar_then_it_is_no_arrival(machines: FakeMachines) -> None:
    assert record_arrival(f"{KEY}.sm3", "e1", "1", machines) is None
    assert latest_arrival(EXPECT) is None


@pytest.mark.parametrize(
    "key",
    [
        "statement.txt",
        "hangzhou/statement/2026-03/statement.txt",
        "hangzhou/statement/March/2026-03-10/statement.txt",
        "hangzhou//2026-03/2026-03-10/statement.txt",
        "a/hangzhou/statement/2026-03/2026-03-10/statement.txt",
    ],
)
def test_given_a_key_outside_the_layout_then_it_is_refused(key: str, machines: FakeMachines) -> None:
    with pytest.raises(InvalidInput, match="INBOX_KEY"):
        record_arrival(key, "e1", "1", machines)


def test_given_no_four_parts_then_nothing_can_be_awaited(machines: FakeMachines) -> None:
    with pytest.raises(InvalidInput, match="EXPECT_INVALID"):
        await_file("hangzhou/statement", 0, "token", machines)


def test_given_a_flood_of_files_then_it_ends(machines: FakeMachines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "ARRIVALS_MAX", 2)
    record_arrival(KEY, "e1", "1", machines)
    record_arrival(KEY, "e1", "2", machines)
    with pytest.raises(TooMany):
        record_arrival(KEY, "e1", "3", machines)
    assert record_arrival(KEY, "e1", "2", machines) == Arrival(KEY, 2)
