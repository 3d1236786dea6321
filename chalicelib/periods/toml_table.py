"""Reading a TOML table strictly: every key typed and bounded, nothing unknown, all faults found at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.kernel.errors import Problem

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d|24:00"
_MINUTES_PER_HOUR = 60


@dataclass
class TomlTable:
    """One table being read. Faults collect in ``problems``, shared with its sub-tables; a stand-in is read then."""

    content: Mapping[str, Any]
    path: str = ""
    problems: list[Problem] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number in ``low..high``."""
        found = self._take(key)
        # bool is an int in Python, but not in a rule set.
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            self.fault(key, found, f"a whole number from {low} to {high}")
            return low
        return found

    def text(self, key: str, pattern: str = r".+") -> str:
        """A text that a pattern matches in full."""
        found = self._take(key)
        if not isinstance(found, str) or re.fullmatch(pattern, found) is None:
            self.fault(key, found, f"a text of the form {pattern}")
            return ""
        return found

    def pattern(self, key: str) -> str:
        """A regular expression."""
        found = self.text(key)
        try:
            re.compile(found)
        except re.error as error:
            self.fault(key, found, f"a regular expression: {error}")
        return found

    def texts(self, key: str, pattern: str = r".+") -> tuple[str, ...]:
        """A list of at least one text, each of which a pattern matches in full."""
        found = self._listed(key, pattern)
        if found == ():
            self.fault(key, [], "at least one text")
        return found or ()

    def flag(self, key: str) -> bool:
        """``true`` or ``false``."""
        found = self._take(key)
        if not isinstance(found, bool):
            self.fault(key, found, "true or false")
            return False
        return found

    def minute(self, key: str) -> int:
        """A time of day as minutes after midnight; ``24:00`` is the day's end, 1,440."""
        return minute_of(self.text(key, _TIME))

    def minutes(self, key: str) -> tuple[int, ...]:
        """A list of times of day, which may be empty, as minutes after midnight."""
        return tuple(minute_of(text) for text in self._listed(key, _TIME) or ())

    def month_time(self, key: str) -> tuple[int, int]:
        """``"08 24:00"``: a day that every month has, and minutes after its midnight."""
        day, _, time = self.text(key, rf"(?:0[1-9]|1\d|2[0-8]) (?:{_TIME})").partition(" ")
        return int(day or 1), minute_of(time)

    def day(self, key: str) -> date:
        """A date, written as TOML writes one: ``2025-05-20``."""
        found = self._take(key)
        if type(found) is not date:
            self.fault(key, found, "a date such as 2025-05-20, without quotes")
            return date.min
        return found

    def table(self, key: str) -> TomlTable:
        """A sub-table, which must be there."""
        found = self._take(key)
        if not isinstance(found, dict):
            self.fault(key, found, "a table")
            found = {}
        return TomlTable(found, f"{self.path}{key}.", self.problems)

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """An array of at least one table."""
        found = self._take(key)
        if not isinstance(found, list) or not found or not all(isinstance(entry, dict) for entry in found):
            self.fault(key, found, "an array of tables")
            return ()
        return tuple(TomlTable(e, f"{self.path}{key}[{place}].", self.problems) for place, e in enumerate(found))

    def has(self, key: str) -> bool:
        """Whether an optional key was given."""
        return key in self.content

    def fault(self, key: str, found: object, remedy: str) -> None:
        """Note that a key is wrong."""
        self.problems.append(Problem(0, self.path + key, "" if found is None else str(found)[:80], remedy))

    def close(self) -> None:
        """Note every key that nobody read: a misspelt rule must not be passed over in silence."""
        for key in self.content.keys() - self._read:
            self.fault(key, self.content[key], "no rule of this name exists: correct or remove it")

    def _listed(self, key: str, pattern: str) -> tuple[str, ...] | None:
        found = self._take(key)
        if not isinstance(found, list) or not all(isinstance(e, str) and re.fullmatch(pattern, e) for e in found):
            self.fault(key, found, f"a list of texts of the form {pattern}")
            return None
        return tuple(found)

    def _take(self, key: str) -> Any:
        self._read.add(key)
        return self.content.get(key)


def minute_of(text: str) -> int:
    """``"09:30"`` as minutes after midnight; an empty text is midnight."""
    hour, _, minute = text.partition(":")
    return int(hour or 0) * _MINUTES_PER_HOUR + int(minute or 0)
