"""CSV as Excel and databases in China write it: GB18030, or UTF-8 with or without a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from chalicelib.kernel.errors import FileRefused, Problem
from integrations.regulator.table import Cell


def csv_lines(content: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """The lines' numbers and trimmed cells. A record over several lines has the number of its first.

    Raises ``FileRefused`` (``FILE_ENCODING``, ``FILE_UNREADABLE``).
    """
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = Problem(line, "row", "quotes that do not pair", "a closing quote, or no quote in the cell")
            raise FileRefused("FILE_UNREADABLE", f"文件第{line}行引号不成对", problems=(problem,)) from error
        yield line, [cell.strip() for cell in cells]


def _text(content: bytes) -> str:
    # Chinese in GB18030 is practically never valid UTF-8, and the headings, checked next, settle what is left.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            # GB18030 has a byte order mark too, and its decoder leaves it in.
            return content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
    problem = Problem(line, "row", "bytes of no known encoding", "the whole file saved as GB18030 or UTF-8")
    raise FileRefused("FILE_ENCODING", f"文件第{line}行编码不是GB18030或UTF-8", problems=(problem,))
