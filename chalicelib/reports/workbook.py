"""The month's settlement workbook (.xlsx): the same month gives the same bytes."""

from __future__ import annotations

import io
from datetime import datetime, time

import xlsxwriter

from chalicelib.reports import cover, details, sheets
from chalicelib.reports.month import Month
from chalicelib.reports.pen import Pen
from chalicelib.reports.table import Kind, Table

_COVER = "封面"
_COVER_WIDTHS = (30, 16, 22, 12)


def write_workbook(month: Month) -> bytes:
    """The workbook: a cover with totals and checks, summaries, then every credit, deposit and refund.

    Sums are formulas over the detail sheets, with their present values for readers that do not recompute.
    """
    made = io.BytesIO()
    # Kept in memory, its members bear a fixed time; with the date of creation fixed too, nothing depends on when.
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties(
        {
            "title": f"{month.title} {month.period} 结算表",
            "author": "Hangpai",
            "company": "",
            "created": datetime.combine(month.made_on, time()),
        }
    )
    book.set_calc_mode("auto")
    tables = _tables(month)
    pen = Pen(book, f"{month.title} {month.period}")
    _write_cover(pen, month, tables)
    for table in tables.values():
        pen.table(table)
    book.close()
    return made.getvalue()


def _tables(month: Month) -> dict[str, Table]:
    credits_in, deposits, refunds = (
        details.credit_details(month),
        details.deposit_details(month),
        details.refund_details(month),
    )
    made = (
        sheets.auction_results(month),
        sheets.credits_by_state(month, credits_in),
        sheets.deposits_by_state(month, deposits),
        sheets.refunds_by_batch(month, refunds),
        sheets.forfeits(month),
        sheets.prices(month),
        sheets.reconciliation(month),
        sheets.trial_balance(month),
        credits_in,
        deposits,
        refunds,
    )
    return {table.sheet: table for table in made}


def _write_cover(pen: Pen, month: Month, tables: dict[str, Table]) -> None:
    sheet = pen.sheet(_COVER, landscape=False)
    for position, width in enumerate(_COVER_WIDTHS):
        sheet.set_column(position, position, width)
    sheet.merge_range(0, 0, 0, 3, f"{month.title}结算表", pen.title)
    sheet.set_row(0, 32)
    sheet.merge_range(1, 0, 1, 3, f"{month.period} 期    编制日期 {month.made_on.isoformat()}", pen.subtitle)
    row = _write_lines(pen, sheet, 3, cover.lines(month, tables))
    row = _write_checks(pen, sheet, row + 1, cover.checks(month, tables))
    for place, (left, right) in enumerate((("编制:", "复核:"), ("财务负责人:", "日期:"))):
        sheet.write_string(row + 2 + 2 * place, 0, left, pen.note)
        sheet.write_string(row + 2 + 2 * place, 2, right, pen.note)
    sheet.print_area(0, 0, row + 4, 3)


def _write_lines(pen: Pen, sheet: object, row: int, lines: list[cover.CoverLine]) -> int:
    """The figures from a row on; returns the next free row."""
    _headings(pen, sheet, row, ("项目", "人数/笔数", "金额(元)"))
    for line in lines:
        row += 1
        pen.write(sheet, row, 0, line.item, Kind.TEXT)
        pen.write(sheet, row, 1, line.count, Kind.COUNT)
        pen.write(sheet, row, 2, line.amount, Kind.MONEY)
    return row + 1


def _write_checks(pen: Pen, sheet: object, row: int, checks: list[cover.Check]) -> int:
    """The checks from a row on, green or red; returns the next free row."""
    _headings(pen, sheet, row, ("核对", "", "差额(元)", "结论"))
    first = row + 1
    for check in checks:
        row += 1
        pen.write(sheet, row, 0, check.item, Kind.TEXT)
        pen.write(sheet, row, 1, None, Kind.TEXT)
        pen.write(sheet, row, 2, check.difference, Kind.MONEY)
        pen.write(sheet, row, 3, cover.verdict(check, f"C{row + 1}"), Kind.WORD)
    pen.mark(sheet, (first, 3, row, 3), {cover.BALANCED: pen.good, cover.OPEN: pen.bad})
    return row + 1


def _headings(pen: Pen, sheet: object, row: int, headings: tuple[str, ...]) -> None:
    for position, heading in enumerate(headings):
        pen.write_heading(sheet, row, position, heading)
