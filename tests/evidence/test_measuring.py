"""Rule: a file read bit by bit measures as one held whole, and a package takes no more memory the longer its tables."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.evidence import measuring, merkle
from chalicelib.evidence.measuring import Measured, measured
from chalicelib.evidence.verifying import Unreadable, open_package, verify_package
from tests.evidence.sealed_auction import INDIVIDUALS, SIGNER, auction, members_of

ROOT = Path(__file__).resolve().parents[2]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.sampled_from([b"", b"a", b"bc", b"def,1"]), max_size=40), end=st.sampled_from([b"\n", b"\r\n"]))
@example(rows=[], end=b"\n")
def test_given_any_table_when_read_in_small_blocks_then_it_measures_as_one_held_whole(
    rows: list[bytes], end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "BLOCK_BYTES", 7)
    monkeypatch.setattr(merkle, "_SUBTREE", 4)
    content, index = end.join(rows), io.BytesIO()
    leaves = merkle.leaf_hashes(merkle.rows_of(content))

    assert measured(io.BytesIO(content), table=True, index=index) == Measured(
        len(content),
        hashlib.sha256(content).hexdigest(),
        hashlib.new("sm3", content).hexdigest(),
        len(leaves),
        merkle.root(leaves).hex(),
    )
    assert index.getvalue() == merkle.index_of(leaves)


def test_given_a_damaged_byte_when_verified_then_the_member_is_named_and_can_not_be_read() -> None:
    package = auction()
    at = package.index(members_of(package)[INDIVIDUALS]) + 40
    damaged = package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]

    assert any(
        fault.startswith(f"{INDIVIDUALS}: can't be read") for fault in verify_package(damaged, SIGNER.public_key)
    )
    with pytest.raises(Unreadable, match=INDIVIDUALS):
        open_package(damaged).members[INDIVIDUALS]


def test_given_ten_times_the_bids_when_sealed_and_verified_then_the_memory_is_the_same(tmp_path: Path) -> None:
    peaks = []
    for bids in (20_000, 200_000):
        table = tmp_path / f"{bids}.csv"
        table.write_bytes(b"code,price,at\n" + b"3300000000001,29900,2026-03-25T09:00:00.001\n" * bids)
        command = [sys.executable, "-m", "local.bench.sealing", str(table)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
        peaks.append(float(done.stdout))

    # Held whole, the longer one takes a hundred megabytes more.
    assert peaks[1] < peaks[0] + 15, peaks
