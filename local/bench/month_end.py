"""Month end: the workbook against XlsxWriter writing the same cells, the whole month by its rows and its memory.

``python -m local.bench.month_end workbook|month ROWS`` makes one and prints its own peak memory in MB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from local.bench.measure import Measure, in_turns

ROWS, FEW, ROUNDS = 100_000, 10_000, 3
DEPOSITS, SOME_DEPOSITS = 166_000, 16_600
PERIOD, TITLE = "2026-03", "杭州市小客车增量指标竞价"
_CHANNELS = ("hangzhou", "minsheng", "alipay")
_ARRIVED_MS = 1_773_100_000_000


def _credits(count: int) -> Iterator[Any]:
    from chalicelib.reports.month import CreditRow

    for number in range(count):
        at_ms = _ARRIVED_MS + number * 2_917
        yield CreditRow(
            _CHANNELS[number % 3],
            f"2026031000{number:010d}",
            at_ms,
            date(2026, 3, 10) + timedelta(days=number % 7),
            200_000,
            f"33012{number:08d}",
            "matched",
            "",
            "张**",
            "622848*********0018",
        )


def _deposits(count: int) -> Iterator[Any]:
    from chalicelib.reports.month import DepositRow

    for number in range(count):
        state = "rolled" if number % 9 == 0 else "refunded"
        serial = f"2026031000{number:010d}"
        yield DepositRow(f"33012{number:08d}", _CHANNELS[number % 3], serial, 200_000, 0, date(2026, 3, 10), state)


def _refunds(count: int) -> Iterator[Any]:
    from chalicelib.reports.month import RefundRow

    for number in range(count):
        yield RefundRow(
            f"RF202603{number:024d}",
            "2" if number % 20 == 0 else "1",
            _CHANNELS[number % 3],
            "deposit",
            f"33012{number:08d}",
            200_000,
            13,
            date(2026, 4, 3),
            "failed" if number % 500 == 0 else "paid",
            "0000",
            "李*",
            "622848*********0026",
        )


def month(credits_in: int, deposits: int, refunds: int) -> Any:
    """A month of made-up rows, the same in every run, spooled as a collected one is."""
    from chalicelib.kernel.spool import Spool
    from chalicelib.reports.month import CreditRow, DepositRow, Month, RefundRow

    return Month(
        period=PERIOD,
        title=TITLE,
        made_on=date(2026, 4, 15),
        credits=Spool.of(CreditRow, ("channel", "arrived_at_ms", "serial"), _credits(credits_in)),
        deposits=Spool.of(DepositRow, ("code",), _deposits(deposits)),
        refunds=Spool.of(RefundRow, ("batch", "channel", "source", "code", "our_ref"), _refunds(refunds)),
    )


def _hundred_thousand(rows: int) -> Any:
    """A month whose sheets have about so many rows."""
    return month(rows * 4 // 10, rows * 3 // 10, rows * 3 // 10)


def _ours_seconds(made: Any) -> float:
    from chalicelib.reports.workbook import bind, write_workbook

    began = time.process_time()
    with tempfile.TemporaryFile() as target:
        write_workbook(bind(made), target)
    return time.process_time() - began


def _cells(made: Any) -> list[tuple[str, list[list[Any]]]]:
    """Every cell of every sheet as plain values, made before the clock runs."""
    from chalicelib.reports.table import Formula, Kind
    from chalicelib.reports.workbook import bind

    def plain(cell: Any, kind: Any) -> Any:
        if isinstance(cell, int) and kind is Kind.MONEY:
            return cell / 100
        return ("=" + cell.text, cell.value) if isinstance(cell, Formula) else cell

    return [
        (
            table.sheet,
            [[plain(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows],
        )
        for table in bind(made).tables.values()
    ]


def _xlsxwriter_seconds(sheets: list[tuple[str, list[list[Any]]]]) -> float:
    """What somebody writes who uses the library as its manual says, for large files."""
    import xlsxwriter

    began = time.process_time()
    with tempfile.TemporaryFile() as target:
        _write_plainly(xlsxwriter, target, sheets)
    return time.process_time() - began


def _write_plainly(xlsxwriter: Any, target: IO[bytes], sheets: list[tuple[str, list[list[Any]]]]) -> None:
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    text, money = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows, start=4):
            for position, cell in enumerate(row):
                if isinstance(cell, str) and cell:
                    sheet.write_string(at, position, cell, text)
                elif isinstance(cell, int | float):
                    sheet.write_number(at, position, cell, money)
                elif isinstance(cell, date | datetime):
                    sheet.write_datetime(at, position, cell, day)
                elif isinstance(cell, tuple):
                    sheet.write_formula(at, position, cell[0], money, cell[1])
                else:
                    sheet.write_blank(at, position, None, text)
    book.close()


class _Away:
    """Takes what is stored and keeps none of it, as a bucket would for the process that writes."""

    def write(self, bucket: str, key: str, body: bytes, content_type: str = "") -> None:
        """Nothing."""
        del bucket, key, body, content_type

    def store(self, bucket: str, key: str, source: IO[bytes], content_type: str = "") -> None:
        """Read it through, as a client sends it."""
        del bucket, key, content_type
        source.seek(0)
        while source.read(1 << 20):
            pass


def _month_seconds(deposits: int) -> float:
    """Every file of a month, from its rows on, collected into spools; with as many credits and refunds as deposits."""
    from chalicelib.reports.filing import file_month

    began = time.process_time()
    file_month(_Away(), month(deposits, deposits, deposits), sealed=False)  # type: ignore[arg-type]
    return time.process_time() - began


def _peak_mb(what: str, rows: int) -> float:
    command = [sys.executable, "-m", "local.bench.month_end", what, str(rows)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def weigh(what: str, rows: int) -> float:
    """Make one; this process's peak memory in MB."""
    if what == "workbook":
        _ours_seconds(_hundred_thousand(rows))
    else:
        _month_seconds(rows)
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1_024


def workbook() -> list[Measure]:
    """The workbook of 100,000 rows, and its memory beside that of 10,000."""
    made = _hundred_thousand(ROWS)
    cells = _cells(made)
    ours, plain = in_turns(ROUNDS, lambda: _ours_seconds(made), lambda: _xlsxwriter_seconds(cells))
    what = "CPU, a month's workbook of 100,000 rows; XlsxWriter constant_memory, the same cells"
    many, few = _peak_mb("workbook", ROWS), _peak_mb("workbook", FEW)
    return [
        Measure("workbook-100k", what, "s", ours, plain, 1.3),
        Measure("workbook-memory", "peak memory, a workbook of 100,000 rows; of 10,000 rows", "MB", many, few, 1.15),
    ]


def month_end() -> list[Measure]:
    """Every file of a month of 166,000 deposits, beside ten times that of 16,600, and its memory."""
    many, few = in_turns(1, lambda: _month_seconds(DEPOSITS), lambda: 10 * _month_seconds(SOME_DEPOSITS))
    heavy, light = _peak_mb("month", DEPOSITS), _peak_mb("month", SOME_DEPOSITS)
    what = "CPU, all files of a month of 166,000 deposits; 10 times that of 16,600"
    return [
        Measure("month-end-166k", what, "s", many, few, 1.2),
        Measure("month-end-memory", "peak memory, a month of 166,000 deposits; of 16,600", "MB", heavy, light, 1.15),
    ]


if __name__ == "__main__":
    print(weigh(sys.argv[1], int(sys.argv[2])))
