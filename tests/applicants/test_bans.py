"""Bans: how long, and that they count in later periods only."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.applicants.bans import add_ban, ban_until, bans
from chalicelib.applicants.records import ApplicantRecord
from chalicelib.kernel.tables import Transaction


@pytest.mark.parametrize(
    ("months", "until"),
    [(1, date(2026, 5, 1)), (9, date(2027, 1, 1)), (24, date(2028, 4, 1)), (120, date(2036, 4, 1))],
)
def test_given_a_default_in_march_when_banned_then_until_the_month_after_so_many(months: int, until: date) -> None:
    assert ban_until(date(2026, 3, 30), months) == until


def test_given_a_ban_then_it_holds_in_later_periods_until_its_end(aws: None) -> None:
    transaction = Transaction()
    add_ban(transaction, ApplicantRecord("p", "s", period="2026-03", code="1", id_lookup="h"), date(2026, 6, 1))
    transaction.commit()

    assert {period: bans(period) for period in ("2026-02", "2026-03", "2026-05", "2026-06")} == {
        "2026-02": set(),
        "2026-03": set(),
        "2026-05": {"h"},
        "2026-06": set(),
    }
