"""The bid log in a sealed package: do its heads cover it, and does it hold the sealed bids and no other?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.bidlog.rules import HEADS, TABLE, head_faults
from chalicelib.evidence import merkle
from chalicelib.evidence.proofs import tree_hash

SHOWN_MAX = 9
_CELLS = 7


def log_faults(members: Mapping[str, bytes], period: str, classes: list[str], public_key: str) -> Iterator[str]:
    """What is wrong with the log of an auction's package; ``KeyError``, ``ValueError`` where it can't be read."""
    rows = merkle.rows_of(members[TABLE])
    heads = json.loads(members[HEADS])
    yield from _head_faults(heads, rows, period, public_key)
    logged: dict[str, list[str]] = {name: [] for name in classes}
    bids: Counter[tuple[str, str]] = Counter()
    for line, row in enumerate((row.decode() for row in rows), 2):
        cells = row.split(",")
        if len(cells) != _CELLS or cells[0] != period or cells[1] not in logged:
            yield f"{TABLE}: row at line {line} is no bid of this auction"
            continue
        _, bidder_class, code, number, price, at, _ = cells
        bids[bidder_class, code] += 1
        if number != str(bids[bidder_class, code]):
            yield f"{TABLE}: row at line {line}: bid {number} is number {bids[bidder_class, code]} of its bidder"
        logged[bidder_class].append(f"{code},{price},{at}")
    for name in classes:
        sealed = Counter(row.decode() for row in merkle.rows_of(members[f"bids-{name}.csv"]))
        held = Counter(logged[name])
        yield from _some(f"bids-{name}.csv: {row} is not in the bid log" for row in sorted((sealed - held).elements()))
        yield from _some(f"{TABLE}: {row} is not in bids-{name}.csv" for row in sorted((held - sealed).elements()))


def _head_faults(heads: list[dict[str, Any]], rows: list[bytes], period: str, public_key: str) -> Iterator[str]:
    leaves = [merkle.leaf_hash(row) for row in rows]
    levels = merkle.levels_of(leaves)
    last_ms, last_size = -1, 0
    for signed in heads:
        yield from (f"{HEADS}: {fault}" for fault in head_faults(signed, public_key))
        head = signed["head"]
        where, size = f"{HEADS}: head of {head['at']}", head["size"]
        if head["period"] != period or head["at_ms"] <= last_ms or size < last_size:
            yield f"{where}: of another period, or older or shorter than the one before it"
        if size > len(rows):
            yield f"{where}: covers {size} leaves, {TABLE} has {len(rows)}"
        elif tree_hash(lambda height, place: levels[height][place], 0, size).hex() != head["root"]:
            yield f"{where}: the first {size} rows of {TABLE} have another root: one was changed, dropped or added"
        last_ms, last_size = head["at_ms"], size
    if not heads or not heads[-1]["head"]["final"] or last_size != len(rows):
        yield f"{HEADS}: the last head is not the final one over all {len(rows)} rows of {TABLE}"


def _some(faults: Iterator[str]) -> Iterator[str]:
    listed = list(faults)
    yield from listed[:SHOWN_MAX]
    if len(listed) > SHOWN_MAX:
        yield f"and {len(listed) - SHOWN_MAX} more like it"
