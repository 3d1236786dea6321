"""How much of a limit is left, told from where it is counted to the edge, which puts it into headers."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

_COUNTED: ContextVar[tuple[Rate, ...]] = ContextVar("counted", default=())


@dataclass(frozen=True)
class Rate:
    """A limit as one request found it: ``limit`` requests in its window, ``remaining`` of them, begun anew in
    ``reset_s`` seconds."""

    limit: int
    remaining: int
    reset_s: int


def forget() -> None:
    """Begin a request."""
    _COUNTED.set(())


def counted(rate: Rate) -> None:
    """Note that a limit was counted for this request."""
    _COUNTED.set((*_COUNTED.get(), rate))


def tightest() -> Rate | None:
    """Of the limits that were counted, the one that will stop the caller first."""
    return min(_COUNTED.get(), key=lambda rate: (rate.remaining, -rate.reset_s), default=None)
