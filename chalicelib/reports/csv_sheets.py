"""Each sheet as a .csv: UTF-8 with BOM, CRLF, amounts in yuan with two decimals, formulas as what they come to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO

from chalicelib.kernel.money import yuan_text
from chalicelib.reports import cover
from chalicelib.reports.table import Cell, Formula, Kind, Table
from chalicelib.reports.workbook import COVER, Bound

# Sheet -> file name; the order is the workbook's.
NAMES = {
    COVER: "00-cover",
    "竞价结果": "01-results",
    "到账日报": "02-credits-by-day",
    "到账": "03-credits-by-state",
    "保证金": "04-deposits-by-state",
    "利息": "05-interest",
    "退款": "06-refunds-by-batch",
    "退款失败": "07-refunds-failed",
    "延期退保": "08-rollovers",
    "没收": "09-forfeits",
    "成交价款": "10-prices",
    "财政清分": "11-clearing",
    "票据": "12-receipts",
    "票据核对": "13-receipts-unmatched",
    "异常缴款": "14-surplus",
    "对账": "15-reconciliation",
    "试算平衡": "16-trial-balance",
    "到账明细": "17-credits",
    "保证金明细": "18-deposits",
    "退款明细": "19-refunds",
}
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def sheet_rows(bound: Bound) -> Iterator[tuple[str, Iterable[Sequence[str]]]]:
    """Sheet by sheet, the cover first: its name, and its rows as text, headings first."""
    yield COVER, _cover_rows(bound)
    for table in bound.tables.values():
        yield table.sheet, table_rows(table)


def table_rows(table: Table) -> Iterator[Sequence[str]]:
    """A table's rows as text, headings first; no row of totals, since programs add up."""
    yield [column.heading for column in table.columns]
    kinds = [column.kind for column in table.columns]
    for row in table.rows:
        yield [text(cell, kind) for cell, kind in zip(row, kinds, strict=True)]


def write_csv(rows: Iterable[Sequence[str]], target: IO[bytes]) -> None:
    """Write rows to a file beside the process."""
    wrapped = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=False)
    csv.writer(wrapped, lineterminator="\r\n").writerows(rows)
    wrapped.flush()
    wrapped.detach()


def text(cell: Cell, kind: Kind) -> str:
    """A cell as text."""
    if isinstance(cell, Formula):
        cell = cell.value
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return yuan_text(cell) if kind is Kind.MONEY else str(cell)


def _cover_rows(bound: Bound) -> Iterator[Sequence[str]]:
    yield ("项目", "人数/笔数", "金额(元)", "结论")
    for line in bound.lines:
        yield (line.item, text(line.count, Kind.COUNT), text(line.amount, Kind.MONEY), "")
    for check in bound.checks:
        shown = text(check.difference, Kind.COUNT if check.counts else Kind.MONEY)
        yield (
            check.item,
            *((shown, "") if check.counts else ("", shown)),
            cover.BALANCED if check.holds else cover.OPEN,
        )
