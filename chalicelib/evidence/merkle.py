"""The Merkle tree hash of RFC 6962 (section 2.1) over the rows of a file. Pure.

A row is a line under the heading, without its line end. The root stands in the signed manifest; beside the file lies an
index of the first ``INDEX_BYTES`` of each leaf, by which a verifier names the rows that differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

INDEX_BYTES = 8

_LEAF, _NODE = b"\x00", b"\x01"
# Leaves of one of the complete subtrees that a growing tree is made of; a power of two.
_SUBTREE = 1 << 14


def rows_of(content: bytes) -> list[bytes]:
    """The rows of a CSV file, its heading left out."""
    return content.splitlines()[1:]


def leaf_hashes(rows: Sequence[bytes]) -> list[bytes]:
    """The leaves of many rows, without a call of ours for each."""
    sha256 = hashlib.sha256
    return [sha256(_LEAF + row).digest() for row in rows]


def leaf_hash(row: bytes) -> bytes:
    """SHA-256 of a leaf; its prefix keeps a row from passing for a node."""
    return hashlib.sha256(_LEAF + row).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's root from its leaves' hashes; of no leaves, SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        # RFC 6962 splits at the largest power of two: the same as pairing from the left and lifting an odd last one.
        paired = _paired(level)
        level = paired + level[len(paired) * 2 :]
    return level[0]


def _paired(level: Sequence[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    return [sha256(_NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]


class GrowingTree:
    """The root over leaves that come bit by bit. It keeps one hash for every ``2 ** n`` leaves, not the leaves."""

    def __init__(self) -> None:
        self.count = 0
        self._rest: list[bytes] = []
        # Of complete subtrees, each smaller than the one before: as the count's binary digits say.
        self._roots: list[tuple[int, bytes]] = []

    def add(self, leaves: Sequence[bytes]) -> None:
        """Take in the next leaves, by their hashes."""
        self.count += len(leaves)
        self._rest += leaves
        while len(self._rest) >= _SUBTREE:
            size, top = _SUBTREE, root(self._rest[:_SUBTREE])
            del self._rest[:_SUBTREE]
            while self._roots and self._roots[-1][0] == size:
                top, size = root([self._roots.pop()[1], top]), 2 * size
            self._roots.append((size, top))

    def root(self) -> bytes:
        """The root over all that came; more may come."""
        roots = [top for _, top in self._roots] + ([root(self._rest)] if self._rest else [])
        if not roots:
            return root([])
        top = roots.pop()
        while roots:
            top = root([roots.pop(), top])
        return top


def levels_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The hashes of all complete subtrees, by height: what proofs are made from."""
    levels = [list(leaves)]
    while len(below := levels[-1]) > 1:
        levels.append(_paired(below))
    return levels


def index_of(leaves: Sequence[bytes]) -> bytes:
    """The index that is sealed beside a file: each leaf's first bytes, one after the other."""
    return b"".join([leaf[:INDEX_BYTES] for leaf in leaves])


def row_faults(leaves: Sequence[bytes], index: bytes, shown_max: int = 9) -> list[str]:
    """Which rows of a file differ from its sealed index, by their line number (the heading is line 1)."""
    sealed = [index[at : at + INDEX_BYTES] for at in range(0, len(index), INDEX_BYTES)]
    found = [leaf[:INDEX_BYTES] for leaf in leaves]
    head = _same_ahead(sealed, found)
    tail = _same_ahead(sealed[head:][::-1], found[head:][::-1])
    dropped, added = len(sealed) - head - tail, len(found) - head - tail
    line = head + 2
    if dropped == added:
        moved = sorted(sealed) == sorted(found)
        lines = [at for at, (was, now) in enumerate(zip(sealed, found, strict=True), 2) if was != now]
        faults = [f"row at line {at} {'is not in its place' if moved else 'was changed'}" for at in lines[:shown_max]]
        return [*faults, f"and {len(lines) - shown_max} more rows"] if len(lines) > shown_max else faults
    if added == 0:
        return [f"{_rows(dropped)} dropped at line {line}"]
    if dropped == 0:
        return [f"{_rows(added)} added at line {line}"]
    return [f"{_rows(dropped)} sealed at line {line} and after, {_rows(added)} found in their place"]


def _same_ahead(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
