"""How the auction day goes, from the bid log's signed heads: bids taken in step by step, and the newest head. Pure.

A head is signed every minute, and says how many accepted bids the log holds: the difference of two is what came between
them. So the board reads some hundred heads, never the bids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.clock import from_ms

# More columns than this are too thin to be told apart.
STEPS_MAX = 48
_MS_PER_SECOND = 1_000
# What one column may stand for, in seconds.
_WIDTHS_S = (10, 30, 60, 300, 600, 900, 1_800, 3_600)


@dataclass(frozen=True)
class Growth:
    """Accepted bids by step. ``labels``: the local time at which each step began; ``width_s``: how long a step is."""

    width_s: int
    labels: tuple[str, ...]
    accepted: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.accepted)

    @property
    def peak(self) -> int:
        """The most in one step."""
        return max(self.accepted, default=0)


def growth(heads: Sequence[Mapping[str, Any]], opens_at_ms: int) -> Growth:
    """Accepted bids by step since the opening, from signed heads, the oldest first.

    What a head brought counts to the step in which the head before it was signed; nothing is counted twice or left out.
    """
    told = [each["head"] for each in heads]
    last_ms = max((int(each["at_ms"]) for each in told), default=opens_at_ms)
    width_s = _width_s(last_ms - opens_at_ms)
    steps = max(0, -(-(last_ms - opens_at_ms) // (width_s * _MS_PER_SECOND)))
    counts = [0] * min(steps, STEPS_MAX)
    before_ms, before = opens_at_ms, 0
    for head in told:
        size = int(head["size"])
        if size > before and counts:
            place = (max(before_ms, opens_at_ms) - opens_at_ms) // (width_s * _MS_PER_SECOND)
            counts[min(place, len(counts) - 1)] += size - before
        before_ms, before = int(head["at_ms"]), max(size, before)
    form = "%H:%M:%S" if width_s % 60 else "%H:%M"
    labels = tuple(
        format(from_ms(opens_at_ms + place * width_s * _MS_PER_SECOND), form) for place in range(len(counts))
    )
    return Growth(width_s, labels, tuple(counts))


def width_text(width_s: int) -> str:
    """``10 秒``, ``5 分钟``."""
    return f"{width_s} 秒" if width_s % 60 else f"{width_s // 60} 分钟"


def _width_s(span_ms: int) -> int:
    fitting = (width for width in _WIDTHS_S if span_ms <= width * _MS_PER_SECOND * STEPS_MAX)
    return next(fitting, _WIDTHS_S[-1])
