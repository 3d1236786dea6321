"""Usual rows of a statement, some hundred at once and column by column, with nothing but C loops. Pure.

What this does not take is no fault yet: such rows are read field by field, which says what is wrong with them. Both
ways give the same for what both take; a property test holds them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import add
from typing import Any

from chalicelib.kernel.tuples import maker
from integrations.bank_of_hangzhou.fields import SKIPPED, Field
from integrations.bank_of_hangzhou.profile import Profile
from integrations.ports import Direction, StatementLine

# (number of the first line, lines joined by LF, none with a control character) -> each of them, or None.
QuickReader = Callable[[int, str], list[StatementLine] | None]
_Column = Callable[[list[str]], Sequence[Any] | None]

_MOMENT = "%Y%m%d%H%M%S%f"
_MOMENT_CHARS, _MINUTE_CHARS, _MINUTE_MS = 17, 12, 60_000
_NUMBER_CHARS_MAX = 18
_REMEMBERED_MAX = 100_000
_made = maker(StatementLine)


def quick_reader(layout: Sequence[Field], profile: Profile) -> QuickReader:
    """Reads lines by a layout, all or none: ``None`` where one of them has to be read field by field."""
    names = [field.name for field in layout]
    needed = StatementLine._fields[1:]
    columns = [_column(field, profile) for field in layout]
    delimiter, marker, width = profile.delimiter, f"{profile.delimiter}\n{profile.delimiter}", len(layout) + 1
    if not set(needed) <= set(names) or None in columns:
        return lambda _line, _text: None
    in_order = [(names.index(name), columns[names.index(name)]) for name in needed]

    def read(line: int, text: str) -> list[StatementLine] | None:
        # Each line's end becomes a cell of its own: where one has a cell more or less, the ends are out of step.
        cells = text.replace("\n", marker).split(delimiter)
        cells.append("\n")
        count = len(cells) // width
        if len(cells) % width or cells[width - 1 :: width].count("\n") != count:
            return None
        found = []
        for place, column in in_order:
            values = column(cells[place::width]) if column else None
            if values is None:
                return None
            found.append(values)
        return list(map(_made, zip(range(line, line + count), *found, strict=True)))

    return read


def _column(field: Field, profile: Profile) -> _Column | None:
    match field.kind if field.name != SKIPPED else SKIPPED:
        case "-":
            return lambda cells: cells
        case "text":
            return _text(field)
        case "count" | "fen":
            return _numbers
        case "day":
            return _remembered(partial(field.read, directions={}))
        case "direction":
            return _remembered({said: Direction(meant) for said, meant in profile.directions.items()}.__getitem__)
        case _:
            return _moments(field) if (field.kind, field.format) == ("moment", _MOMENT) else None


def _text(field: Field) -> _Column:
    def read(cells: list[str]) -> Sequence[str] | None:
        if max(map(len, cells)) > field.longest or (field.required and "" in cells):
            return None
        return cells

    return read


def _numbers(cells: list[str]) -> Sequence[int] | None:
    """Of few different amounts in many cells, each is read once."""
    different = set(cells)
    joined = "".join(different)
    digits = joined.isascii() and joined.isdigit() and "" not in different
    if not digits or max(map(len, different)) > _NUMBER_CHARS_MAX:
        return None
    values = {cell: int(cell) for cell in different}
    return list(map(values.__getitem__, cells))


def _remembered(read_one: Callable[[str], Any]) -> _Column:
    """Of few different values in many cells, each is read once, and not again in the next block."""
    known: dict[str, Any] = {}

    def read(cells: list[str]) -> Sequence[Any] | None:
        if len(known) > _REMEMBERED_MAX:
            known.clear()
        try:
            known.update((cell, read_one(cell)) for cell in set(cells).difference(known))
        except (ValueError, KeyError):
            return None
        return list(map(known.__getitem__, cells))

    return read


def _moments(field: Field) -> _Column:
    minutes = _remembered(lambda minute: field.read(minute + "00000", {}))

    def read(cells: list[str]) -> Sequence[int] | None:
        joined = "".join(cells)
        digits = joined.isascii() and joined.isdigit() and len(joined) == _MOMENT_CHARS * len(cells)
        began = minutes([cell[:_MINUTE_CHARS] for cell in cells]) if digits else None
        ends = [cell[_MINUTE_CHARS:] for cell in cells]
        # Of seventeen digits each on the average, and none of them longer: seventeen each.
        if began is None or max(map(len, ends)) > _MOMENT_CHARS - _MINUTE_CHARS:
            return None
        within = list(map(int, ends))
        return list(map(add, began, within)) if max(within) < _MINUTE_MS else None

    return read
