"""What the notary attached: named by the next package, found by both verifiers, and kept as it was put."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

from chalicelib.evidence.verifying import attachment_faults, open_package
from local.checks.check import Check, check
from local.checks.sealed import run_shipped
from local.world.notary import MINUTES, VIDEO, Attached

TAKEN, OTHER_BYTES, THERE_ALREADY = 200, 400, 412
ANSWERS = {"other bytes": OTHER_BYTES, "itself": TAKEN, "again": THERE_ALREADY}


def attachments_hold(done: Attached, packages: Mapping[str, bytes], kept: Mapping[str, bytes]) -> Check:
    """One package names each file, both verifiers find it there and nothing that differs in a bit, and S3 took only the
    video. ``packages``, ``kept``: key -> content in the evidence bucket."""
    faults = list(done.faults)
    if done.uploads != ANSWERS:
        faults.append(f"uploads were answered {done.uploads}, {ANSWERS} would be right")
    listed = {each["name"]: each for each in done.listed}
    if listed.keys() != done.files.keys():
        faults.append(f"listed are {sorted(listed)}")
    for name, content in done.files.items():
        naming = [key for key, package in packages.items() if _names(package, content)]
        told = listed.get(name, {})
        wanted = ("arrived" if name == VIDEO else "none", naming[0] if naming else None)
        if len(naming) != 1 or (told.get("upload"), told.get("sealed_in")) != wanted:
            faults.append(f"{name}: named in {naming}, listed as {told.get('upload')} in {told.get('sealed_in')}")
        for key in naming:
            faults += _verifiers_faults(packages[key], name, content)
    if [content for key, content in kept.items() if key.startswith("attachments/")] != [done.files[VIDEO]]:
        faults.append("what lies in the bucket is not the video alone")
    said = (
        f"{VIDEO} put and {MINUTES} by digest, sealed in {listed.get(VIDEO, {}).get('sealed_in')}; other bytes refused"
    )
    return check("attachments are sealed by their digest", faults, said)


def _names(package: bytes, content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        listed = json.loads(archive.read("manifest.json"))["attachments"]
    return hashlib.sha256(content).hexdigest() in [each["sha256"] for each in listed]


def _verifiers_faults(package: bytes, name: str, content: bytes) -> list[str]:
    other = content[:-1] + bytes([content[-1] ^ 1])
    faults = [
        f"hangpai verify: {fault}" for fault in attachment_faults(open_package(package), name, io.BytesIO(content))
    ]
    if not attachment_faults(open_package(package), name, io.BytesIO(other)):
        faults.append(f"hangpai verify takes other bytes for {name}")
    for given, right in ((content, 0), (other, 1)):
        exit_code, said = run_shipped({"p.zip": package, name: given}, "p.zip", "--attachment", name)
        if exit_code != right:
            faults.append(f"the shipped verifier ends with {exit_code} on {name}, {right} would be right: {said}")
    return faults
