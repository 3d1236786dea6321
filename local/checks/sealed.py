"""The sealed packages: each one holds together, follows the one before, and the auction's can be counted again."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from chalicelib.evidence.package import VERIFIER
from chalicelib.evidence.verifying import link_faults, verify_package
from chalicelib.ledger.checking import check as check_book
from chalicelib.ledger.checking import read_book
from local.checks.check import Check, check

# ``recount(rules city, class, quota, seed, bids.csv) -> the JSON of hangpai rank``.
Recount = Callable[[str, str, int, str, bytes], Mapping[str, Any]]
RECOUNTED = ("bidders", "winners", "lowest", "average", "at_lowest", "won_at_lowest", "last_winner_at")
SHIPPED_SECONDS_MAX = 120
# The month's postings and their seals, in the month's package.
BOOK = "ledger.jsonl"


def packages_hold(packages: Mapping[str, bytes], public_key: str, expected: int) -> Check:
    """Every package is signed by the hub's key, says what is in it and follows the one before, for both verifiers."""
    faults = [f"{key}: {fault}" for key, content in packages.items() for fault in verify_package(content, public_key)]
    for before, after in pairwise(sorted(packages)):
        faults += [f"{after}: {fault}" for fault in link_faults(packages[after], packages[before])]
    faults += _shipped_faults(packages, public_key)
    if len(packages) != expected:
        faults.append(f"{len(packages)} packages were sealed, {expected} should have been")
    return check(
        "sealed packages verify",
        faults,
        f"{len(packages)} packages signed and chained; the verifier shipped in each agrees",
    )


def ledger_recomputes(month: bytes, entries: int) -> Check:
    """The book in the month's package recomputes, is sealed whole, and has as many entries as the table."""
    faults: list[str] = []
    checked = None
    try:
        with zipfile.ZipFile(io.BytesIO(month)) as archive:
            checked = check_book(read_book(archive.read(BOOK).decode()))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        faults.append(f"the month's package holds no book that can be read: {error}")
    if checked is not None:
        faults += [f"{fault.code} {fault.subject}: {fault.why}" for fault in checked.faults]
        faults += [f"{checked.unsealed} entries stand in no segment"] if checked.unsealed else []
        faults += [f"{checked.entries} entries, the table has {entries}"] if checked.entries != entries else []
    seen = f"{entries} entries in {checked.segments if checked else 0} chained segments"
    return check("hangpai ledger check recomputes the sealed book", faults, seen)


def _shipped_faults(packages: Mapping[str, bytes], public_key: str) -> list[str]:
    """What each package's own verifier says of it, run as a notary runs it: alone, without the hub's code."""
    faults: list[str] = []
    before: str | None = None
    with tempfile.TemporaryDirectory() as folder:
        for number, key in enumerate(sorted(packages)):
            package = Path(folder) / f"{number}.zip"
            package.write_bytes(packages[key])
            try:
                with zipfile.ZipFile(package) as archive:
                    archive.extract(VERIFIER, folder)
            except (zipfile.BadZipFile, KeyError) as error:
                faults.append(f"{key}: ships no verifier that can be run: {error}")
                continue
            command = [sys.executable, "-I", "-X", "utf8", VERIFIER, package.name, "--public-key", public_key]
            done = subprocess.run(
                [*command, *(("--previous", before) if before else ())],
                cwd=folder,
                capture_output=True,
                encoding="utf-8",
                timeout=SHIPPED_SECONDS_MAX,
                check=False,
            )
            said = (done.stdout + done.stderr).strip()
            faults += [f"{key}: its own verifier: {line}" for line in said.splitlines() if done.returncode]
            before = package.name
    return faults


def auction_is_counted_again(package: bytes, city: str, recount: Recount) -> Check:
    """The notary's own recount of the sealed bids gives the sealed result."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        result = json.loads(archive.read("result.json"))
        seed = archive.read("seed.txt").decode().strip()
        bids = {name: archive.read(f"bids-{name}.csv") for name in result["classes"]}
    faults = []
    for name, announced in result["classes"].items():
        counted = recount(city, name, announced["quota"], seed, bids[name])
        faults += [
            f"{name} {key}: sealed {announced[key]}, recounted {counted[key]}"
            for key in RECOUNTED
            if announced[key] != counted[key]
        ]
    return check("hangpai rank counts the sealed bids to the same result", faults, f"{len(bids)} classes")
