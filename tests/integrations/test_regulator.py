"""The regulator's files as the office would save them: real bytes in, typed rows or named problems out."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from chalicelib.kernel.errors import FileRefused
from integrations.ports import ApplicantRow, QualificationRow
from integrations.regulator.client import RegulatorFiles

HEADER = "申请编码,类别,名称,证件类型,证件号码,手机号码,有效期起,有效期止"
GOOD = "3301260000001,个人,王小明,身份证,11010519491231002X,13800000001,2026-01-01,2026-12-31"
UNIT = "3301260000002,单位,云栖（杭州）公司,统一社会信用代码,91330106673959654P,13800000002,2026-01-01,2026-12-31"
REGULATOR = RegulatorFiles()


def csv_bytes(*lines: str, encoding: str = "gb18030", end: str = "\r\n") -> bytes:
    return (end.join(lines) + end).encode(encoding)


def xlsx_bytes(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WANG = ApplicantRow(
    line=2,
    code="3301260000001",
    bidder_class="individual",
    name="王小明",
    id_type="id_card",
    id_number="11010519491231002X",
    phone="13800000001",
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_given_a_csv_in_any_usual_encoding_then_the_rows_are_the_same(encoding: str, end: str) -> None:
    content = csv_bytes(HEADER, GOOD, encoding=encoding, end=end)
    assert REGULATOR.read_applicants(content, "applicants-individual.csv").rows == (WANG,)


def test_given_a_name_only_gb18030_can_write_then_it_is_read() -> None:
    row = GOOD.replace("王小明", "𠮷䶮")  # outside GBK: four bytes in GB18030
    found = REGULATOR.read_applicants(csv_bytes(HEADER, row), "a.csv")
    assert [row.name for row in found.rows] == ["𠮷䶮"]


def test_given_full_width_digits_a_small_x_and_blanks_then_identifiers_are_narrowed_and_the_name_is_kept() -> None:
    row = "３３０１２６０００００01, 个人 ,王 小明,身份证,11010519491231002x,１３８ 0000 0001,２０２６-01-01,2026-12-31"
    (found,) = REGULATOR.read_applicants(csv_bytes(HEADER, row), "a.csv").rows
    assert (found.code, found.id_number, found.phone) == ("3301260000001", "11010519491231002X", "13800000001")
    assert (found.name, found.valid_from) == ("王 小明", date(2026, 1, 1))


def test_given_columns_in_another_order_and_one_more_then_cells_go_by_their_heading() -> None:
    content = csv_bytes("备注,原因,审核结果,申请编码", "x,,通过,3301260000001", encoding="utf-8")
    assert REGULATOR.read_qualification(content, "q.csv").rows == (QualificationRow(2, "3301260000001", True, ""),)


@pytest.mark.parametrize(
    ("change", "field", "remedy_part"),
    [
        (("个人", "团体"), "类别", "个人 or 单位"),
        (("身份证", "护照"), "证件类型", "身份证 or 统一社会信用代码"),
        (("王小明", ""), "名称", "a value in this row; of merged cells only the first has one"),
        (("2026-01-01", "2026-02-30"), "有效期起", "YYYY-MM-DD"),
        (("2026-12-31", "20261231"), "有效期止", "YYYY-MM-DD"),
        (("2026-12-31", "2026/12/31"), "有效期止", "YYYY-MM-DD"),
        ((",13800000001", ""), "row", "8 cells"),
        (("王小明", "王,小明"), "row", "8 cells"),
    ],
)
def test_given_a_cell_that_cannot_be_read_then_line_field_and_remedy_are_named(
    change: tuple[str, str], field: str, remedy_part: str
) -> None:
    found = REGULATOR.read_applicants(csv_bytes(HEADER, UNIT, "", GOOD.replace(*change)), "a.csv")
    (problem,) = found.problems
    assert [row.code for row in found.rows] == ["3301260000002"]
    assert (problem.line, problem.field) == (4, field)
    assert remedy_part in problem.remedy
    assert "王" not in problem.found
    assert "1380000" not in problem.found


def test_given_a_record_over_two_lines_then_later_line_numbers_are_those_of_the_editor() -> None:
    found = REGULATOR.read_applicants(csv_bytes(HEADER, GOOD.replace("王小明", '"王\n小明"'), UNIT), "a.csv")
    assert [row.line for row in found.rows] == [2, 4]


def test_given_an_xlsx_with_text_number_and_date_cells_then_it_reads_like_the_csv() -> None:
    cells = [3301260000001, "个人", "王小明", "身份证", "11010519491231002X", 13800000001]
    content = xlsx_bytes(HEADER.split(","), [*cells, date(2026, 1, 1), "2026-12-31"], [None] * 8)
    assert REGULATOR.read_applicants(content, "applicants-unit.XLSX").rows == (WANG,)


def test_given_an_xlsx_id_number_kept_as_a_number_then_the_lost_digits_are_a_problem() -> None:
    cells = [3301260000001, "个人", "王小明", "身份证", 330106199001011234, 13800000001, "2026-01-01", "2026-12-31"]
    found = REGULATOR.read_applicants(xlsx_bytes(HEADER.split(","), cells), "a.xlsx")
    assert found.rows == ()
    assert [(problem.line, "text" in problem.remedy) for problem in found.problems] == [(2, True)]


def test_given_an_xlsx_whose_last_cell_is_empty_then_the_row_still_counts() -> None:
    content = xlsx_bytes(["申请编码", "审核结果", "原因"], ["3301260000001", "通过"], ["3301260000002", "不通过", "无"])
    assert REGULATOR.read_qualification(content, "q.xlsx").rows == (
        QualificationRow(2, "3301260000001", True, ""),
        QualificationRow(3, "3301260000002", False, "无"),
    )


def test_given_a_refusal_without_a_reason_then_the_reason_is_asked_for() -> None:
    found = REGULATOR.read_qualification(csv_bytes("申请编码,审核结果,原因", "3301260000001,不通过,"), "q.csv")
    assert [(problem.line, problem.field) for problem in found.problems] == [(2, "原因")]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "FILE_HEADER"),
        (csv_bytes(HEADER), "a.csv", "FILE_EMPTY"),
        (csv_bytes(HEADER.replace("手机号码", "电话"), GOOD), "a.csv", "FILE_HEADER"),
        (csv_bytes(HEADER + ",名称", GOOD + ",x"), "a.csv", "FILE_HEADER"),
        (csv_bytes(HEADER, GOOD) + b"\xff\xff\n", "a.csv", "FILE_ENCODING"),
        (csv_bytes(HEADER, GOOD, encoding="utf-16"), "a.csv", "FILE_ENCODING"),
        (csv_bytes(HEADER, GOOD.replace("王小明", '"王小明')), "a.csv", "FILE_UNREADABLE"),
        (b"PK\x03\x04 not a workbook", "a.xlsx", "FILE_UNREADABLE"),
        (csv_bytes(HEADER, GOOD), "a.xls", "FILE_KIND"),
    ],
)
def test_given_a_file_that_is_no_such_table_then_it_is_refused_as_a_whole(content: bytes, name: str, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        REGULATOR.read_applicants(content, name)
    assert refused.value.code == code


def part_of(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one member's bytes changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for member in before.namelist():
            raw = before.read(member)
            assert member != name or old in raw
            after.writestr(member, raw.replace(old, new) if member == name else raw)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        (SHEET, b"<v>4711</v>", b"<v>NaN</v>"),
        (SHEET, b"</sheetData>", b"</sheetDat"),
        (SHEET, b'<row r="2"', b'<row r="900000000000"'),
        (SHEET, b'r="A2"', b'r="2A"'),
        ("xl/workbook.xml", b"<sheets>", b"<sheets"),
    ],
)
def test_given_a_damaged_or_hostile_workbook_then_it_is_refused_by_name(member: str, old: bytes, new: bytes) -> None:
    content = part_of(xlsx_bytes(["申请编码", "审核结果", "原因"], [4711, "通过", ""]), member, old, new)
    with pytest.raises(FileRefused) as refused:
        REGULATOR.read_qualification(content, "q.xlsx")
    assert refused.value.code == "FILE_UNREADABLE"


def test_given_a_workbook_cut_short_at_any_byte_then_nothing_but_a_refusal_comes_of_it() -> None:
    content = xlsx_bytes(HEADER.split(","), GOOD.split(","))
    for length in range(0, len(content), 97):
        with pytest.raises(FileRefused):
            REGULATOR.read_applicants(content[:length], "a.xlsx")


def test_given_a_number_beyond_all_bounds_then_its_cell_is_a_problem() -> None:
    content = part_of(
        xlsx_bytes(["申请编码", "审核结果", "原因"], [4711, "通过", ""]), SHEET, b"<v>4711</v>", b"<v>1e999</v>"
    )
    found = REGULATOR.read_qualification(content, "q.xlsx")
    assert [(problem.line, "text" in problem.remedy) for problem in found.problems] == [(2, True)]


def test_given_columns_out_of_step_then_no_number_of_a_person_is_quoted_as_a_date() -> None:
    row = GOOD.replace("2026-01-01", "11010519491231002X").replace("2026-12-31", "13800000001")
    found = REGULATOR.read_applicants(csv_bytes(HEADER, row), "a.csv")
    assert [problem.field for problem in found.problems] == ["有效期起", "有效期止"]
    assert not any("1101051949" in problem.found or "138" in problem.found for problem in found.problems)


def test_given_a_merged_cell_then_the_rows_that_it_hides_are_named() -> None:
    book = Workbook()
    sheet = book.active
    for line in (HEADER, GOOD, GOOD.replace("3301260000001", "3301260000003")):
        sheet.append(line.split(","))
    sheet.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    found = REGULATOR.read_applicants(out.getvalue(), "a.xlsx")
    assert [row.code for row in found.rows] == ["3301260000001"]
    assert [(problem.line, problem.field) for problem in found.problems] == [(3, "类别")]


def test_given_gb18030_with_a_byte_order_mark_then_the_headings_are_found() -> None:
    content = "\ufeff".encode("gb18030") + csv_bytes(HEADER, GOOD)
    assert REGULATOR.read_applicants(content, "a.csv").rows == (WANG,)


def test_given_missing_columns_then_each_is_named() -> None:
    with pytest.raises(FileRefused) as refused:
        REGULATOR.read_qualification(csv_bytes("申请编码,原因", "1,"), "q.csv")
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [(1, "审核结果")]


def test_given_a_row_in_a_log_then_it_shows_nothing_personal() -> None:
    shown = repr(WANG)
    assert "王小明" not in shown
    assert "1949" not in shown
    assert "138" not in shown
