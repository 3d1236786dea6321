"""Quiet hours: a campaign waits for the morning, and is not dropped."""

from __future__ import annotations

import pytest

from chalicelib.kernel.clock import at_shanghai
from chalicelib.messages.rules import quiet_hours


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-12T20:59:59", "2026-03-12T20:59:59"),
        ("2026-03-12T21:00:00", "2026-03-13T08:00:00"),
        ("2026-03-12T23:59:59", "2026-03-13T08:00:00"),
        ("2026-03-13T00:00:00", "2026-03-13T08:00:00"),
        ("2026-03-13T07:59:59", "2026-03-13T08:00:00"),
        ("2026-03-13T08:00:00", "2026-03-13T08:00:00"),
    ],
)
def test_given_a_time_of_day_then_at_night_it_waits_until_the_morning(now: str, expected: str) -> None:
    assert quiet_hours("21:00-08:00").after(at_shanghai(now)) == at_shanghai(expected)


def test_given_quiet_hours_within_a_day_or_none_then_they_hold_as_said() -> None:
    noon = at_shanghai("2026-03-12T12:30:00")
    assert quiet_hours("12:00-13:00").after(noon) == at_shanghai("2026-03-12T13:00:00")
    assert quiet_hours("none").after(noon) == noon
    for wrong in ("21-8", "24:00-08:00", "", "21:00"):
        with pytest.raises(ValueError, match=r"time of day|invalid literal"):
            quiet_hours(wrong)
