"""The signed window, and the signed lowest price beside it: the auction room writes them, every bid function reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from chalicelib.bidding.phases import Lowest
from chalicelib.bidding.rules import Pause, PriceLimits, Window, WindowPhase
from chalicelib.bidding.signed import Fresh, NotSigned, Signed, check, seal
from chalicelib.kernel.ids import canonical

WINDOW, LOWEST = "auction window", "lowest winning price"


def sign(window: Window, key: bytes) -> Signed:
    """A window as it lies in the table."""
    return seal(WINDOW, canonical(asdict(window)).decode(), key)


def read(signed: Signed, key: bytes) -> Window:
    """The window again. Raises ``NotSigned``."""
    check(WINDOW, signed, key)
    content = json.loads(signed.content)
    return Window(
        **{
            **content,
            "limits": {name: PriceLimits(**values) for name, values in content["limits"].items()},
            "phases": tuple(WindowPhase(**phase) for phase in content["phases"]),
            "pauses": tuple(Pause(**pause) for pause in content["pauses"]),
        }
    )


def sign_lowest(lowest: Lowest, key: bytes) -> Signed:
    """The lowest winning price as it lies in the table."""
    return seal(LOWEST, canonical(asdict(lowest)).decode(), key)


def read_lowest(signed: Signed, key: bytes) -> Lowest:
    """The lowest winning price again. Raises ``NotSigned``."""
    check(LOWEST, signed, key)
    return Lowest(**json.loads(signed.content))


def windows(fetch: Callable[[str], Signed | None], key: bytes) -> Fresh[Window]:
    """The windows of this process."""

    def believed(period: str, signed: Signed) -> Window:
        window = read(signed, key)
        if window.period != period:
            # Another period's window is signed too: whoever can write to the table may not lay it down here.
            raise NotSigned(WINDOW)
        return window

    return Fresh(WINDOW, fetch, believed)


def lowests(fetch: Callable[[str], Signed | None], key: bytes) -> Fresh[Lowest]:
    """The lowest winning prices of this process: asked for only in a phase that they bound."""

    def believed(period: str, signed: Signed) -> Lowest:
        lowest = read_lowest(signed, key)
        if lowest.period != period:
            raise NotSigned(LOWEST)
        return lowest

    return Fresh(LOWEST, fetch, believed)
