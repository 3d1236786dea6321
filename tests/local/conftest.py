"""A plan with instants seconds apart and the dates of a real month, and the month drawn for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from local.month import Month, make_month, make_roster

START_MS = 1_790_000_000_000


@dataclass(frozen=True)
class FakeMilestone:
    at_ms: int
    date: date


@dataclass(frozen=True)
class FakeStatement:
    channel: str
    day: date
    due: FakeMilestone


@dataclass(frozen=True)
class FakePlan:
    """What the generator reads of ``chalicelib.periods.plan.Plan``."""

    period: str
    milestones: dict[str, FakeMilestone]
    statements: tuple[FakeStatement, ...]

    def at(self, name: str) -> int:
        return self.milestones[name].at_ms

    def day(self, name: str) -> date:
        return self.milestones[name].date


@dataclass(frozen=True)
class FakeRules:
    deposit_fen: int = 200_000
    reserve_fen: int = 1_000_000
    tick_fen: int = 10_000
    cap_multiple: int = 2
    bids_max: int = 3


def _plan() -> FakePlan:
    def milestone(second: int, day: int) -> FakeMilestone:
        return FakeMilestone(START_MS + second * 1_000, date(2026, 3, day))

    milestones = {
        "applications_close": milestone(5, 8),
        "deposits_open": milestone(10, 7),
        "deposits_close": milestone(40, 17),
        "corrections_close": milestone(50, 18),
        "deposits_to_notary": milestone(55, 19),
    }
    statements = (
        FakeStatement("hangzhou", date(2026, 3, 10), milestone(25, 11)),
        FakeStatement("hangzhou", date(2026, 3, 17), milestone(45, 18)),
        FakeStatement("hangzhou", date(2026, 4, 7), milestone(90, 30)),
    )
    return FakePlan("2026-03", milestones, statements)


@pytest.fixture
def plan() -> FakePlan:
    return _plan()


@pytest.fixture
def rules() -> FakeRules:
    return FakeRules()


@pytest.fixture(scope="session")
def month() -> Month:
    averages = {"individual": 1_600_000, "unit": 2_400_000}
    return make_month(make_roster(42, 200), _plan(), FakeRules(), averages)
