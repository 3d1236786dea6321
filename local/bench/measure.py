"""A measure: two costs taken in turns in one run, and the ratio that was promised of their medians."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One row. ``ours`` and ``against`` are medians in ``unit``; it holds where ours / against <= target."""

    name: str
    what: str
    unit: str
    ours: float
    against: float
    target: float

    @property
    def ratio(self) -> float:
        """Ours for one of the other's."""
        return self.ours / self.against

    @property
    def holds(self) -> bool:
        """Whether the promise was kept in this run."""
        return self.ratio <= self.target

    def as_dict(self) -> dict[str, Any]:
        """The row as ``docs/benchmarks.json`` lists it."""
        return {
            "name": self.name,
            "ours": round(self.ours, 4),
            "against": round(self.against, 4),
            "ratio": round(self.ratio, 4),
            "target": self.target,
            "holds": self.holds,
            "unit": self.unit,
            "what": self.what,
        }


def peak_mb() -> float:
    """This process's peak memory so far. Not getrusage: that begins with the peak of the process that started this."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1_024


def peak_mb_of(module: str, file: Path) -> float:
    """What ``python -m MODULE FILE`` prints of its own peak memory."""
    done = subprocess.run([sys.executable, "-m", module, str(file)], capture_output=True, check=True, text=True)
    return float(done.stdout)


def in_turns(rounds: int, *takes: Callable[[], float]) -> tuple[float, ...]:
    """The median of each take over some rounds, taken in turns so that a busy machine troubles all of them alike."""
    seen = [[take() for take in takes] for _ in range(rounds)]
    return tuple(median(column) for column in zip(*seen, strict=True))
