"""How often one may sign in or ask for a code: by code, phone and source address, counted before anything is done.

The count is one atomic write into the minute's own item, which the table deletes by itself. It is made whether the code
exists or not, so that a refusal tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.applicants.code_records import TriesRecord
from chalicelib.applicants.code_rules import WINDOW_MS
from chalicelib.kernel.errors import TooMany
from chalicelib.kernel.rates import Rate, counted

# A partition a minute and address at the most; kept a little longer than it counts.
_KEPT_S = 300


@dataclass(frozen=True)
class Limit:
    """At most ``tries_max`` a minute; ``code`` is the refusal's stable code."""

    kind: str
    tries_max: int
    code: str
    message: str


def count_try(limit: Limit, who: str, now_ms: int) -> None:
    """Count a try of ``who``, a code or a keyed hash. Raises ``TooMany`` with the limit's code beyond it."""
    window = now_ms // WINDOW_MS
    tries = TriesRecord(f"tries#{limit.kind}#{who}", f"{window:012d}")
    tries.update([TriesRecord.tries.add(1), TriesRecord.expires_at_s.set((window + 1) * WINDOW_MS // 1_000 + _KEPT_S)])
    left_ms = (window + 1) * WINDOW_MS - now_ms
    counted(Rate(limit.tries_max, max(0, limit.tries_max - int(tries.tries)), -(-left_ms // 1_000)))
    if tries.tries > limit.tries_max:
        raise TooMany(limit.code, limit.message)
