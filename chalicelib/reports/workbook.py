"""The month's settlement workbook (.xlsx): the same month gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import IO, Any

import xlsxwriter

from chalicelib.reports import bank_sheets, cover, details, sheets, treasury_sheets
from chalicelib.reports.chart_of_accounts import finance_profile
from chalicelib.reports.month import Month
from chalicelib.reports.pen import Pen
from chalicelib.reports.table import FIRST_ROW, HEADING_ROW, Kind, Table
from chalicelib.reports.tally import Tally, tally

COVER = "封面"
_COVER_WIDTHS = (34, 14, 22, 12)
_CHART = {"width": 860, "height": 360}


@dataclass(frozen=True)
class Bound:
    """A month with its sums and tables: what the workbook, the CSV files and the PDF are all made of."""

    month: Month
    found: Tally
    tables: dict[str, Table]

    @property
    def lines(self) -> list[cover.CoverLine]:
        """The cover's figures."""
        return cover.lines(self.month, self.tables)

    @property
    def checks(self) -> list[cover.Check]:
        """The cover's checks."""
        return cover.checks(self.month, self.found, self.tables)


def bind(month: Month) -> Bound:
    """Count the month once and lay its tables out."""
    found = tally(month)
    credits_in, deposits, refunds = (
        details.credit_details(month, found),
        details.deposit_details(month, found),
        details.refund_details(month, found),
    )
    prices, forfeits = treasury_sheets.prices(month), treasury_sheets.forfeits(month)
    balances = bank_sheets.trial_balance(month, finance_profile())
    made = (
        sheets.auction_results(month),
        sheets.credits_by_day(found, credits_in),
        sheets.credits_by_state(found, credits_in),
        sheets.deposits_by_state(found, deposits),
        sheets.interest(month, found, refunds),
        sheets.refunds_by_batch(found, refunds),
        details.failed_refunds(month, found),
        details.rollovers(month, found),
        forfeits,
        prices,
        treasury_sheets.clearing(month, prices, forfeits),
        treasury_sheets.receipts(month),
        treasury_sheets.unmatched(month),
        treasury_sheets.surplus(month),
        bank_sheets.reconciliation(month, balances),
        balances,
        credits_in,
        deposits,
        refunds,
    )
    return Bound(month, found, {table.sheet: table for table in made})


def write_workbook(bound: Bound, target: IO[bytes], *, amendment: int = 0, changes: Table | None = None) -> None:
    """The workbook: a cover with totals, checks and boxes to sign in, summaries, then every credit, deposit and refund.

    Sums are formulas over the detail sheets, with their present values for readers that do not recompute. An amendment
    bears its number on the cover, and what changed on the first sheet after it.
    """
    month = bound.month
    # Row by row through a file: memory stays the same for any number of rows. The members' time is a fixed one, and
    # with the date of creation fixed too, nothing depends on when it is written.
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    name = f"结算表(更正第{amendment}号)" if amendment else "结算表"
    book.set_properties(
        {
            "title": f"{month.title} {month.period} {name}",
            "author": "Hangpai",
            "company": "",
            "created": datetime.combine(month.made_on, time()),
        }
    )
    book.set_calc_mode("auto")
    pen = Pen(book, f"{month.title} {month.period} {name}")
    _write_cover(pen, bound, name)
    for table in ([changes] if changes else []) + list(bound.tables.values()):
        sheet = pen.table(table)
        if table.sheet in _CHARTS and table.rows:
            _CHARTS[table.sheet](book, sheet, table)
    book.close()


def _write_cover(pen: Pen, bound: Bound, name: str) -> None:
    month = bound.month
    sheet = pen.sheet(COVER, landscape=False)
    for position, width in enumerate(_COVER_WIDTHS):
        sheet.set_column(position, position, width)
    sheet.set_row(0, 36)
    sheet.merge_range(0, 0, 0, 3, f"{month.title}{name}", pen.title)
    sheet.merge_range(1, 0, 1, 3, f"{month.period} 期    编制日期 {month.made_on.isoformat()}", pen.subtitle)
    row = _write_lines(pen, sheet, 3, bound.lines)
    row = _write_checks(pen, sheet, row + 1, bound.checks)
    last = _write_boxes(pen, sheet, row + 1)
    sheet.print_area(0, 0, last, 3)
    # A cover is one page.
    sheet.fit_to_pages(1, 1)


def _write_lines(pen: Pen, sheet: object, row: int, lines: list[cover.CoverLine]) -> int:
    """The figures from a row on; returns the next free row."""
    _headings(pen, sheet, row, ("项目", "人数/笔数", "金额(元)", ""))
    for line in lines:
        row += 1
        pen.write(sheet, row, 0, line.item, Kind.TEXT)
        pen.write(sheet, row, 1, line.count, Kind.COUNT)
        pen.write(sheet, row, 2, line.amount, Kind.MONEY)
        pen.write(sheet, row, 3, None, Kind.TEXT)
    return row + 1


def _write_checks(pen: Pen, sheet: object, row: int, checks: list[cover.Check]) -> int:
    """The checks from a row on, green or red; returns the next free row."""
    _headings(pen, sheet, row, ("核对", "", "差额", "结论"))
    first = row + 1
    for check in checks:
        row += 1
        pen.write(sheet, row, 0, check.item, Kind.TEXT)
        pen.write(sheet, row, 1, None, Kind.TEXT)
        pen.write(sheet, row, 2, check.difference, Kind.COUNT if check.counts else Kind.MONEY)
        pen.write(sheet, row, 3, cover.verdict(check, f"C{row + 1}"), Kind.WORD)
    pen.mark(sheet, (first, 3, row, 3), {cover.BALANCED: pen.good, cover.OPEN: pen.bad})
    return row + 1


def _write_boxes(pen: Pen, sheet: Any, row: int) -> int:
    """Boxes to sign in, two by two; returns the last row."""
    pairs: Sequence[tuple[str, ...]] = (cover.SIGNATURES[:2], cover.SIGNATURES[2:])
    for left, right in pairs:
        sheet.set_row(row, 52)
        sheet.merge_range(row, 0, row, 1, f"{left}:\n\n日期:", pen.box)
        sheet.merge_range(row, 2, row, 3, f"{right}:\n\n日期:", pen.box)
        row += 1
    return row - 1


def _headings(pen: Pen, sheet: object, row: int, headings: tuple[str, ...]) -> None:
    for position, heading in enumerate(headings):
        pen.write_heading(sheet, row, position, heading)


def _chart(book: Any, sheet: Any, table: Table, headings: Sequence[str], title: str, *, stacked: bool) -> None:
    """Columns of a table as a chart below it; the first column names the groups."""
    chart = book.add_chart({"type": "column", "subtype": "stacked"} if stacked else {"type": "column"})
    for heading in headings:
        position = table.position(heading)
        chart.add_series(
            {
                "name": [table.sheet, HEADING_ROW, position],
                "categories": [table.sheet, FIRST_ROW, 0, table.last_row, 0],
                "values": [table.sheet, FIRST_ROW, position, table.last_row, position],
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_x_axis({"text_axis": True, "num_format": "mm-dd"})
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
    chart.set_size(_CHART)
    sheet.insert_chart(table.total_row + 2, 0, chart)
    sheet.print_area(0, 0, table.total_row + 22, max(len(table.columns) - 1, 8))


def _chart_of_days(book: Any, sheet: Any, table: Table) -> None:
    headings = [each.heading for each in table.columns if each.kind is Kind.MONEY][:-1]
    _chart(book, sheet, table, headings, "每日到账金额(元)", stacked=True)


def _chart_of_batches(book: Any, sheet: Any, table: Table) -> None:
    _chart(book, sheet, table, ("已付(元)", "退回(元)"), "各批次付款(元)", stacked=False)


_CHARTS = {"到账日报": _chart_of_days, "退款": _chart_of_batches}
