"""The name of a period: ``2026-03``, the month its auction is due in."""

from __future__ import annotations

import re
from datetime import date

from chalicelib.kernel.errors import InvalidInput, Problem

_PERIOD = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


def month_of(period: str) -> date:
    """The first day of a period's month. Raises ``InvalidInput`` (``PERIOD_INVALID``)."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        problem = Problem(0, "period", period[:20], "a year and month such as 2026-03")
        raise InvalidInput("PERIOD_INVALID", f"期号格式不正确: {period[:20]}", problems=(problem,))
    return date(int(found[1]), int(found[2]), 1)


def is_period(text: str) -> bool:
    """Whether a text names a period."""
    return _PERIOD.fullmatch(text) is not None
