"""One field of a line: text to value and back, by the kind that the profile gives it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.kernel.clock import SHANGHAI, from_ms, to_ms

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
SKIPPED = "-"


@dataclass(frozen=True)
class Field:
    """A field as the profile describes it. ``name`` is the hub's, or ``-`` for one the hub has no use for."""

    name: str
    kind: str
    length: int = 0
    longest: int = 0
    required: bool = False
    format: str = ""

    def read(self, text: str, directions: Mapping[str, str]) -> Any:
        """The value that a text stands for. Raises ``ValueError`` whose text is the remedy, in English."""
        match self.kind:
            case "digits":
                return self._read_digits(text)
            case "count" | "fen":
                return self._read_number(text)
            case "day":
                return self._read_day(text)
            case "moment":
                return self._read_moment(text)
            case "direction":
                return self._read_direction(text, directions)
            case _:
                return self._checked(text)

    def write(self, value: Any) -> str:
        """The text that stands for a value. Raises ``ValueError`` where the field can't hold it."""
        match self.kind:
            case "digits":
                return self._read_digits(str(value))
            case "count" | "fen":
                return str(self._read_number(str(value)))
            case "day":
                return self._day_text(value)
            case "moment":
                return self._moment_text(value)
            case _:
                return self._checked(str(value))

    def _read_digits(self, text: str) -> str:
        if not (text.isascii() and text.isdigit() and len(text) == self.length):
            raise ValueError(f"{self.length} digits")
        return text

    def _read_number(self, text: str) -> int:
        if _NUMBER.fullmatch(text) is None:
            unit = " in fen" if self.kind == "fen" else ""
            raise ValueError(f"a whole number{unit} >= 0 of at most 18 digits, without sign or separators")
        return int(text)

    def _checked(self, text: str) -> str:
        if self.required and not text:
            raise ValueError("a value; the field must not be empty")
        if len(text) > self.longest:
            raise ValueError(f"at most {self.longest} characters")
        if _UNPRINTABLE.search(text):
            raise ValueError("no control characters")
        return text

    def _day_text(self, value: date) -> str:
        return value.strftime(self.format)

    def _read_day(self, text: str) -> date:
        remedy = f"a day that exists, written as {self.format}"
        try:
            day = datetime.strptime(text, self.format).replace(tzinfo=UTC).date()
        except ValueError:
            raise ValueError(remedy) from None
        # strptime takes "2026310" for 2026-03-10; the way back does not.
        if self._day_text(day) != text:
            raise ValueError(remedy)
        return day

    def _moment_text(self, at_ms: int) -> str:
        return from_ms(at_ms).strftime(self.format.replace("%f", f"{at_ms % 1_000:03d}"))

    def _read_moment(self, text: str) -> int:
        remedy = f"an instant that exists, Asia/Shanghai, written as {self.format} (%f is three digits)"
        try:
            at_ms = to_ms(datetime.strptime(text, self.format).replace(tzinfo=SHANGHAI))
        except ValueError:
            raise ValueError(remedy) from None
        if self._moment_text(at_ms) != text:
            raise ValueError(remedy)
        return at_ms

    def _read_direction(self, text: str, directions: Mapping[str, str]) -> str:
        if text not in directions:
            raise ValueError(f"one of {', '.join(sorted(directions))}")
        return directions[text]
