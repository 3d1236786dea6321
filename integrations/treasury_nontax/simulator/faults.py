"""What can go wrong at the treasury or on the line to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

KINDS = ("silent", "busy", "delay", "wrong_mac", "half_frame")


@dataclass
class Fault:
    """What becomes of the next ``requests`` frames; of those with one of ``numbers`` only, where there are any.

    ``worked``: whether the treasury did what was asked before the answer went wrong.
    """

    kind: str
    requests: int
    numbers: frozenset[str]
    seconds: float
    worked: bool

    def spoil(self, answer: bytes) -> bytes | None:
        """What the hub gets instead of the answer; ``None`` is nothing."""
        if self.kind == "delay":
            time.sleep(self.seconds)
            return answer
        if self.kind == "wrong_mac":
            return answer[:-1] + (b"0" if answer[-1:] != b"0" else b"1")
        return answer[: len(answer) // 2] if self.kind == "half_frame" else None


def read_fault(kind: str, given: dict[str, Any]) -> Fault:
    """A fault from a control's JSON. Raises ``ValueError`` for a kind that there is not."""
    if kind not in KINDS:
        raise ValueError(f"a fault is one of {', '.join(KINDS)}")
    return Fault(
        kind,
        int(given["requests"]),
        frozenset(str(number) for number in given.get("numbers", ())),
        float(given.get("seconds", 0)),
        bool(given.get("worked", True)),
    )
