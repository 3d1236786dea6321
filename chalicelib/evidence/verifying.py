"""The hub's verifier: what is wrong with a sealed package, from its bytes alone. Pure; it needs no access to the hub.

It shares no code with ``verify.py``, the one that lies in every package: what one overlooks the other should find.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, Any

from chalicelib.evidence import merkle
from chalicelib.evidence.measuring import Content, measured, opened, sha256_of
from chalicelib.evidence.package import (
    INDEX_SUFFIX,
    MANIFEST,
    READABLE,
    SIGNATURE,
    is_ours,
    is_table,
    package_key,
)
from chalicelib.kernel.digests import file_sha256
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.signing import holds
from chalicelib.kernel.sm2 import sm2_holds

# What a zip without comments, extra fields or anything between its members says of a member and of itself, in bytes.
_MEMBER_BYTES, _END_BYTES = 30 + 46, 22
_NO_ZIP = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError)


class Unreadable(ValueError):
    """A package, or a member of it, that can't be read; its text says why."""


class Members(Mapping[str, bytes]):
    """A package's members by name. Each is read when it is asked for, and then may raise ``Unreadable``."""

    def __init__(self, archive: zipfile.ZipFile, names: Iterable[str]) -> None:
        self._archive, self._names = archive, dict.fromkeys(names)

    def __getitem__(self, name: str) -> bytes:
        """The whole member; ``KeyError`` where there is none."""
        with self.reading(name) as member:
            return member.read()

    def __iter__(self) -> Iterator[str]:
        """Their names, in the package's order."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """A member to be read bit by bit; ``KeyError`` where there is none."""
        if name not in self._names:
            raise KeyError(name)
        try:
            with self._archive.open(name) as member:
                yield member
        except _NO_ZIP as error:
            raise Unreadable(f"{name}: can't be read: {error}") from error


@dataclass(frozen=True)
class Opened:
    """A package as its bytes say: nothing of it has been verified."""

    manifest: dict[str, Any]
    signature: dict[str, Any]
    manifest_bytes: bytes
    members: Members  # all but manifest and signature


def open_package(content: Content) -> Opened:
    """Read a package; ``content`` has to stay open as long as its members are read. Raises ``Unreadable``."""
    archive = _archive(opened(content))
    try:
        members = Members(archive, archive.namelist())
        raw, sealed = members[MANIFEST], members[SIGNATURE]
        manifest, signature = json.loads(raw), json.loads(sealed)
        for name in ("period", "moment", "number", "rules_version", "previous", "format"):
            manifest[name]
        names = [entry["name"] for entry in manifest["files"]]
        if len(set(names)) != len(names):
            raise ValueError("a file is listed twice")
        for seal in (signature, signature["sm2"]) if "sm2" in signature else (signature,):
            seal["public_key"].encode() + seal["signature"].encode()
        for attached in manifest.get("attachments", ()):
            attached["name"], attached["bytes"], attached["sha256"], attached["sm3"]
    except Unreadable:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"{MANIFEST} or {SIGNATURE} is missing or not as the hub writes it: {error!r}") from error
    rest = [name for name in members if name not in (MANIFEST, SIGNATURE)]
    return Opened(manifest, signature, raw, Members(archive, rest))


def _archive(source: IO[bytes]) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(source)
    except (*_NO_ZIP, ValueError) as error:
        raise Unreadable(f"not a zip that can be read: {error}") from error
    infos = archive.infolist()
    # A package is stored uncompressed, so that it can't unpack into more than it is.
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
        raise Unreadable("a member is compressed: the hub stores members as they are")
    if len({info.filename for info in infos}) != len(infos):
        raise Unreadable("two members have one name")
    size = _END_BYTES + sum(_MEMBER_BYTES + 2 * len(info.filename) + info.file_size for info in infos)
    if size != source.seek(0, io.SEEK_END):
        raise Unreadable("the zip holds something beside its members")
    return archive


def verify_package(content: Content, public_key: str | None = None, sm2_key: str | None = None) -> list[str]:
    """What is wrong with a package, in English; an empty list where nothing is.

    ``public_key`` and ``sm2_key`` (base64) are the hub's own, from a source other than the package; without them only
    the package's own consistency is shown. The link to another package is ``link_faults``'s.
    """
    try:
        package = open_package(content)
        signatures = _signature_faults(package, public_key) + _sm2_faults(package, sm2_key)
        return signatures + _file_faults(package.manifest["files"], package.members)
    except Unreadable as error:
        return [str(error)]


def sealed_files(content: Content) -> dict[str, str]:
    """Name -> SHA-256 (hex) of the files that were handed in to be sealed. Raises ``Unreadable``."""
    members, found = open_package(content).members, {}
    for name in members:
        if not is_ours(name):
            with members.reading(name) as member:
                found[name] = file_sha256(member)
    return found


def link_faults(content: Content, previous: Content) -> list[str]:
    """What is wrong with the link of a package to the one that was sealed before it; both may be faulty otherwise."""
    try:
        manifest, before = open_package(content).manifest, open_package(previous).manifest
        link = manifest["previous"]
        if link is None:
            return ["chain: this package names no previous one"]
        key = package_key(before["period"], before["moment"])
        faults = []
        if link["key"] != key:
            faults.append(f"chain: the previous package is {link['key']}, the one given is {key}")
        if link["sha256"] != sha256_of(previous):
            faults.append(f"chain: {link['key']} was sealed with another SHA-256 than the package given has")
        if before["period"] != manifest["period"] or before["number"] >= manifest["number"]:
            faults.append("chain: the package given is not an earlier one of the same period")
        if before["rules_version"] != manifest["rules_version"]:
            faults.append(f"chain: the rules changed from {before['rules_version']} to {manifest['rules_version']}")
    except Unreadable as error:
        return [f"chain: {error}"]
    except (KeyError, TypeError, ValueError, InvalidInput) as error:
        return [f"chain: the link is not as the hub writes it: {error!r}"]
    return faults


def _signature_faults(package: Opened, public_key: str | None) -> list[str]:
    manifest, signature = package.manifest, package.signature
    faults = []
    if manifest["format"] not in READABLE:
        faults.append(f"format {manifest['format']!r} is not one of {', '.join(READABLE)}")
    if public_key is not None and signature["public_key"] != public_key:
        faults.append("signed with a key that is not the hub's")
    # The signature is over the file's own bytes: one that only reads the same (a key given twice) is another file.
    if package.manifest_bytes != canonical(manifest) or not holds(
        manifest, signature["signature"], signature["public_key"]
    ):
        faults.append("the signature does not fit the manifest")
    return faults


def _sm2_faults(package: Opened, sm2_key: str | None) -> list[str]:
    seal = package.signature.get("sm2")
    if seal is None:
        return [] if sm2_key is None else ["signature.json: there is no SM2 signature"]
    faults = [] if sm2_key in (None, seal["public_key"]) else ["signed with an SM2 key that is not the hub's"]
    if not sm2_holds(package.manifest, seal["signature"], seal["public_key"]):
        faults.append("the SM2 signature does not fit the manifest")
    return faults


def attachment_faults(package: Opened, name: str, source: IO[bytes]) -> list[str]:
    """What is wrong with a file that the package is said to have taken in; it is read bit by bit."""
    listed = package.manifest.get("attachments", [])
    seen = measured(source, table=False)
    found = {"bytes": seen.bytes, "sha256": seen.sha256, "sm3": seen.sm3}
    known = [each for each in listed if each["sha256"] == found["sha256"]]
    # Not by its content: then by its name, to say that it is another file by now.
    known = known or [each for each in listed if each["name"] == name]
    if not known:
        return [f"attachment {name}: not in the manifest, by content or by name"]
    return [f"attachment {name}: {what} differs from the manifest" for what in found if known[0][what] != found[what]]


def _file_faults(listed: list[dict[str, Any]], members: Members) -> list[str]:
    known = {entry["name"]: entry for entry in listed}
    faults = [f"{name}: in the manifest, not in the package" for name in sorted(known.keys() - members.keys())]
    faults += [f"{name}: in the package, not in the manifest" for name in sorted(members.keys() - known.keys())]
    for name in sorted(known.keys() & members.keys()):
        try:
            with members.reading(name) as member:
                found = {"name": name, **asdict(measured(member, table=is_table(name)))}
            differs = [what for what in found if known[name].get(what) != found[what]]
            # The rows first: where a list of faults is cut, they say the most.
            if is_table(name) and "merkle_root" in differs:
                faults += _named_rows(name, known, members)
            faults += [f"{name}: {what} differs from the manifest" for what in differs]
        except Unreadable as error:
            faults.append(str(error))
    return faults


def _named_rows(name: str, known: Mapping[str, dict[str, Any]], members: Members) -> list[str]:
    index = members.get(name + INDEX_SUFFIX, b"")
    # An index that was changed along with its table would name the wrong rows, or none.
    if known.get(name + INDEX_SUFFIX, {}).get("sha256") != sha256_of(index):
        return [f"{name}: its rows can't be named, since {name}{INDEX_SUFFIX} does not hold either"]
    leaves = merkle.leaf_hashes(merkle.rows_of(members[name]))
    return [f"{name}: {fault}" for fault in merkle.row_faults(leaves, index)]
