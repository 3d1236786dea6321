"""The checks of planted faults fail where one is not named, or something is named that nobody planted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet
from local.checks.bank_files import (
    PAID,
    PENDING,
    BatchRow,
    Exchanged,
    RefundFile,
    ReturnFile,
    ReturnRow,
    StatementFile,
    StatementRow,
)
from local.checks.mishaps import differences_are_named, faults_are_named, rare_names_came_through, refused_in_part
from local.month import CHANNEL, Month, make_month, make_roster
from local.payments import MINSHENG
from local.people import beyond_gb2312
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
    assert differences_are_named(SEEN, {}).holds


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
    assert not differences_are_named(replace(SEEN, differences=differences), {}).holds


@pytest.mark.parametrize(("statement", "holds"), [(0, False), (1, True)])
def test_given_a_payment_told_of_between_two_statements_when_the_first_has_it_then_the_check_fails(
    statement: int, holds: bool
) -> None:
    row = StatementRow("pi_1", 0, "C", 1, "", "", "")
    files = [StatementFile("", "", 0, 0, 0, 0, (row,) if place == statement else ()) for place in range(2)]
    seen = replace(SEEN, differences=[*SEEN.differences, "announced alipay#pi_1"])
    assert differences_are_named(seen, {"alipay": Exchanged(tuple(files), (), ())}).holds is holds


def _exchanged(month: Month, channel: str, *, lose: str = "", misspell: bool = False) -> Exchanged:
    """What a bank's files say in a month in which everybody who paid there is paid back, less the name ``lose``."""
    names = [month.person(paid.code).name for paid in month.payments if paid.channel == channel and paid.code]
    booked = [StatementRow(name, 0, "C", 1, "", name, "") for name in names if name != lose]
    back = [BatchRow(name, "", f"{name}?" if misspell else name, 1, 0) for name in names]
    statement = StatementFile("", "", 0, len(booked), 0, 0, tuple(booked))
    return Exchanged((statement,), (RefundFile("", "", len(back), 0, tuple(back)),), ())


def test_given_names_beyond_gb2312_when_a_bank_s_files_lose_or_change_one_then_it_fails(
    plan: Plan, rules: RuleSet
) -> None:
    statements = tuple(replace(each, channel=channel) for each in plan.statements for channel in (CHANNEL, MINSHENG))
    everywhere = replace(plan, statements=statements)
    month = make_month(make_roster(42, 200), everywhere, rules, (CHANNEL, MINSHENG))
    rare = {
        channel: next(
            month.person(paid.code).name
            for paid in month.payments
            if paid.channel == channel and paid.code and beyond_gb2312(month.person(paid.code).name)
        )
        for channel in (CHANNEL, MINSHENG)
    }
    whole = {channel: _exchanged(month, channel) for channel in rare}
    assert rare_names_came_through(month, whole).holds
    for channel, name in rare.items():
        lost = rare_names_came_through(month, {**whole, channel: _exchanged(month, channel, lose=name)})
        assert f"{channel}: 1 such names are not on its statements" in lost.detail
        changed = rare_names_came_through(month, {**whole, channel: _exchanged(month, channel, misspell=True)})
        assert "were ordered that nobody bears" in changed.detail
        none = rare_names_came_through(month, {**whole, channel: Exchanged((), (), ())})
        assert f"{channel}: nobody with such a name paid in" in none.detail
        assert name not in lost.detail + changed.detail + none.detail
    # The one whom Minsheng can't pay pays there, and names a card of its own.
    gone = next(person for person in month.people if person.account_no in month.failing_at_minsheng)
    assert month.channel_of[gone.code] == MINSHENG
    assert (len(month.new_accounts[gone.code]), month.new_accounts[gone.code][:6]) == (16, "622622")


@pytest.mark.parametrize(
    ("codes", "holds"),
    [((PAID, "failed"), True), ((PAID, PAID), False), (("failed", "failed"), False), ((PAID, PENDING), False)],
)
def test_given_a_return_file_when_it_is_not_paid_in_part_then_the_check_fails(
    codes: tuple[str, ...], holds: bool
) -> None:
    rows = tuple(ReturnRow(f"RF{number}", 1, code) for number, code in enumerate(codes))
    found = refused_in_part(MINSHENG, Exchanged((), (), (ReturnFile("", "", 2, 2, rows),)))
    assert (found.holds, found.detail) == (
        holds,
        "minsheng: 1 of 2 payments" if holds else "minsheng paid no file in part",
    )
