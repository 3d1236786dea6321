"""Days as the State Council's notice writes them (1月1日至3日), or as 2027-01-01, a line or several. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from chalicelib.kernel.errors import InvalidInput, Problem

# A longer one is a slip of the pen: the longest leave so far was nine days.
RANGE_DAYS_MAX = 16
_ASIDE = re.compile(r"[((][^()()]*[))]")
_ONE = r"(?:(?:(\d{4})[-/.年])?(\d{1,2})[-/.月])?(\d{1,2})日?"
_SPAN = re.compile(rf"\s*{_ONE}(?:\s*[至到~—-]+\s*{_ONE})?\s*")
_BETWEEN = re.compile(r"[\s,,、;;。]+")


def days_written(text: str, year: int, name: str) -> list[str]:
    """The days of a text, ``YYYY-MM-DD``, in their order; what stands in brackets, such as a weekday, is left out.

    A day without a month is of the month before it. Raises ``InvalidInput`` (``DAYS_UNREADABLE``) with, as ``name``,
    every piece that is no day.
    """
    bare = re.sub(r"\s*([至到~—])\s*", r"\1", _ASIDE.sub(" ", text))
    found: list[str] = []
    problems: list[Problem] = []
    last: date | None = None
    for piece in filter(None, _BETWEEN.split(bare)):
        days = list(_days_of(piece, year, last))
        if not days:
            problems.append(Problem(0, name, piece[:40], "如 1月1日至3日，或 2027-01-01"))
            continue
        found += [day.isoformat() for day in days]
        last = days[-1]
    if problems:
        raise InvalidInput("DAYS_UNREADABLE", "有看不懂的日期", problems=tuple(problems))
    return found


def _days_of(piece: str, year: int, before: date | None) -> Iterator[date]:
    """The days of one piece; none where it is no day or no span of them."""
    told = _SPAN.fullmatch(piece)
    if told is None:
        return
    first = _day(told[1], told[2], told[3], year, before)
    last = _day(told[4], told[5], told[6], year, first) if told[6] else first
    if first is None or last is None or not 0 <= (last - first).days < RANGE_DAYS_MAX:
        return
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _day(in_year: str | None, month: str | None, day: str, year: int, before: date | None) -> date | None:
    if month is None and before is None:
        return None
    try:
        return date(int(in_year or year), int(month) if month else before.month, int(day))  # type: ignore[union-attr]
    except ValueError:
        return None
