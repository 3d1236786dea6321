"""The first sheet of an .xlsx workbook. Codes belong in text cells: Excel keeps 15 digits of a number."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

from openpyxl import load_workbook

from chalicelib.kernel.errors import FileRefused, Problem
from integrations.regulator.table import Cell

EXACT_DIGITS_MAX = 15

# A sheet's XML packs about 10:1; far more is a file made to exhaust whoever opens it.
_UNPACKED_TIMES_MAX = 40
_UNPACKED_BYTES_MIN = 1 << 20
_TEXTS_BYTES_MAX = 192 << 20
# Excel's own limit. A row's number is whatever the file says, and every row before it counts as an empty one.
_LINES_MAX = 1 << 20

# What the zip and XML readers raise on bytes that somebody cut, damaged or made on purpose.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def xlsx_lines(source: IO[bytes], size: int, unpacked_bytes_max: int) -> Iterator[tuple[int, list[Cell]]]:
    """The rows' numbers and trimmed cells; dates as ``YYYY-MM-DD``.

    ``size``: of the file as it is packed. What its parts say they unpack to is judged before any is unpacked, and none
    is unpacked further than it says. Raises ``FileRefused`` (``FILE_UNREADABLE``, ``FILE_BOMB``).
    """
    try:
        yield from _lines(source, size, unpacked_bytes_max)
    except _DAMAGE as error:
        raise _unreadable() from error


def _unreadable() -> FileRefused:
    return FileRefused("FILE_UNREADABLE", "文件不是可读取的xlsx工作簿")


def _lines(source: IO[bytes], size: int, unpacked_bytes_max: int) -> Iterator[tuple[int, list[Cell]]]:
    with zipfile.ZipFile(source) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    # All texts of a workbook stand in one part, which is held in memory.
    texts = sum(member.file_size for member in members if member.filename.endswith("sharedStrings.xml"))
    times_max = max(_UNPACKED_BYTES_MIN, size * _UNPACKED_TIMES_MAX)
    if unpacked > min(times_max, unpacked_bytes_max) or texts > _TEXTS_BYTES_MAX:
        raise FileRefused("FILE_BOMB", "工作簿解压后过大,请改用csv文件或拆分后重新发送")
    book = load_workbook(source, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    # Some writers declare a range smaller than what they wrote.
    sheet.reset_dimensions()
    width = 0
    for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if line > _LINES_MAX:
            raise _unreadable()
        cells = [_cell(line, place, value) for place, value in enumerate(values, start=1)]
        # Without declared dimensions a row ends with its last cell, so a missing last cell is an empty one.
        width = width or len(cells)
        yield line, cells + [""] * (width - len(cells))


def _cell(line: int, place: int, value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Far too big a number first: infinity is none that could be compared with its whole part.
        if not abs(value) < 10**EXACT_DIGITS_MAX or value != int(value):
            remedy = "a cell formatted as text: Excel keeps only 15 digits of a number"
            return Problem(line, f"column {place}", "a number", remedy)
        return str(int(value))
    return str(value).strip()
