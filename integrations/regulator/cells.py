"""Reading one row's cells: every fault is noted under its heading, and the row is kept only where there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from chalicelib.kernel.errors import Problem
from integrations.regulator.table import Row

Meaning = TypeVar("Meaning")


def narrow(text: str) -> str:
    """Full-width digits and letters as half-width ones (NFKC), without spaces: they mean the same in an identifier."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@dataclass
class Cells:
    """One row under the office's headings. What it finds wrong is described, never quoted: it may be personal."""

    row: Row
    headings: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def filled(self, column: str) -> str:
        """The text of a cell that must not be empty."""
        text = self.row.cells[column]
        if not text:
            self._fault(column, "empty", "a value in this row; of merged cells only the first has one")
        return text

    def identifier(self, column: str) -> str:
        """A code, in half-width capitals."""
        return narrow(self.filled(column)).upper()

    def word(self, column: str, meanings: Mapping[str, Meaning]) -> Meaning | None:
        """What one of the office's words means."""
        text = narrow(self.filled(column))
        meaning = meanings.get(text)
        if text and meaning is None:
            self._fault(column, "another word", " or ".join(meanings))
        return meaning

    def day(self, column: str) -> date | None:
        """A date written ``YYYY-MM-DD``."""
        text = narrow(self.filled(column))
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if text and (day is None or day.isoformat() != text):
            self._fault(column, f"{len(text)} characters", "a date that exists, as YYYY-MM-DD")
            return None
        return day

    def _fault(self, column: str, found: str, remedy: str) -> None:
        self.problems.append(Problem(self.row.line, self.headings[column], found, remedy))
