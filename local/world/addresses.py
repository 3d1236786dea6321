"""Where the actors find the hub and the counterparties' simulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """Base URLs, with or without a slash at the end. ``drop`` puts a file into the hub's inbox under a key."""

    api: str
    bank: str
    carrier: str
    treasury: str
    drop: Callable[[str, bytes], None]
    minsheng: str = ""
    alipay: str = ""

    def __post_init__(self) -> None:  # noqa: D105
        for name in ("api", "bank", "carrier", "treasury", "minsheng", "alipay"):
            object.__setattr__(self, name, getattr(self, name).rstrip("/"))
