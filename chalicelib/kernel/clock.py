"""Time: UTC epoch milliseconds inside, Asia/Shanghai at the edges. The clock is passed in, never asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

# China has kept one offset without daylight saving since 1991, and no period is older than 2014.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now_ms(self) -> int:
        """Now, in UTC epoch milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Now, in UTC epoch milliseconds."""
        return time.time_ns() // 1_000_000


@dataclass
class SetClock:
    """A clock that stands where it is put, for tests and simulations."""

    at_ms: int

    def now_ms(self) -> int:
        """The instant it was put at, in UTC epoch milliseconds."""
        return self.at_ms

    def advance(self, by_ms: int) -> None:
        """Move on by a number of milliseconds; it never goes back."""
        if by_ms < 0:
            raise ValueError("a clock does not go back")
        self.at_ms += by_ms


def at_shanghai(text: str) -> int:
    """Read a local date and time (``2026-03-25T09:56:15.739``, seconds and milliseconds optional) as epoch ms.

    Text that carries an offset of its own keeps it. Raises ``ValueError``.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return to_ms(moment)


def to_ms(moment: datetime) -> int:
    """An aware datetime as epoch ms, exact (no float is involved)."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000


def from_ms(at_ms: int) -> datetime:
    """Epoch ms as an aware datetime in Asia/Shanghai."""
    return datetime(1970, 1, 1, tzinfo=UTC).astimezone(SHANGHAI) + timedelta(milliseconds=at_ms)


def local_text(at_ms: int) -> str:
    """Epoch ms as people and files write it: ``2026-03-25T09:56:15.739``, Asia/Shanghai."""
    return from_ms(at_ms).replace(tzinfo=None).isoformat(timespec="milliseconds")


def utc_text(at_ms: int) -> str:
    """Epoch ms as Step Functions reads it in a Wait: ``2026-03-25T01:56:15.739Z``."""
    return from_ms(at_ms).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def local_date(at_ms: int) -> date:
    """The calendar day in Asia/Shanghai that an instant falls on."""
    return from_ms(at_ms).date()
