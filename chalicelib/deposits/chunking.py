"""A statement's lines in chunks that are booked side by side; sorted beside the process, since they may be a million.

Lines that name the same code share a chunk and stand in it by arrival: which of two payments is the first must not
depend on which is booked first.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, starmap

from chalicelib.deposits.rules import find_codes
from chalicelib.kernel.spool import Spool
from integrations.ports import Direction, StatementLine

CHUNK_LINES = 100
# A machine is told of its chunks in one answer of at most 256 KB.
CHUNKS_MAX = 1_000
_PLACES = 1 << 20


@dataclass(frozen=True)
class _Sorted:
    """A line and where it belongs. ``place`` is made from the code that it names, or from its serial."""

    place: int
    booked_at_ms: int
    serial: str
    line: int
    packed: str


class Chunks:
    """Takes lines in as they are read; gives them out in chunks once all are there."""

    def __init__(self, code_pattern: str) -> None:
        self._code_pattern = code_pattern
        self._spool = Spool(_Sorted, ("place", "booked_at_ms", "serial"))

    def take(self, lines: Sequence[StatementLine]) -> None:
        """Take lines in."""
        for line, found in zip(lines, find_codes([line.memo for line in lines], self._code_pattern), strict=True):
            together = found.candidates[0] if found.candidates else line.serial
            place = zlib.crc32(together.encode()) % _PLACES
            self._spool.add(_Sorted(place, line.booked_at_ms, line.serial, line.line, pack(line)))

    def packed(self, left_out: Collection[int]) -> Iterator[list[str]]:
        """Chunk by chunk its lines, packed, without those whose number is in ``left_out``. The same lines give the same
        chunks, in whatever order they came."""
        full = max(CHUNK_LINES, -(-len(self._spool) // CHUNKS_MAX))
        chunk: list[str] = []
        for _, same in groupby(self._spool, key=lambda each: each.place):
            chunk += [each.packed for each in same if each.line not in left_out]
            if len(chunk) >= full:
                yield chunk
                chunk = []
        if chunk:
            yield chunk


def pack(line: StatementLine) -> str:
    """A line as text."""
    return json.dumps(line, default=date.isoformat, ensure_ascii=False)


def unpack(text: str) -> list[StatementLine]:
    """The lines of a chunk: a JSON list of packed ones."""
    return [
        line._replace(value_date=date.fromisoformat(str(line.value_date)), direction=Direction(line.direction))
        for line in starmap(StatementLine, json.loads(text))
    ]
