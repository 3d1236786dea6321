"""Sealed evidence: a million bids sealed and verified, against ``sha256sum`` over the same bytes."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from pathlib import Path

from chalicelib.auctions.bids_csv import write_bids
from chalicelib.auctions.rules import Bid
from chalicelib.evidence.package import build
from chalicelib.evidence.verifying import verify_package
from chalicelib.kernel.signing import Signer
from local.bench.measure import Measure, in_turns

BIDS, ROUNDS, OPENS_MS = 1_000_000, 3, 1_774_400_000_000


def _table() -> bytes:
    chance = random.Random(7)  # noqa: S311 (the same bids in every run)
    prices = (chance.randrange(100, 400) * 10_000 for _ in range(BIDS))
    return write_bids(Bid(f"33{number:011d}", price, OPENS_MS + number * 21) for number, price in enumerate(prices))


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def sealing() -> list[Measure]:
    """CPU of sealing and of verifying (digests, tree, signature), each against ``sha256sum`` over the same table."""
    table, signer = _table(), Signer(bytes(32))
    made: list[bytes] = []

    def seal() -> float:
        began = _cpu_seconds()
        made[:] = [
            build("2026-03", "auction", {"bids.csv": table}, previous=None, rules_version="bench", signer=signer)
        ]
        return _cpu_seconds() - began

    def verify() -> float:
        began = _cpu_seconds()
        faults = verify_package(made[0], signer.public_key)
        spent = _cpu_seconds() - began
        if faults:
            raise RuntimeError(f"what was sealed does not verify: {faults}")
        return spent

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bids.csv"
        path.write_bytes(table)

        def digest() -> float:
            began = _cpu_seconds()
            subprocess.run(["sha256sum", str(path)], check=True, capture_output=True)
            return _cpu_seconds() - began

        sealed, verified, digested = in_turns(ROUNDS, seal, verify, digest)
    what = "CPU, 1,000,000 bids, a Merkle tree, SHA-256 and SM3"
    return [
        Measure("evidence-seal-1m", f"{what}, sealed; sha256sum of the same table", "s", sealed, digested, 4),
        Measure("evidence-verify-1m", f"{what}, verified; sha256sum of the same table", "s", verified, digested, 4),
    ]
