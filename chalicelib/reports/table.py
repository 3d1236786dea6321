"""Tables that know where they will stand on their sheet, so that formulas elsewhere can name their cells. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property

HEADING_ROW = 3
FIRST_ROW = 4


class Kind(Enum):
    """How a column is written: a word is centred, money is given in fen and shown in yuan."""

    TEXT = "text"
    WORD = "word"
    COUNT = "count"
    MONEY = "money"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True)
class Formula:
    """A formula, and what it comes to now (fen, a count or a text) for readers that do not recompute."""

    text: str
    value: int | str


Cell = str | int | date | datetime | Formula | None


@dataclass(frozen=True)
class Column:
    """A column; ``width`` in characters; ``total``: the last row sums it up."""

    heading: str
    kind: Kind = Kind.TEXT
    width: int = 14
    total: bool = False


@dataclass(frozen=True)
class Table:
    """One sheet's table: a title, a note under it, headings, rows, and a row of totals where a column has one.

    Rows may be many and made as they are gone through; ``totals`` then says what they add up to, by heading, so that
    nobody goes through them for it.
    """

    sheet: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Collection[Sequence[Cell]]
    long: bool = False
    totals: Mapping[str, int] | None = None

    @property
    def last_row(self) -> int:
        """The last row of data, from 0; an empty table keeps one empty row, so that ranges exist."""
        return FIRST_ROW + max(len(self.rows), 1) - 1

    @property
    def total_row(self) -> int:
        """The row of totals, from 0."""
        return self.last_row + 1

    @property
    def has_totals(self) -> bool:
        """Whether any column is summed up."""
        return any(column.total for column in self.columns)

    def position(self, heading: str) -> int:
        """A column's position from 0; ``ValueError`` for a heading that the table does not have."""
        return [column.heading for column in self.columns].index(heading)

    def range(self, heading: str) -> str:
        """A column's data as other sheets name it: ``'退款明细'!$F$5:$F$90``."""
        letter = column_letter(self.position(heading))
        return f"'{self.sheet}'!${letter}${FIRST_ROW + 1}:${letter}${self.last_row + 1}"

    def total_cell(self, heading: str) -> str:
        """The cell that sums up a column, as other sheets name it."""
        return f"'{self.sheet}'!${column_letter(self.position(heading))}${self.total_row + 1}"

    def total_value(self, heading: str) -> int:
        """What a column sums up to: fen or a count."""
        return self._sums[heading]

    @cached_property
    def _sums(self) -> Mapping[str, int]:
        if self.totals is not None:
            return self.totals
        summed = [(place, column.heading) for place, column in enumerate(self.columns) if column.total]
        sums = dict.fromkeys((heading for _, heading in summed), 0)
        for row in self.rows:
            for place, heading in summed:
                sums[heading] += number(row[place])
        return sums


def number(cell: Cell) -> int:
    """The number in a cell, or what its formula comes to; 0 for an empty one."""
    found = cell.value if isinstance(cell, Formula) else cell
    if found is None:
        return 0
    if not isinstance(found, int):
        raise TypeError(f"a summed column holds numbers, not {found!r}")
    return found


def column_letter(position: int) -> str:
    """``0`` -> ``A``, ``26`` -> ``AA``."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
