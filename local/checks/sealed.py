"""The sealed packages: each one holds together, follows the one before, and the auction's can be counted again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.evidence.verifying import verify_package
from local.checks.check import Check, check

# ``recount(rules city, class, quota, seed, bids.csv) -> the JSON of hangpai rank``.
Recount = Callable[[str, str, int, str, bytes], Mapping[str, Any]]
RECOUNTED = ("bidders", "winners", "lowest", "average", "at_lowest", "won_at_lowest", "last_winner_at")


def packages_hold(packages: Mapping[str, bytes], public_key: str, expected: int) -> Check:
    """Every package is signed by the hub's key and says what is in it."""
    faults = [f"{key}: {fault}" for key, content in packages.items() for fault in verify_package(content, public_key)]
    if len(packages) != expected:
        faults.append(f"{len(packages)} packages were sealed, {expected} should have been")
    return check("sealed packages verify", faults, f"{len(packages)} packages signed, each file with SHA-256 and SM3")


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
