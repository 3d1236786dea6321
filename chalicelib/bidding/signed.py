"""What the auction room lays down for the bid function: signed, and read again at most once a second."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chalicelib.bidding.door import Refused, Unanswered

REFRESH_MS = 1_000
# How long a content holds while the table can't be read. A pause begins longer than this after it was laid down
# (``auctions.pauses``), so that no function takes a bid in one because it could not learn of it.
STALE_MS_MAX = 3_000

Content = TypeVar("Content")


@dataclass(frozen=True)
class Signed:
    """A content as it lies in the table: canonical JSON, and its HMAC-SHA256 (hex)."""

    content: str
    mac: str


class NotSigned(RuntimeError):
    """What lies in the table is not what the hub signed for this period."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the {kind} in the table was not signed by the hub for this period")


def seal(kind: str, content: str, key: bytes) -> Signed:
    """Make a content believable to the bid function; whoever can only write to the table can't make one."""
    return Signed(content, _mac(kind, content, key))


def check(kind: str, signed: Signed, key: bytes) -> None:
    """Raise ``NotSigned`` where a content is not the hub's, or was signed as another kind of content."""
    if not hmac.compare_digest(signed.mac, _mac(kind, signed.content, key)):
        raise NotSigned(kind)


def _mac(kind: str, content: str, key: bytes) -> str:
    return hmac.new(key, f"{kind}\n{content}".encode(), hashlib.sha256).hexdigest()


@dataclass
class Fresh(Generic[Content]):
    """The content of this process, by period. ``fetch`` and ``read`` are called at most once a second a period."""

    kind: str
    fetch: Callable[[str], Signed | None]
    read: Callable[[str, Signed], Content]
    _known: dict[str, tuple[int, Content | None]] = field(default_factory=dict)

    def current(self, period: str, now_ms: int) -> Content | None:
        """The period's content, or ``None`` where none was laid down. Raises ``NotSigned``, or as the door."""
        known = self._known.get(period)
        if known is not None and known[0] <= now_ms < known[0] + REFRESH_MS:
            return known[1]
        try:
            signed = self.fetch(period)
        except (Refused, Unanswered):
            if known is None or known[1] is None or now_ms >= known[0] + STALE_MS_MAX:
                raise
            return known[1]
        content = self.read(period, signed) if signed else None
        self._known = {period: (now_ms, content)}
        return content
