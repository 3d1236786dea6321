"""A tap for each bidder: who sends more than anybody needs is told to wait, before anything is read or written.

It counts in this process only. A gateway spreads a flood over all environments, so what one bidder gets through is at
most this rate times their number; each refusal costs microseconds (docs/decisions/0024).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.kernel.errors import TooMany

# One bid and two revisions, each sent again some times when answers are lost, fit into the first; a phone asks again
# after a second at the earliest.
BURST = 10
PER_SECOND = 2
# A process that has met so many bidders forgets them all: who floods is soon known again.
BIDDERS_MAX = 20_000

_MS_PER_SECOND = 1_000


@dataclass
class Taps:
    """How much is left to each bidder, in thousandths of a request, and when that was counted."""

    _left: dict[str, tuple[int, int]] = field(default_factory=dict)

    def draw(self, code: str, now_ms: int) -> None:
        """Take one request out. Raises ``TooMany`` (``TOO_FAST``) where the bidder has none left."""
        known = self._left.get(code)
        if known is None:
            if len(self._left) >= BIDDERS_MAX:
                self._left.clear()
            self._left[code] = ((BURST - 1) * _MS_PER_SECOND, now_ms)
            return
        left, at_ms = known
        left = min(BURST * _MS_PER_SECOND, left + max(0, now_ms - at_ms) * PER_SECOND)
        if left < _MS_PER_SECOND:
            self._left[code] = (left, now_ms)
            raise TooMany("TOO_FAST", "请求过于频繁,请稍后再试;已受理的出价不受影响")
        self._left[code] = (left - _MS_PER_SECOND, now_ms)
