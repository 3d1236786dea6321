"""What the demo's table says of the announcement."""

from __future__ import annotations

from local.demo_report import announced


def test_the_edition_that_stands_is_named_and_earlier_ones_and_other_periods_are_not() -> None:
    keys = (
        "announcement/2026-03/announcement.docx",
        "announcement/2026-03/calendar.png",
        "announcement/2026-03/v1/calendar.png",
        "announcement/2026-04/calendar.png",
        "auction/2026-03/result.json",
    )
    assert announced(dict.fromkeys(keys, b""), "2026-03") == list(keys[:2])
    assert announced({}, "2026-03") == []
