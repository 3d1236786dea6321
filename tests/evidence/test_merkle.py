"""The Merkle root is RFC 6962's, in both verifiers, and a row that differs is named."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.evidence import verify
from chalicelib.evidence.merkle import index_of, leaf_hash, root, row_faults, rows_of

# Certificate Transparency's published leaves and the roots of the first n of them.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def rfc_root(rows: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: split at the largest power of two below n."""
    if not rows:
        return hashlib.sha256(b"").digest()
    if len(rows) == 1:
        return hashlib.sha256(b"\x00" + rows[0]).digest()
    split = 1
    while split * 2 < len(rows):
        split *= 2
    return hashlib.sha256(b"\x01" + rfc_root(rows[:split]) + rfc_root(rows[split:])).digest()


@pytest.mark.parametrize("count", range(len(ROOTS)))
def test_given_published_leaves_when_hashed_then_the_published_root_comes_out(count: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in LEAVES[:count]]

    assert root(leaves).hex() == ROOTS[count]
    rows = [bytes.fromhex(text) for text in LEAVES]
    assert verify.roots(rows, {count})[1][count] == ROOTS[count]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_given_any_rows_when_hashed_then_all_three_trees_agree(rows: list[bytes]) -> None:
    leaves = [leaf_hash(row) for row in rows]

    assert root(leaves) == rfc_root(rows)
    assert verify.roots(rows, set(range(len(rows) + 1)))[1] == {
        count: rfc_root(rows[:count]).hex() for count in range(len(rows) + 1)
    }


def test_given_a_table_when_split_then_its_heading_and_its_line_ends_are_no_part_of_a_row() -> None:
    assert rows_of("\ufeff申请编码,价\r\nA,1\r\nB,2\r\n".encode()) == [b"A,1", b"B,2"]
    assert rows_of(b"") == []


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ("abcde", []),
        ("abXde", ["row at line 4 was changed"]),
        ("Xbcde", ["row at line 2 was changed"]),
        ("abXdX", ["row at line 4 was changed", "row at line 6 was changed"]),
        ("abdce", ["row at line 4 is not in its place", "row at line 5 is not in its place"]),
        ("abde", ["1 row dropped at line 4"]),
        ("bcde", ["1 row dropped at line 2"]),
        ("abc", ["2 rows dropped at line 5"]),
        ("abcdeX", ["1 row added at line 7"]),
        ("XYabcde", ["2 rows added at line 2"]),
        ("abXYZe", ["2 rows sealed at line 4 and after, 3 rows found in their place"]),
        ("", ["5 rows dropped at line 2"]),
    ],
)
def test_given_changed_rows_when_compared_with_the_index_then_their_lines_are_named(
    found: str, fault: list[str]
) -> None:
    index = index_of([leaf_hash(row.encode()) for row in "abcde"])

    assert row_faults([leaf_hash(row.encode()) for row in found], index) == fault


def test_given_many_changed_rows_when_compared_then_the_list_is_cut() -> None:
    index = index_of([leaf_hash(b"%d" % row) for row in range(100)])

    faults = row_faults([leaf_hash(b"-%d" % row) for row in range(100)], index)

    assert (len(faults), faults[-1]) == (10, "and 91 more rows")
