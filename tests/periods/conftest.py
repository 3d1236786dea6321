"""Stand-ins and a month to work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.kernel.clock import SetClock
from chalicelib.periods import access, inbox, routes, tasks
from chalicelib.periods.audit import Actor
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.rules import RuleSet, load_rules

WANG = Actor("wang", ("planner",), 5_000)


def approver(name: str = "li", at_ms: int = 5_000) -> Actor:
    return Actor(name, ("approver",), at_ms)


@dataclass
class FakeMachines:
    """Machines that remember what they were told. A task that was answered waits no more."""

    started: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def start(self, machine: str, name: str, given: dict[str, Any]) -> None:
        self.started.setdefault(f"{machine}/{name}", given)

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        self.told.append(task_token)
        if task_token in self.answers:
            return False
        self.answers[task_token] = output
        return True


@pytest.fixture
def machines() -> FakeMachines:
    return FakeMachines()


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load_rules("hangzhou")


@pytest.fixture(scope="session")
def plan(rules: RuleSet) -> Plan:
    return nominal(
        "2026-03",
        rules,
        {"individual": 60, "unit": 10},
        last_average_fen={"individual": 1_600_000, "unit": 2_400_000},
        lows_fen={"individual": (1_000_000, 1_050_000), "unit": (1_100_000,)},
        last_mean_fen={"individual": 1_200_000},
    )


@dataclass
class FakeKeys:
    """One session key."""

    def session_keys(self) -> dict[str, bytes]:
        return {"k1": b"k" * 32}


@dataclass
class FakeHub:
    """What the room's entry points take from the hub."""

    machines: FakeMachines
    clock: SetClock
    keys: FakeKeys = field(default_factory=FakeKeys)


@pytest.fixture
def hub(machines: FakeMachines, monkeypatch: pytest.MonkeyPatch, aws: None) -> FakeHub:
    made = FakeHub(machines, SetClock(1_790_000_000_000))
    for module in (access, inbox, routes, tasks):
        monkeypatch.setattr(module, "hub", lambda: made)
    return made
