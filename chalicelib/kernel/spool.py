"""Rows that may be many, kept beside the process in their order: a month of 166,000 deposits takes no more memory.

A private SQLite database (file name ``""``) lives in the temporary folder and is gone when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints

Row = TypeVar("Row")

_TYPES = {str: "TEXT", int: "INTEGER", bool: "INTEGER", date: "TEXT"}
_AT_ONCE = 2_000


class Spool(Collection[Row], Generic[Row]):
    """Rows of one dataclass (of ``str``, ``int``, ``bool`` and ``date``), given back in order as often as asked for."""

    def __init__(self, kind: type[Row], order: Sequence[str]) -> None:
        hints = get_type_hints(kind)
        names = [each.name for each in fields(kind)]  # type: ignore[arg-type]
        self._kind = kind
        self._row = attrgetter(*names)
        self._dates = [position for position, name in enumerate(names) if hints[name] is date]
        self._length = 0
        self._waiting: list[tuple[Any, ...]] = []
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA temp_store = FILE")
        columns = ", ".join(f'"{name}" {_TYPES[hints[name]]}' for name in names)
        self._base.execute(f"CREATE TABLE rows ({columns})")
        self._insert = f"INSERT INTO rows VALUES ({', '.join('?' * len(names))})"  # noqa: S608 (names are fields)
        by = ", ".join(f'"{name}"' for name in order)
        self._select = f"SELECT * FROM rows ORDER BY {by}"  # noqa: S608 (names are fields)

    @classmethod
    def of(cls, kind: type[Row], order: Sequence[str], rows: Iterable[Row]) -> Spool[Row]:
        """A spool of these rows."""
        spool = cls(kind, order)
        for row in rows:
            spool.add(row)
        return spool

    def add(self, row: Row) -> None:
        """Take a row in."""
        given = self._row(row)
        if self._dates:
            given = tuple(cell.isoformat() if isinstance(cell, date) else cell for cell in given)
        self._waiting.append(given)
        self._length += 1
        if len(self._waiting) >= _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._base.execute("BEGIN")
        self._base.executemany(self._insert, self._waiting)
        self._base.execute("COMMIT")
        self._waiting.clear()

    def __iter__(self) -> Iterator[Row]:
        """The rows, in order."""
        if self._waiting:
            self._flush()
        for found in self._base.execute(self._select):
            if self._dates:
                row = list(found)
                for position in self._dates:
                    row[position] = date.fromisoformat(row[position])
                yield self._kind(*row)
            else:
                yield self._kind(*found)

    def __len__(self) -> int:
        """How many there are."""
        return self._length

    def __contains__(self, row: object) -> bool:
        """Whether a row is among them, by going through them."""
        return any(each == row for each in self)


class Made(Collection[Row], Generic[Row]):
    """Rows that are made anew each time they are gone through, and how many they are."""

    def __init__(self, make: Callable[[], Iterator[Row]], length: int) -> None:
        self._make = make
        self._length = length

    def __iter__(self) -> Iterator[Row]:
        """The rows."""
        return self._make()

    def __len__(self) -> int:
        """How many there are."""
        return self._length

    def __contains__(self, row: object) -> bool:
        """Whether a row is among them, by going through them."""
        return any(each == row for each in self)
