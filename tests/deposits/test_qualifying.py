"""Only applicant + deposit held + audit passed may bid."""

import pytest

from chalicelib.applicants.records import find
from chalicelib.deposits import exporting
from chalicelib.deposits.qualifying import qualify
from chalicelib.kernel.errors import Problem
from chalicelib.periods.problems import list_problems
from integrations.ports import QualificationFile, QualificationRow
from tests.deposits.deposit_month import PERIOD, DepositMonth, code

KEY = "regulator/qualification/2026-03/all/qualification.csv"


class Office:
    """Answers with the rows it is given."""

    def __init__(self, *rows: tuple[str, bool, str], problems: tuple[Problem, ...] = ()) -> None:
        self.file = QualificationFile(
            tuple(QualificationRow(line, *row) for line, row in enumerate(rows, start=2)), problems
        )

    def read_applicants(self, content, file_name):
        raise NotImplementedError

    stream_applicants = read_applicants

    def read_qualification(self, content, file_name):
        assert file_name == "qualification.csv"
        return self.file


@pytest.fixture
def month(aws) -> DepositMonth:
    month = DepositMonth(applicants=4)
    for number in (0, 2, 3):
        month.pay(number)
    month.take_statement()
    month.files.write("inbox", KEY, b"-")
    return month


def test_given_results_when_qualified_twice_then_all_three_conditions_count(month):
    office = Office((code(0), True, ""), (code(1), True, ""), (code(2), False, "材料不符"))

    for _ in range(2):
        counts = qualify(month.files, office, PERIOD, KEY)

    assert counts == {"qualified": 1, "no_deposit": 1, "audit_failed": 1, "no_result": 1, "problems": 0}
    assert [find(PERIOD, code(number)).qualified for number in range(4)] == [True, False, False, False]
    assert find(PERIOD, code(2)).audit_reason == "材料不符"
    files = exporting.export_qualified(month.files, PERIOD)["files"]
    assert month.files.read("work", files[0]["key"]).decode("utf-8-sig").count("\r\n") == 5


def test_given_a_stranger_and_two_words_about_one_code_then_they_are_listed_and_nobody_gains(month):
    office = Office((code(0), True, ""), (code(0), False, "x"), ("9999999999999", True, ""))

    counts = qualify(month.files, office, PERIOD, KEY)

    assert counts["qualified"] == 0
    assert counts["problems"] == 2
    assert {problem.code for problem in list_problems(PERIOD)} == {"QUALIFICATION_ROWS"}
