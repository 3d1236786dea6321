"""The operators' list."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import Problem
from chalicelib.periods.problems import PROBLEMS_MAX, list_problems, record_problems

pytestmark = pytest.mark.usefixtures("aws")


def test_given_problems_when_recorded_twice_then_each_is_listed_once_in_the_order_of_lines() -> None:
    found = [Problem(12, "类别", "企业", "个人 or 单位"), Problem(3, "手机号码", "", "11 digits")]
    for _ in range(2):
        record_problems("2026-03", "applicants", [*found, found[0]], "ROWS_REFUSED", "有数据行未被接收")
    assert [each.as_dict() for each in list_problems("2026-03")] == [
        {"source": "applicants", "code": "ROWS_REFUSED", "message": "有数据行未被接收", **each.as_dict()}
        for each in reversed(found)
    ]
    assert list_problems("2026-04") == []


def test_given_an_error_without_lines_then_it_is_one_entry() -> None:
    assert record_problems("2026-03", "inbox", [], "FILE_REFUSED", "文件未被接收") == 1
    assert [each.code for each in list_problems("2026-03")] == ["FILE_REFUSED"]


def test_given_a_file_of_nothing_but_faults_then_the_rest_is_counted() -> None:
    lines = [Problem(line, "code", "", "13 digits") for line in range(1, PROBLEMS_MAX + 51)]
    record_problems("2026-03", "applicants", lines, "ROWS_REFUSED", "有数据行未被接收")
    listed = list_problems("2026-03")
    assert len(listed) == PROBLEMS_MAX + 1
    assert listed[0].problem.found == "50 more"
