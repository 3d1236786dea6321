"""A check: what must hold, whether it does, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FAULTS_SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One rule held against what happened. ``detail`` says what was counted, or what is wrong, line by line."""

    name: str
    holds: bool
    detail: str


def check(name: str, faults: Sequence[str], seen: str) -> Check:
    """A check that holds where there are no faults; the first few of them are its detail otherwise."""
    if not faults:
        return Check(name, holds=True, detail=seen)
    shown = "; ".join(faults[:FAULTS_SHOWN])
    more = f"; and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
    return Check(name, holds=False, detail=f"{shown}{more}")
