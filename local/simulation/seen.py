"""What everybody outside the hub saw of a month, for the checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.payments import Payment
from local.world.winners import OwedPrice

MINUTE_MS = 60_000
# Status codes that say nothing of the outcome.
UNKNOWN = (0, 429, 500, 502, 503, 504)


@dataclass
class Seen:
    """What everybody saw, for the checks. ``faults``: answers that nobody may get, whatever goes wrong."""

    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Bids whose outcome the bidder never learned: (code, request id, price).
    unknown: list[tuple[str, str, int]] = field(default_factory=list)
    activated: set[str] = field(default_factory=set)
    corrected: set[str] = field(default_factory=set)
    owed: dict[str, OwedPrice] = field(default_factory=dict)
    paid_fen: dict[str, int] = field(default_factory=dict)
    defaulters: set[str] = field(default_factory=set)
    wallet: list[Payment] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    approved: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
