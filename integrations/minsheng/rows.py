"""The rows inside ``fileContent``: delimited text to values and back, by the profile's layouts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.money import fen_from_yuan, yuan_text

SKIPPED = "-"
AMOUNT_FEN_MAX = 10**15 - 1
# Control characters would move rows about; the last two and lone surrogates can't stand in XML.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class Field:
    """A field of a row as the profile describes it. ``name`` is the hub's, or ``-`` for one the hub has no use for."""

    name: str
    kind: str
    digits: int = 0
    longest: int = 0
    required: bool = False
    value: str = ""

    def read(self, text: str) -> Any:
        """The value that a text stands for. Raises ``ValueError`` whose text is the remedy, in English."""
        match self.kind:
            case "row_no":
                return self._read_row_no(text)
            case "yuan":
                return read_yuan(text)
            case "text":
                return self._checked(text)
            case _:
                return text

    def write(self, value: Any) -> str:
        """The text that stands for a value. Raises ``ValueError`` where the field can't hold it."""
        match self.kind:
            case "row_no":
                return f"{value:0{self.digits}d}"
            case "yuan":
                return _write_yuan(value)
            case _:
                return self._checked(str(value))

    def _read_row_no(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= self.digits and int(text)):
            raise ValueError(f"a row's number > 0 of at most {self.digits} digits")
        return int(text)

    def _checked(self, text: str) -> str:
        if self.required and not text:
            raise ValueError("a value; the field must not be empty")
        if len(text) > self.longest:
            raise ValueError(f"at most {self.longest} characters")
        if _UNPRINTABLE.search(text):
            raise ValueError("no control characters")
        return text


def read_yuan(text: str) -> int:
    """An amount >= 0 in yuan as fen. Raises ``ValueError`` whose text is the remedy."""
    try:
        fen = fen_from_yuan(text)
    except ValueError:
        raise ValueError("an amount in yuan with at most two decimals") from None
    if not 0 <= fen <= AMOUNT_FEN_MAX or text.startswith("-"):
        raise ValueError("an amount >= 0 of at most 13 digits before the point")
    return fen


def _write_yuan(fen: int) -> str:
    if not 0 < fen <= AMOUNT_FEN_MAX:
        raise ValueError("an amount > 0 of at most 13 digits before the point")
    return yuan_text(fen)


@dataclass(frozen=True)
class Separators:
    """What stands between a row's fields, and between rows."""

    field: str
    row: str


@dataclass(frozen=True)
class Row:
    """A row as read: the values of the fields that are right, and a problem for each that is not."""

    line: int
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]


def shown(field: Field, text: str) -> str:
    """What a problem may tell of a field: free text may hold a name or an account, so its length only."""
    return f"{len(text)} characters" if field.kind == "text" else ascii(text[:40])


def read_rows(text: str, layout: Sequence[Field], separators: Separators) -> list[Row]:
    """The rows of a ``fileContent``; the first is row 1. Nothing at all is no rows."""
    body = text.strip(" \t\r\n").removesuffix(separators.row)
    if not body:
        return []
    return [
        _read_row(number, part.strip("\r\n"), layout, separators)
        for number, part in enumerate(body.split(separators.row), start=1)
    ]


def _read_row(number: int, text: str, layout: Sequence[Field], separators: Separators) -> Row:
    parts = text.split(separators.field)
    if len(parts) != len(layout):
        remedy = f"{len(layout)} fields separated by {separators.field!r}"
        return Row(number, {}, (Problem(number, "(row)", f"{len(parts)} fields", remedy),))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field, part in zip(layout, parts, strict=True):
        if field.name == SKIPPED:
            continue
        try:
            values[field.name] = field.read(part)
        except ValueError as error:
            problems.append(Problem(number, field.name, shown(field, part), str(error)))
    return Row(number, values, tuple(problems))


def write_row(
    number: int, values: Mapping[str, Any], layout: Sequence[Field], separators: Separators, encoding: str
) -> str:
    """Write one row. Raises ``InvalidInput`` (``FIELD_UNWRITABLE``) for a value that the field can't hold."""
    parts = []
    for field in layout:
        if field.name == SKIPPED:
            parts.append(field.value)
            continue
        value = values[field.name]
        try:
            text = field.write(value)
            if separators.field in text or separators.row in text:
                raise ValueError(f"neither {separators.field!r} nor {separators.row!r}: they separate fields and rows")
            text.encode(encoding)
        except ValueError as error:
            remedy = f"characters of {encoding}" if isinstance(error, UnicodeError) else str(error)
            problem = Problem(number, field.name, shown(field, str(value)), remedy)
            raise InvalidInput("FIELD_UNWRITABLE", "字段内容无法写入银行报文", problems=(problem,)) from None
        parts.append(text)
    return separators.field.join(parts)
