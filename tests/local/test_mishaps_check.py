"""The checks of planted faults fail where one is not named, or something is named that nobody planted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.checks.mishaps import differences_are_named, faults_are_named
from local.world.mishaps import Mishaps, Planted

LIST = "regulator/applicants/2026-03/individual/a.csv"
KEY = "hangzhou/statement/2026-03/2026-03-12/HZB_STMT_20260312_half.txt"
SEEN = Mishaps(
    planted=[Planted("half a statement", KEY, "DIGEST_DIFFERS"), Planted("an order without an answer")],
    told=3,
    pending_seen="pending",
    differences=["announced hangzhou#HZ0000000000000NEVER"],
)
LISTED = [
    {"source": LIST, "code": "ROW_INVALID"},
    {"source": KEY, "code": "DIGEST_DIFFERS"},
]
STRANGE = {"source": "hangzhou/notices", "code": "NOTICE_DIFFERS"}


def test_given_all_that_was_planted_when_checked_then_both_hold() -> None:
    named = faults_are_named((LIST,), SEEN, LISTED)
    assert (named.holds, named.detail) == (True, "half a statement; an order without an answer")
    assert differences_are_named(SEEN).holds


@pytest.mark.parametrize(
    ("seen", "listed", "fault"),
    [
        (SEEN, LISTED[:1], "half a statement: DIGEST_DIFFERS is not on the list"),
        (SEEN, [*LISTED, STRANGE], "listed and never planted: hangzhou/notices NOTICE_DIFFERS"),
        (SEEN, [LISTED[0], {**LISTED[1], "code": "TOTAL_DIFFERS"}], "listed and never planted"),
        (SEEN, [{**LISTED[0], "source": "elsewhere"}, LISTED[1]], "listed and never planted: elsewhere"),
        (replace(SEEN, unspent=["minsheng mute"]), LISTED, "scripted and never met: minsheng mute"),
        (replace(SEEN, faults=["a notice was answered [200]"]), LISTED, "a notice was answered [200]"),
    ],
)
def test_given_a_fault_unnamed_or_a_name_too_many_when_checked_then_it_fails(
    seen: Mishaps, listed: list[dict[str, str]], fault: str
) -> None:
    named = faults_are_named((LIST,), seen, listed)
    assert not named.holds
    assert fault in named.detail


@pytest.mark.parametrize("differences", [[], ["announced hangzhou#HZ0000000000000NEVER", "held 1"], ["held 1"]])
def test_given_other_differences_than_the_planted_one_when_checked_then_it_fails(differences: list[str]) -> None:
    assert not differences_are_named(replace(SEEN, differences=differences)).holds
