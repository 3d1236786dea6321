"""The check that every demo's logs go through finds each kind of personal data in any function's log."""

from __future__ import annotations

import pytest

from local.checks.logs import no_person_in_logs
from local.month import make_roster
from local.people import Person

PEOPLE = make_roster(7, 12).people
CLEAN = {"Deposits": '{"message": "step", "period": "2026-03"}\n', "Bid": '{"message": "bid", "code": "33012600"}\n'}


def test_given_logs_without_persons_when_checked_then_they_hold() -> None:
    assert no_person_in_logs(CLEAN, PEOPLE).holds


@pytest.mark.parametrize("kind", ["name", "id_number", "phone", "account_no"])
def test_given_one_line_with_something_of_a_person_when_checked_then_it_shows(kind: str) -> None:
    person: Person = PEOPLE[-1]
    leaking = {**CLEAN, "Bid": CLEAN["Bid"] + f'{{"message": "x{getattr(person, kind)}y"}}\n'}
    found = no_person_in_logs(leaking, PEOPLE)
    assert not found.holds
    # And what is printed of it names the function and the kind, not the person
    assert "Bid" in str(found)
    assert getattr(person, kind) not in str(found)


def test_given_no_logs_when_checked_then_it_does_not_hold() -> None:
    assert not no_person_in_logs({}, PEOPLE).holds
