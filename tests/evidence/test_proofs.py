"""Merkle proofs, against the tree as RFC 6962 writes it down and against every smaller tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.evidence import merkle, proofs

LEAVES = [merkle.leaf_hash(b"row %d" % number) for number in range(300)]
# Certificate Transparency's own reference leaves and roots (merkletree tests of its code base).
KNOWN = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "60" * 16)]
KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
}


def node(height: int, place: int) -> bytes:
    """Complete subtrees, by the root that the packages are sealed with."""
    width = 1 << height
    leaves = LEAVES[place * width : (place + 1) * width]
    assert len(leaves) == width, "a complete subtree was asked for that the tree does not have"
    return merkle.root(leaves)


@pytest.mark.parametrize(("size", "root"), KNOWN_ROOTS.items())
def test_given_known_leaves_when_hashed_then_the_known_roots_come_out(size: int, root: str) -> None:
    leaves = [merkle.leaf_hash(leaf) for leaf in KNOWN[:size]]

    assert merkle.root(leaves).hex() == root
    assert proofs.tree_hash(lambda height, place: merkle.root(leaves[place << height :][: 1 << height]), 0, size) == (
        bytes.fromhex(root)
    )


def test_given_no_leaves_when_hashed_then_it_is_the_hash_of_nothing() -> None:
    assert proofs.tree_hash(node, 0, 0) == hashlib.sha256(b"").digest()


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))), st.data())
def test_given_any_leaf_when_proved_then_it_holds_and_nothing_else_does(
    pair: tuple[int, int], data: st.DataObject
) -> None:
    size, index = pair
    root, proof = merkle.root(LEAVES[:size]), proofs.inclusion(node, index, size)

    assert proofs.is_included(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, 299).filter(lambda number: number != index))
    assert not proofs.is_included(LEAVES[other], index, size, proof, root)
    assert not proofs.is_included(LEAVES[index], index, size, [*proof, root], root)
    assert not proofs.is_included(LEAVES[index], size, size, proof, root)
    if proof:
        assert not proofs.is_included(LEAVES[index], index, size, proof[:-1], root)


@given(st.integers(0, 300), st.integers(0, 300))
def test_given_any_two_sizes_when_proved_then_the_newer_grew_from_the_older(one: int, two: int) -> None:
    older, newer = sorted((one, two))
    was, now = merkle.root(LEAVES[:older]), merkle.root(LEAVES[:newer])
    proof = proofs.consistency(node, older, newer)

    assert proofs.is_consistent(older, newer, was, now, proof)
    if older:
        forged = merkle.root([merkle.leaf_hash(b"another"), *LEAVES[1:older]])
        assert not proofs.is_consistent(older, newer, forged, now, proof)
    if proof:
        assert not proofs.is_consistent(older, newer, was, now, proof[:-1])
        assert not proofs.is_consistent(older, newer, was, merkle.root(LEAVES[: newer - 1]), proof)


def test_given_a_tree_that_shrank_when_proved_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="did not grow"):
        proofs.consistency(node, 5, 4)
    assert not proofs.is_consistent(5, 4, merkle.root(LEAVES[:5]), merkle.root(LEAVES[:4]), [])
    with pytest.raises(ValueError, match="is not in a tree"):
        proofs.inclusion(node, 4, 4)
