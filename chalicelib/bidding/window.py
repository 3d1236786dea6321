"""The signed window: written once by the auction room, read by every bid function at most once a second."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from chalicelib.bidding.door import Refused, Unanswered
from chalicelib.bidding.rules import PriceLimits, Window
from chalicelib.kernel.ids import canonical

REFRESH_MS = 1_000
# How old a window may get while the table can't be read: its instants do not move once it is open.
STALE_MS_MAX = 30_000


@dataclass(frozen=True)
class SignedWindow:
    """A window as it lies in the table: canonical JSON, and its HMAC-SHA256 (hex)."""

    content: str
    mac: str


class WindowNotSigned(RuntimeError):
    """The window in the table is not one that the hub signed for this period."""

    def __init__(self) -> None:
        super().__init__("the auction window in the table was not signed by the hub for this period")


def _mac(content: str, key: bytes) -> str:
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def sign(window: Window, key: bytes) -> SignedWindow:
    """Make a window believable to the bid function; whoever can only write to the table can't move it."""
    content = canonical(asdict(window)).decode()
    return SignedWindow(content, _mac(content, key))


def read(signed: SignedWindow, key: bytes) -> Window:
    """The window again. Raises ``WindowNotSigned``."""
    if not hmac.compare_digest(signed.mac, _mac(signed.content, key)):
        raise WindowNotSigned
    content = json.loads(signed.content)
    limits = {name: PriceLimits(**values) for name, values in content.pop("limits").items()}
    return Window(**content, limits=limits)


@dataclass
class Windows:
    """The windows of this process. ``fetch`` reads one from the table: called at most once a second a period."""

    fetch: Callable[[str], SignedWindow | None]
    key: bytes = field(repr=False)
    _known: dict[str, tuple[int, Window | None]] = field(default_factory=dict)

    def current(self, period: str, now_ms: int) -> Window | None:
        """The period's window, or ``None`` where none has been prepared. Raises ``WindowNotSigned``, or as the door."""
        read_at_ms, window = self._known.get(period, (None, None))
        if read_at_ms is not None and read_at_ms <= now_ms < read_at_ms + REFRESH_MS:
            return window
        try:
            signed = self.fetch(period)
        except (Refused, Unanswered):
            if read_at_ms is None or window is None or now_ms >= read_at_ms + STALE_MS_MAX:
                raise
            return window
        window = read(signed, self.key) if signed else None
        if window is not None and window.period != period:
            # Another period's window is signed too: whoever can write to the table may not lay it down here.
            raise WindowNotSigned
        self._known = {period: (now_ms, window)}
        return window
