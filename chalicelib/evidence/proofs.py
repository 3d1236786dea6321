"""Proofs over a Merkle tree of RFC 6962: that a leaf is in it (2.1.1), and that it only ever grew (2.1.2). Pure.

``node(height, place)`` gives the hash of the complete subtree of ``2 ** height`` leaves that begins at leaf
``place * 2 ** height``: whoever keeps those needs few of them for any proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]

_NODE = b"\x01"


def parent(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(_NODE + left + right).digest()


def tree_hash(node: Node, begin: int, end: int) -> bytes:
    """The hash of the leaves from ``begin`` (a multiple of the next power of two) to ``end``, which is left out."""
    count = end - begin
    if count == 0:
        return hashlib.sha256(b"").digest()
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return node(height, begin >> height)
    middle = begin + _left_of(count)
    return parent(tree_hash(node, begin, middle), tree_hash(node, middle, end))


def inclusion(node: Node, index: int, size: int) -> list[bytes]:
    """The proof that leaf ``index`` (from 0) is in the tree of the first ``size`` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return _path(node, index, 0, size)


def _path(node: Node, index: int, begin: int, end: int) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = begin + _left_of(end - begin)
    if index < middle:
        return [*_path(node, index, begin, middle), tree_hash(node, middle, end)]
    return [*_path(node, index, middle, end), tree_hash(node, begin, middle)]


def consistency(node: Node, older: int, newer: int) -> list[bytes]:
    """The proof that the tree of ``newer`` leaves begins with that of ``older`` leaves; nothing to prove from none."""
    if not 0 <= older <= newer:
        raise ValueError(f"a tree of {newer} leaves did not grow from one of {older}")
    return _subproof(node, older, 0, newer, whole=True) if 0 < older < newer else []


def _subproof(node: Node, older: int, begin: int, end: int, *, whole: bool) -> list[bytes]:
    if older == end:
        return [] if whole else [tree_hash(node, begin, end)]
    middle = begin + _left_of(end - begin)
    if older <= middle:
        return [*_subproof(node, older, begin, middle, whole=whole), tree_hash(node, middle, end)]
    return [*_subproof(node, older, middle, end, whole=False), tree_hash(node, begin, middle)]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof leads from a leaf's hash to a root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = parent(sibling, found)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = parent(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(older: int, newer: int, older_root: bytes, newer_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that one tree grew from another (RFC 9162, 2.1.4.2)."""
    if older == newer:
        return not proof and older_root == newer_root
    if older == 0:
        return not proof and older_root == hashlib.sha256(b"").digest()
    if not 0 < older < newer:
        return False
    path = [older_root, *proof] if older & (older - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = older - 1, newer - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            was, now = parent(sibling, was), parent(sibling, now)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            now = parent(now, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and was == older_root and now == newer_root


def _left_of(count: int) -> int:
    # The largest power of two below the count.
    return 1 << ((count - 1).bit_length() - 1)
