"""Check digits of ID cards and unit codes."""

from __future__ import annotations

import pytest

from chalicelib.kernel.identity import id_card_check, id_card_fault, uscc_check, uscc_fault

# The specimen of GB 11643-1999 itself.
SPECIMEN = "11010519491231002X"
# The specimen of GB 32100-2015 itself.
USCC_SPECIMEN = "91350100M000100Y43"


def test_the_standards_own_specimens_pass() -> None:
    assert id_card_check(SPECIMEN[:17]) == "X"
    assert id_card_fault(SPECIMEN) is None
    assert uscc_check(USCC_SPECIMEN[:17]) == "3"
    assert uscc_fault(USCC_SPECIMEN) is None


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        ("110105194912310021", "check character"),
        ("11010519491331002X", "birth date"),
        ("1101051949123100", "18 characters"),
        ("11010519491231002x", "18 characters"),
        ("１１０１０５１９４９１２３１００２Ｘ", "18 characters"),
        ("1101051949123100210", "18 characters"),
    ],
)
def test_a_wrong_id_card_says_what_would_be_right(number: str, remedy: str) -> None:
    assert remedy in (id_card_fault(number) or "")


@pytest.mark.parametrize(
    ("code", "remedy"), [("91350100M000100Y44", "check character"), ("91350100I000100Y43", "without I O S V Z")]
)
def test_a_wrong_unit_code_says_what_would_be_right(code: str, remedy: str) -> None:
    assert remedy in (uscc_fault(code) or "")


def test_any_one_digit_changed_is_noticed() -> None:
    for place in range(17):
        changed = str((int(SPECIMEN[place]) + 1) % 10)
        assert id_card_fault(SPECIMEN[:place] + changed + SPECIMEN[place + 1 :]) is not None
