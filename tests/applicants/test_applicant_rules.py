"""What makes a row an applicant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.applicants.rules import check_list
from tests.applicants.applicants_office import LI, WANG, YUNQI, terms


def test_given_good_rows_then_each_is_an_applicant_in_the_lists_order() -> None:
    checked = check_list([LI, WANG], terms())
    assert [applicant.code for applicant in checked.applicants] == [LI.code, WANG.code]
    assert checked.problems == ()


def test_given_a_unit_then_its_social_credit_code_is_checked() -> None:
    assert check_list([YUNQI], terms("unit")).problems == ()
    (problem,) = check_list([replace(YUNQI, id_number="91350100M000100Y44")], terms("unit")).problems
    assert "check character" in problem.remedy


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "330126000000"}, "申请编码"),
        ({"code": "33012600000012"}, "申请编码"),
        ({"bidder_class": "unit", "id_type": "uscc", "id_number": "91350100M000100Y43"}, "类别"),
        ({"id_type": "uscc", "id_number": "91350100M000100Y43"}, "证件类型"),
        ({"id_number": "110105194912310021"}, "证件号码"),
        ({"id_number": "11010519491331002X"}, "证件号码"),
        ({"id_number": "110105491231002"}, "证件号码"),
        ({"phone": "12800000001"}, "手机号码"),
        ({"phone": "1380000000"}, "手机号码"),
        ({"name": "王\n小明"}, "名称"),
        ({"name": "王小明\u200b"}, "名称"),
        ({"name": "\u202e王小明"}, "名称"),
        ({"name": "=1+1"}, "名称"),
        ({"name": "王" * 101}, "名称"),
        ({"valid_from": date(2027, 1, 1)}, "有效期止"),
        ({"valid_until": date(2026, 3, 24)}, "有效期止"),
        ({"valid_from": date(2026, 3, 26)}, "有效期止"),
    ],
)
def test_given_one_wrong_field_then_line_and_field_are_named_and_nothing_personal_is(
    change: dict[str, Any], field: str
) -> None:
    checked = check_list([replace(WANG, **change)], terms())
    assert checked.applicants == ()
    assert [(problem.line, problem.field) for problem in checked.problems] == [(2, field)]
    shown = str(checked.problems)
    assert "王" not in shown
    assert "11010" not in shown
    assert "13800" not in shown


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 3, 25)])
def test_given_a_code_valid_from_or_until_the_auction_day_then_it_is_taken(day: date) -> None:
    row = replace(WANG, valid_from=day, valid_until=date(2026, 3, 25))
    assert check_list([row], terms()).problems == ()


def test_given_a_name_with_a_rare_character_or_a_wide_space_then_it_is_taken() -> None:
    rows = [replace(WANG, name="王　𠮷"), replace(LI, name="\ue863娜")]
    assert check_list(rows, terms()).problems == ()


def test_given_every_field_wrong_then_all_of_them_are_said_at_once() -> None:
    wrong = replace(WANG, code="1", phone="1", id_number="1", name="=")
    assert len(check_list([wrong], terms()).problems) == 4


def test_given_a_row_twice_to_the_letter_then_it_counts_once_and_the_repeat_is_listed() -> None:
    checked = check_list([WANG, replace(WANG, line=9)], terms())
    assert [applicant.code for applicant in checked.applicants] == [WANG.code]
    assert [problem.line for problem in checked.problems] == [9]


def test_given_a_code_with_two_contents_then_neither_is_taken_and_both_lines_are_listed() -> None:
    checked = check_list([WANG, replace(WANG, line=9, phone="13900000000"), LI], terms())
    assert [applicant.code for applicant in checked.applicants] == [LI.code]
    assert [problem.line for problem in checked.problems] == [2, 9]
