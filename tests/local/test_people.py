"""Rule: people made here pass the hub's own checks of papers, though the two compute check digits apart."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.kernel.identity import id_card_fault, uscc_fault
from local.people import INDIVIDUAL, UNIT, PeopleMaker, id_card, luhn_digit, make_people


@pytest.mark.parametrize(
    ("made", "known"),
    [
        # The example in the text of GB 11643-1999.
        (id_card("110105", date(1949, 12, 31), 2), "11010519491231002X"),
        (id_card("440524", date(1880, 1, 1), 1), "440524188001010014"),
        ("7992739871" + luhn_digit("7992739871"), "79927398713"),
    ],
)
def test_when_a_paper_is_made_then_its_check_character_is_the_standards(made: str, known: str) -> None:
    assert made == known


def test_given_any_person_when_made_then_the_hubs_checks_find_no_fault() -> None:
    for person in make_people(PeopleMaker(7), 300):
        fault = uscc_fault(person.id_number) if person.is_unit else id_card_fault(person.id_number)
        assert fault is None, person
        assert len(person.code) == 13
        assert person.code.isdigit()
        assert len(person.phone) == 11


def test_given_the_same_seed_when_made_again_then_the_people_are_the_same_and_no_value_is_shared() -> None:
    first, again = make_people(PeopleMaker(7), 300), make_people(PeopleMaker(7), 300)
    assert first == again
    assert first != make_people(PeopleMaker(8), 300)
    for field in ("code", "name", "id_number", "phone", "account_no"):
        assert len({getattr(person, field) for person in first}) == len(first)


def test_given_few_bidders_when_made_then_both_classes_take_part() -> None:
    classes = [person.bidder_class for person in make_people(PeopleMaker(1), 20)]
    assert classes.count(UNIT) == 2
    assert classes.count(INDIVIDUAL) == 18


def test_given_rare_characters_when_written_then_gb18030_holds_them_and_gb2312_does_not() -> None:
    names = "".join(person.name for person in make_people(PeopleMaker(3), 600))
    assert names.encode("gb18030").decode("gb18030") == names
    with pytest.raises(UnicodeEncodeError):
        names.encode("gb2312")
