"""A request's JSON body, field by field: everything wrong with it is said at once, and nothing personal is quoted."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.kernel.errors import InvalidInput, Problem

TEXT_CHARACTERS_MAX = 200


@dataclass
class Body:
    """Fields of a JSON object. Read them all, then ``check`` before using any."""

    content: Any
    problems: list[Problem] = field(default_factory=list)

    def period(self) -> str:
        """``period``, such as ``2026-03``."""
        return self.text("period", r"\d{4}-(0[1-9]|1[0-2])", "YYYY-MM")

    def application_code(self) -> str:
        """``application_code``; whether it is on a list is not for the form to say."""
        return self.text("application_code", r"[0-9A-Za-z-]{1,32}", "digits, letters and hyphens, at most 32")

    def phone(self) -> str:
        """``phone``, a mainland mobile number."""
        return self.text("phone", r"1[3-9]\d{9}", "11 digits")

    def sms_code(self) -> str:
        """``sms_code``."""
        return self.text("sms_code", r"\d{6}", "6 digits")

    def text(self, name: str, pattern: str, remedy: str) -> str:
        """A text that fits a pattern as a whole; ASCII digits and letters only where the pattern has classes."""
        value = self._get(name)
        if not (isinstance(value, str) and _fits(value, pattern)):
            self._fault(name, value, remedy)
            return ""
        return value

    def day(self, name: str) -> date | None:
        """A day written ``YYYY-MM-DD``."""
        text = self.text(name, r"\d{4}-\d{2}-\d{2}", "a day that exists, as YYYY-MM-DD")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._fault(name, text, "a day that exists, as YYYY-MM-DD")
            return None

    def choice(self, name: str, choices: Collection[str]) -> str:
        """One of a few words."""
        value = self._get(name)
        if not isinstance(value, str) or value not in choices:
            self._fault(name, value, " or ".join(choices))
            return ""
        return value

    def flag(self, name: str) -> bool:
        """``true`` or ``false``."""
        value = self._get(name)
        if not isinstance(value, bool):
            self._fault(name, value, "true or false")
            return False
        return value

    def check(self) -> None:
        """Raises ``InvalidInput`` (``BODY_INVALID``) with every problem found."""
        if self.problems:
            raise InvalidInput("BODY_INVALID", "请求内容不符合要求", problems=tuple(self.problems))

    def _get(self, name: str) -> Any:
        return self.content.get(name) if isinstance(self.content, dict) else None

    def _fault(self, name: str, value: Any, remedy: str) -> None:
        found = "missing" if value is None else f"{type(value).__name__} that does not fit"
        self.problems.append(Problem(0, name, found, remedy))


def _fits(text: str, pattern: str) -> bool:
    if len(text) > TEXT_CHARACTERS_MAX or not re.fullmatch(pattern, text, re.A):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair: JSON may carry it, nothing that we store or hash can.
        return False
    return True
