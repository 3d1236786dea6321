"""The sealed packages: each one holds together, follows the one before, and the auction's can be counted again."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from chalicelib.evidence.package import SM2_VERIFIER, VERIFIER
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


def packages_hold(
    packages: Mapping[str, bytes],
    public_key: str,
    expected: int,
    *,
    sm2_key: str | None = None,
    name: str = "sealed packages verify",
) -> Check:
    """Every package is signed by the hub's keys, says what is in it and follows the one before, for both verifiers.

    ``sm2_key``: where they have an SM2 signature too, that a second program in them checks. In a month that began on an
    older hub only the last of them are sure to.
    """
    twice = {key for key, content in packages.items() if sm2_key is not None and _ships(content, SM2_VERIFIER)}
    faults = [
        f"{key}: {fault}"
        for key, content in packages.items()
        for fault in verify_package(content, public_key, sm2_key if key in twice else None)
    ]
    if sm2_key is not None and max(packages, default="") not in twice:
        faults.append("the last package has no SM2 signature")
    for before, after in pairwise(sorted(packages)):
        faults += [f"{after}: {fault}" for fault in link_faults(packages[after], packages[before])]
    faults += _shipped_faults(packages, public_key, sm2_key)
    if len(packages) != expected:
        faults.append(f"{len(packages)} packages were sealed, {expected} should have been")
    said = f"{len(packages)} packages signed and chained, {len(twice)} by SM2 too; the verifiers shipped in each agree"
    return check(name, faults, said)


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


def run_shipped(files: Mapping[str, bytes], package: str, *options: str, program: str = VERIFIER) -> tuple[int, str]:
    """Run a verifier that lies in ``package``, one of ``files``, as a notary does: alone in a folder of these files,
    without the hub's code. Its exit code and what it said; ``BadZipFile`` or ``KeyError`` where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        with zipfile.ZipFile(Path(folder) / package) as archive:
            archive.extract(program, folder)
        command = [sys.executable, "-I", "-X", "utf8", program, package, *options]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", timeout=SHIPPED_SECONDS_MAX, check=False
        )
    return done.returncode, (done.stdout + done.stderr).strip()


def _ships(package: bytes, program: str) -> bool:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(package)) as archive:
        return program in archive.namelist()
    return False


def _shipped_faults(packages: Mapping[str, bytes], public_key: str, sm2_key: str | None) -> list[str]:
    """What each package's own verifiers say of it and of its link."""
    faults: list[str] = []
    before: dict[str, bytes] = {}
    for key in sorted(packages):
        given = {**before, "package.zip": packages[key]}
        runs = {VERIFIER: ["--public-key", public_key, *(("--previous", "before.zip") if before else ())]}
        if sm2_key is not None and _ships(packages[key], SM2_VERIFIER):
            runs[SM2_VERIFIER] = ["--public-key", sm2_key]
        for program, options in runs.items():
            try:
                exit_code, said = run_shipped(given, "package.zip", *options, program=program)
            except (zipfile.BadZipFile, KeyError) as error:
                faults.append(f"{key}: ships no verifier that can be run: {error}")
            else:
                faults += [f"{key}: its own verifier: {line}" for line in said.splitlines() if exit_code]
        before = {"before.zip": packages[key]}
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
