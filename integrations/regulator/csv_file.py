"""CSV as Excel and databases in China write it: GB18030, or UTF-8 with or without a byte order mark."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO

from chalicelib.kernel.errors import FileRefused, Problem
from integrations.regulator.table import Cell

# The headings are Chinese and stand in front: Chinese in GB18030 is practically never valid UTF-8.
_SNIFFED_BYTES = 1 << 16
_BUFFER_BYTES = 1 << 18


def csv_lines(source: IO[bytes]) -> Iterator[tuple[int, list[Cell]]]:
    """The lines' numbers and cells as they stand. A record over several lines has the number of its first.

    Raises ``FileRefused`` (``FILE_ENCODING``, ``FILE_UNREADABLE``).
    """
    encoding = _encoding(source)
    text = io.TextIOWrapper(
        io.BufferedReader(_Unclosed(source), _BUFFER_BYTES),  # type: ignore[type-var]  # it reads
        encoding,
        newline="",
    )
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        for cells in reader:
            if line == 1 and cells:
                # GB18030 has a byte order mark too, and its decoder leaves it in.
                cells[0] = cells[0].removeprefix("\ufeff")
            yield line, cells  # type: ignore[misc]  # texts are cells
            line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise _wrong_encoding(source, encoding) from error
    except csv.Error as error:
        problem = Problem(line, "row", "quotes that do not pair", "a closing quote, or no quote in the cell")
        raise FileRefused("FILE_UNREADABLE", f"文件第{line}行引号不成对", problems=(problem,)) from error


class _Unclosed(io.RawIOBase):
    """A file handed in, that stays open when the layers above it are done."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any buffer will do
        """Fill the buffer as far as there is something."""
        content = self._source.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


def _encoding(source: IO[bytes]) -> str:
    head = source.read(_SNIFFED_BYTES)
    source.seek(0)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _wrong_encoding(source: IO[bytes], encoding: str) -> FileRefused:
    # In neither encoding is a line's end part of another character, so lines can be told apart before decoding.
    source.seek(0)
    wrong = 1
    for line, raw in enumerate(source, start=1):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            wrong = line
            break
    problem = Problem(wrong, "row", f"bytes that are not {encoding}", "the whole file saved as GB18030 or UTF-8")
    return FileRefused("FILE_ENCODING", f"文件第{wrong}行编码不是GB18030或UTF-8", problems=(problem,))
