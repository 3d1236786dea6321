"""Writes tables with XlsxWriter: formats, frozen headings, filters and print set-up, the same on every sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.reports.table import FIRST_ROW, HEADING_ROW, Cell, Formula, Kind, Table, column_letter

_FONT = "宋体"
_A4 = 9
_MONEY_KIND = Kind.MONEY
_ROW_POINTS = 18
_MONEY = "#,##0.00_ ;[Red]-#,##0.00_ "  # the space keeps figures off the rule
_FORMATS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"align": "left", "indent": 1, "num_format": "@"},
    Kind.WORD: {"align": "center", "bold": True},
    Kind.COUNT: {"num_format": "#,##0_ "},
    Kind.MONEY: {"num_format": _MONEY},
    Kind.DAY: {"num_format": "yyyy-mm-dd", "align": "center"},
    Kind.MOMENT: {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "center"},
}


class Pen:
    """One workbook's formats, and how a table is put on a sheet of it."""

    def __init__(self, book: Any, footer: str) -> None:
        self._book = book
        self._footer = footer
        self.title = self._format(bold=True, font_size=16, align="center", border=0)
        self.subtitle = self._format(font_color="#595959", align="center", border=0)
        self.note = self._format(font_color="#595959", font_size=9, border=0)
        self.heading = self._format(bold=True, bg_color="#DCE6F1", align="center", text_wrap=True)
        self._cells = {kind: self._format(**given) for kind, given in _FORMATS.items()}
        self._text = self._cells[Kind.TEXT]
        self.box = self._format(align="left", valign="top", indent=1, font_color="#404040")
        self.figure = self._format(bold=True, align="left", indent=1, num_format="@", bg_color="#F2F2F2")
        total = {"bold": True, "bg_color": "#F2F2F2", "top": 2}
        self._totals = {kind: self._format(**{**given, **total}) for kind, given in _FORMATS.items()}
        self.good = self._format(bold=True, align="center", font_color="#006100", bg_color="#C6EFCE")
        self.bad = self._format(bold=True, align="center", font_color="#9C0006", bg_color="#FFC7CE")

    def _format(self, **given: Any) -> Any:
        standard = {"font_name": _FONT, "font_size": 10, "valign": "vcenter", "border": 1, "border_color": "#BFBFBF"}
        return self._book.add_format({**standard, **given})

    def cell(self, kind: Kind) -> Any:
        """The format of a kind's cells."""
        return self._cells[kind]

    def sheet(self, name: str, *, landscape: bool) -> Any:
        """A new sheet, ready to be printed on A4, as wide as one page."""
        sheet = self._book.add_worksheet(name)
        sheet.set_default_row(_ROW_POINTS)
        sheet.set_paper(_A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.set_footer(f"&L{self._footer}&C&A&R第 &P 页 共 &N 页")
        sheet.hide_gridlines(2)
        return sheet

    def table(self, table: Table) -> Any:
        """Put a table on a sheet of its own; returns the sheet."""
        sheet = self.sheet(table.sheet, landscape=len(table.columns) > 5)
        last = len(table.columns) - 1
        # Row by row, downwards: what was written of a row leaves the process's memory with the next one.
        sheet.set_row(0, 28)
        sheet.merge_range(0, 0, 0, last, table.title, self.title)
        sheet.write_string(1, 0, table.note, self.note)
        sheet.set_row(HEADING_ROW, 30)
        for position, column in enumerate(table.columns):
            sheet.set_column(position, position, column.width)
            self.write_heading(sheet, HEADING_ROW, position, column.heading)
        kinds = [column.kind for column in table.columns]
        write = self.write
        for row, cells in enumerate(table.rows or ((None,) * len(kinds),), start=FIRST_ROW):
            for position, cell in enumerate(cells):
                write(sheet, row, position, cell, kinds[position])
        if table.has_totals:
            self._write_totals(sheet, table)
        sheet.freeze_panes(FIRST_ROW, 1)
        sheet.repeat_rows(HEADING_ROW)
        sheet.print_area(0, 0, table.total_row if table.has_totals else table.last_row, last)
        if table.long:
            sheet.autofilter(HEADING_ROW, 0, table.last_row, last)
        return sheet

    def write_heading(self, sheet: Any, row: int, position: int, heading: str) -> None:
        """Put a heading."""
        sheet.write_string(row, position, heading, self.heading)

    def mark(self, sheet: Any, area: tuple[int, int, int, int], formats: Mapping[str, Any]) -> None:
        """Colour the cells of an area (first row, first column, last row, last column) by the text that they show."""
        for text, shape in formats.items():
            sheet.conditional_format(*area, {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": shape})

    def _write_totals(self, sheet: Any, table: Table) -> None:
        for position, column in enumerate(table.columns):
            shape = self._totals[column.kind]
            if column.total:
                letter = column_letter(position)
                formula = Formula(
                    f"SUM({letter}{FIRST_ROW + 1}:{letter}{table.last_row + 1})", table.total_value(column.heading)
                )
                sheet.write_formula(table.total_row, position, *_formula(formula, column.kind, shape))
            else:
                sheet.write_string(table.total_row, position, "合计" if position == 0 else "", self._totals[Kind.TEXT])

    def write(self, sheet: Any, row: int, position: int, cell: Cell, kind: Kind) -> None:
        """Put one cell; text never becomes a formula or a number by its looks."""
        if isinstance(cell, str) and cell:
            sheet.write_string(row, position, cell, self._text)
        elif isinstance(cell, int):
            sheet.write_number(row, position, cell / FEN_PER_YUAN if kind is _MONEY_KIND else cell, self._cells[kind])
        elif not cell:
            sheet.write_blank(row, position, None, self._cells[kind])
        elif isinstance(cell, Formula):
            sheet.write_formula(row, position, *_formula(cell, kind, self._cells[kind]))
        else:
            sheet.write_datetime(row, position, cell, self._cells[kind])


def _formula(formula: Formula, kind: Kind, shape: Any) -> tuple[str, Any, int | float | str]:
    # Spreadsheets reckon in binary fractions: fen as yuan are exact to the fen up to 90 trillion yuan.
    value = formula.value
    if not isinstance(value, str) and kind is _MONEY_KIND:
        return f"={formula.text}", shape, value / FEN_PER_YUAN
    return f"={formula.text}", shape, value
