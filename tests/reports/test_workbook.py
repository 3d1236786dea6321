"""The month's workbook: the same bytes for the same month, every figure a formula that comes to what it shows."""

from __future__ import annotations

import io
import re
import shutil
import time
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from months import a_month, written

from chalicelib.reports import workbook
from chalicelib.reports.month import Month
from chalicelib.reports.table import column_letter
from chalicelib.reports.words import batch_word, word
from local.checks.finance import recomputed

SHEETS = [
    *("封面", "竞价结果", "到账日报", "到账", "保证金", "利息", "退款", "退款失败", "延期退保", "没收", "成交价款"),
    *("财政清分", "票据", "票据核对", "异常缴款", "对账", "试算平衡", "到账明细", "保证金明细", "退款明细"),
]


def shown(content: bytes) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def by_label(rows: list[list[Any]]) -> dict[str, list[Any]]:
    return {row[0]: row[1:] for row in rows if row[0]}


def test_given_the_same_month_when_written_later_then_the_same_bytes() -> None:
    first = written(a_month())
    time.sleep(1.1)

    assert written(a_month()) == first
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(first)).infolist()} == {(1980, 1, 31, 0, 0, 0)}


def test_given_a_month_when_written_then_the_cover_says_what_finance_asks() -> None:
    sheets = shown(written(a_month()))

    assert list(sheets) == SHEETS
    cover = by_label(sheets["封面"])
    assert cover["申请人"][0] == 12
    assert cover["买受"][0] == 3
    assert cover["到账"][:2] == [7, 13950.5]
    assert cover["保证金"][:2] == [4, 8000]
    assert cover["溢缴"][1] == 50.5
    assert cover["付款指令(退款及上缴)"][:2] == [5, 9850.76]
    assert cover["其中:利息"][1] == 0.26
    assert cover["其中:退回"][1] == 3800
    assert cover["违约没收"][:2] == [1, 2000]
    assert cover["成交价款应缴"][:2] == [3, 91000]
    assert cover["成交价款实缴"][1] == 31500
    interest = by_label(sheets["利息"])["杭州银行"]
    assert interest == [2, 0.26, 0, 0.26, 0.26, 0.26, 0]
    checks = (
        "借贷合计差额",
        "账簿余额 - 封存链余额",
        "银行余额推算差额",
        "银行余额账簿差额",
        "已匹配到账 - 保证金 - 溢缴 + 延期转入",
        "没收状态保证金 - 违约没收",
        "缴款与票据不符(笔)",
    )
    assert [cover[check][1:] for check in checks] == [[0, "平"]] * 7
    assert [cover[item][1] for item in ("上期延期转入", "延期转出至下期", "财政电子票据")] == [0, 0, 31500]
    for signature in ("制表人", "复核人", "财务负责人", "单位负责人(盖章)"):
        assert any(signature in str(cell) for row in sheets["封面"] for cell in row)


def test_given_interest_that_came_back_and_went_again_when_written_then_it_is_owed_once() -> None:
    month = a_month()
    again = [replace(each, interest_fen=7) if each.principal_fen == 190_000 else each for each in month.refunds]
    again = [replace(each, state="paid") if each.batch == "again-1" else each for each in again]
    interest = by_label(shown(written(replace(month, refunds=tuple(again))))["利息"])["杭州银行"]

    assert interest[1:5] == [0.40, 0.07, 0.33, 0.33]


def test_given_a_fen_too_many_in_the_ledger_when_written_then_the_cover_says_so() -> None:
    month = a_month()
    [bank] = month.banks
    cover = by_label(shown(written(replace(month, banks=(replace(bank, own_fen=bank.own_fen + 1),))))["封面"])

    assert cover["银行余额账簿差额"][1:] == [0.01, "不平"]
    assert cover["银行余额推算差额"][1:] == [0, "平"]


def test_given_a_month_when_written_then_every_sheet_is_ready_to_read_and_print() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(a_month())))

    for sheet in book.worksheets:
        assert sheet.page_setup.paperSize == 9
        # One page wide is the default; a cover is one page high too.
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((None, 0), (None, None))
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert "&P" in sheet.oddFooter.right.text
        if sheet.title != "封面":
            assert sheet.freeze_panes == "B5"
            assert sheet.print_title_rows == "$4:$4"
    details = book["退款明细"]
    assert details.auto_filter.ref == "A4:M9"
    assert details["F5"].number_format == "#,##0.00_ ;[Red]-#,##0.00_ "
    assert details["I5"].number_format == "yyyy-mm-dd"
    assert details["F10"].value == "=SUM(F5:F9)"
    assert book["成交价款"]["E5"].data_type == "s"


def test_given_text_that_looks_like_a_formula_when_written_then_it_stays_text() -> None:
    month = a_month()
    evil = replace(month.credits[0], payer='=HYPERLINK("http://x")', code="0012")
    sheet = openpyxl.load_workbook(io.BytesIO(written(replace(month, credits=(evil,)))))["到账明细"]

    assert (sheet["J5"].data_type, sheet["G5"].value) == ("s", "0012")


def test_given_an_empty_month_when_written_then_every_sum_is_zero() -> None:
    month = a_month()
    sheets = shown(written(Month(month.period, month.title, month.made_on)))

    assert list(sheets) == SHEETS
    cover = by_label(sheets["封面"])
    assert cover["到账"][:2] == [0, 0]
    assert cover["借贷合计差额"][1:] == [0, "平"]


def test_given_states_nobody_named_when_shown_then_as_they_are() -> None:
    assert word({"a": "甲"}, "b") == "b"
    assert [batch_word(batch) for batch in ("1", "remittance", "again-2", "x")] == [
        "第一批",
        "上缴财政",
        "重发第2批",
        "x",
    ]


def test_given_positions_when_lettered_then_as_spreadsheets_do() -> None:
    assert [column_letter(position) for position in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


def formulas(content: bytes) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def test_given_formulas_when_they_name_cells_then_those_stand_where_they_say() -> None:
    """Each reference stays inside its sheet's table: a range that slips would still give a number."""
    content = written(a_month())
    book = openpyxl.load_workbook(io.BytesIO(content))

    ranges = re.compile(r"'([^']+)'!\$[A-Z]+\$5:\$[A-Z]+\$(\d+)")
    for at, formula in formulas(content).items():
        for named, last in ranges.findall(formula):
            assert book[named].cell(int(last), 1).value or last == "5", (at, formula)  # an empty table keeps one row
            assert book[named].cell(int(last) + 1, 1).value == "合计", (at, formula)
        for named, row in re.findall(r"'([^']+)'!\$[A-Z]+\$(\d+)", ranges.sub("", formula)):
            assert book[named].cell(int(row), 1).value == "合计", (at, formula)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed; it recomputes the workbook")
def test_given_libreoffice_when_it_recomputes_then_every_formula_comes_to_what_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = written(a_month())
    # Written with wrong values, so that what comes back can only come from recomputing.
    monkeypatch.setattr(workbook.Pen, "write", wrong_values(workbook.Pen.write))
    again = recomputed(written(a_month()))
    assert again is not None

    wanted = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    found = openpyxl.load_workbook(io.BytesIO(again), data_only=True)
    cells = formulas(content)
    assert len(cells) > 80
    for sheet, coordinate in cells:
        got, want = found[sheet][coordinate].value, wanted[sheet][coordinate].value
        same = abs((got or 0) - want) < 0.000_1 if isinstance(want, int | float) else got == want
        assert same, (sheet, coordinate, cells[sheet, coordinate], got, want)


def wrong_values(write: Any) -> Any:
    from chalicelib.reports.table import Formula

    def write_wrong(*given: Any) -> None:
        *place, cell, kind = given
        write(*place, Formula(cell.text, 77_777) if isinstance(cell, Formula) else cell, kind)

    return write_wrong
