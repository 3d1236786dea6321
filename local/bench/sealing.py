"""Sealed evidence: a million bids sealed and verified, against ``sha256sum`` over the same bytes, and against the bare
digests that the format asks for; and how much memory it takes.

``python -m local.bench.sealing FILE`` seals and verifies a table and prints its own peak memory in MB.
"""

from __future__ import annotations

import hashlib
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from chalicelib.auctions.bids_csv import write_bids
from chalicelib.auctions.rules import Bid
from chalicelib.evidence.package import pack
from chalicelib.evidence.verifying import verify_package
from chalicelib.kernel.signing import Signer
from local.bench.measure import Measure, in_turns, peak_mb, peak_mb_of

BIDS, FEW, ROUNDS, OPENS_MS = 1_000_000, 100_000, 5, 1_774_400_000_000
SIGNER = Signer(bytes(32))


def _table(bids: int) -> bytes:
    chance = random.Random(7)  # noqa: S311 (the same bids in every run)
    prices = (chance.randrange(100, 400) * 10_000 for _ in range(bids))
    return write_bids(Bid(f"33{number:011d}", price, OPENS_MS + number * 21) for number, price in enumerate(prices))


def _cpu_seconds() -> float:
    # Not os.times: its ticks are a tenth of what sha256sum takes.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _cpu_of(work: Callable[[], object]) -> float:
    began = _cpu_seconds()
    work()
    return _cpu_seconds() - began


def _seal(table: Path, package: Path) -> None:
    with table.open("rb") as rows, package.open("w+b") as out:
        pack(out, "2026-03", "auction", {"bids.csv": rows}, previous=None, rules_version="bench", signer=SIGNER)


def _verify(package: Path) -> None:
    with package.open("rb") as sealed:
        if faults := verify_package(sealed, SIGNER.public_key):
            raise RuntimeError(f"what was sealed does not verify: {faults}")


def _digests_alone(table: Path) -> None:
    """SHA-256 of every row and of every pair above it, as RFC 6962 has them, and both digests of the file."""
    content, sha256 = table.read_bytes(), hashlib.sha256
    sha256(content)
    hashlib.new("sm3", content)
    level = [sha256(b"\0" + row).digest() for row in content.splitlines()[1:]]
    while len(level) > 1:
        # One without a neighbour is lifted; zip leaves it out, which spares it a digest here too.
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]


def sealing() -> list[Measure]:
    """CPU of sealing and of verifying (digests, tree, signature), both from file to file; and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        table, few, package = (Path(folder) / name for name in ("bids.csv", "few.csv", "package.zip"))
        table.write_bytes(_table(BIDS))
        few.write_bytes(_table(FEW))
        sealed, verified, digested, floor = in_turns(
            ROUNDS,
            lambda: _cpu_of(lambda: _seal(table, package)),
            lambda: _cpu_of(lambda: _verify(package)),
            lambda: _cpu_of(lambda: subprocess.run(["sha256sum", str(table)], check=True, capture_output=True)),
            lambda: _cpu_of(lambda: _digests_alone(table)),
        )
        large, small = (peak_mb_of("local.bench.sealing", file) for file in (table, few))
    what = "CPU, 1,000,000 bids, a Merkle tree, SHA-256 and SM3"
    alone = "a bare loop of the digests that RFC 6962 asks for"
    return [
        Measure("evidence-seal-1m", f"{what}, sealed; sha256sum of the same table", "s", sealed, digested, 4),
        Measure("evidence-verify-1m", f"{what}, verified; sha256sum of the same table", "s", verified, digested, 4),
        Measure("evidence-seal-floor", f"{what}, sealed; {alone}", "s", sealed, floor, 1.5),
        Measure("evidence-verify-floor", f"{what}, verified; {alone}", "s", verified, floor, 1.5),
        Measure(
            "evidence-memory", "peak memory, 1,000,000 bids sealed and verified; 100,000", "MB", large, small, 1.15
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as into:
        _seal(Path(sys.argv[1]), Path(into) / "package.zip")
        _verify(Path(into) / "package.zip")
    print(peak_mb())
