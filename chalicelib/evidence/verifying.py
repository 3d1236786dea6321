"""The verifier: what is wrong with a sealed package, from its bytes alone. Pure; it needs no access to the hub."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from chalicelib.evidence.package import FORMAT, MANIFEST, SIGNATURE, file_entry
from chalicelib.kernel.signing import holds


def verify_package(content: bytes, public_key: str | None = None) -> list[str]:
    """What is wrong with a package, in English; an empty list where nothing is.

    ``public_key`` (base64) is the hub's own, from a source other than the package; without it only the package's own
    consistency is shown.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            # A package is stored uncompressed, so that it can't unpack into more than it is.
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                return ["a member is compressed: the hub stores members as they are"]
            names = [info.filename for info in infos]
            if len(set(names)) != len(names):
                return ["two members have one name"]
            members = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        return [f"not a zip that can be read: {error}"]
    try:
        manifest, signature = json.loads(members.pop(MANIFEST)), json.loads(members.pop(SIGNATURE))
        return _signature_faults(manifest, signature, public_key) + _file_faults(manifest["files"], members)
    except (KeyError, ValueError, TypeError) as error:
        return [f"{MANIFEST} or {SIGNATURE} is missing or not as the hub writes it: {error!r}"]


def _signature_faults(manifest: dict[str, Any], signature: dict[str, str], public_key: str | None) -> list[str]:
    faults = []
    if manifest["format"] != FORMAT:
        faults.append(f"format {manifest['format']!r} is not {FORMAT!r}")
    if public_key is not None and signature["public_key"] != public_key:
        faults.append("signed with a key that is not the hub's")
    if not holds(manifest, signature["signature"], signature["public_key"]):
        faults.append("the signature does not fit the manifest")
    return faults


def _file_faults(listed: list[dict[str, Any]], members: Mapping[str, bytes]) -> list[str]:
    known = {entry["name"]: entry for entry in listed}
    faults = [f"{name}: in the manifest, not in the package" for name in known.keys() - members.keys()]
    faults += [f"{name}: in the package, not in the manifest" for name in members.keys() - known.keys()]
    faults += [
        f"{name}: {what} differs from the manifest"
        for name in known.keys() & members.keys()
        for what, value in file_entry(name, members[name]).items()
        if known[name].get(what) != value
    ]
    return sorted(faults)
