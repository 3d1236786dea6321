"""The sealed package: a zip whose bytes depend on its content only, with a manifest and a signature. Pure.

``manifest.json`` (canonical JSON) lists every file with its digests, of a table its Merkle root too, names what was
attached, and the package sealed before it, so that the packages of a period form a chain; ``signature.json`` is Ed25519
over the manifest's bytes, and by setting SM2 too. Beside each table lies the index by which a changed row is named, and
``verify.py`` checks it all but the SM2 signature.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.evidence import merkle
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.sm2 import Sm2Signer

FORMAT = "hangpai-evidence/4"
# 3 knew no attachments and no second signature.
READABLE = ("hangpai-evidence/3", FORMAT)
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
VERIFIER = "verify.py"
TABLE_SUFFIX = ".csv"
INDEX_SUFFIX = ".leaves"
# The order in which a period's packages are sealed (domain.md; S 5.1 and 5.3).
MOMENTS = ("applicants", "deposits", "qualification", "auction", "settlement", "month")

# A zip can't tell an earlier time; with one fixed time the same content gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)
# What came after the month was sealed, one package an amendment of finance's files (docs/decisions/0034).
_AMENDMENT = re.compile(r"amendment-([1-9][0-9]{0,2})", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True, order=True)
class Previous:
    """The package that was sealed before this one."""

    key: str
    sha256: str


@dataclass(frozen=True, order=True)
class Attachment:
    """A file that was taken in by its digests: a notary's video, scanned minutes. It may lie with the hub or not."""

    name: str
    kind: str
    bytes: int
    sha256: str
    sm3: str


def number_of(moment: str) -> int:
    """The place of a moment in the period, from 1; amendments follow the month's end. Raises ``InvalidInput``
    (``MOMENT_UNKNOWN``)."""
    if amendment := _AMENDMENT.fullmatch(moment):
        return len(MOMENTS) + int(amendment[1])
    if moment not in MOMENTS:
        problem = Problem(0, "moment", moment[:40], f"one of {', '.join(MOMENTS)}, or amendment-1 and so on")
        raise InvalidInput("MOMENT_UNKNOWN", f"没有该封存节点: {moment[:40]}", problems=(problem,))
    return MOMENTS.index(moment) + 1


def package_key(period: str, moment: str) -> str:
    """Where a package lies in the evidence bucket."""
    return f"{period}/{number_of(moment)}-{moment}.zip"


def build(
    period: str,
    moment: str,
    contents: Mapping[str, bytes],
    *,
    previous: Previous | None,
    rules_version: str,
    signer: Signer,
    sm2: Sm2Signer | None = None,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The package's bytes. Raises ``InvalidInput`` for a moment or a file name that can't be."""
    wrong = [name for name in contents if _NAME.fullmatch(name) is None or is_ours(name)]
    if wrong:
        problems = tuple(Problem(0, "name", name[:100], "letters, digits, dot, hyphen, underscore") for name in wrong)
        raise InvalidInput("EVIDENCE_FILE_NAME", "封存文件名不符合要求", problems=problems)
    entries, members = [], {}
    for name in sorted(contents):
        leaves = leaves_of(name, contents[name])
        entries.append(file_entry(name, contents[name], leaves))
        members[name] = contents[name]
        if leaves is not None:
            members[name + INDEX_SUFFIX] = merkle.index_of(leaves)
            entries.append(file_entry(name + INDEX_SUFFIX, members[name + INDEX_SUFFIX]))
    members[VERIFIER] = verifier_source()
    entries.append(file_entry(VERIFIER, members[VERIFIER]))
    manifest = {
        "format": FORMAT,
        "period": period,
        "moment": moment,
        "number": number_of(moment),
        "rules_version": rules_version,
        "previous": {"key": previous.key, "sha256": previous.sha256} if previous else None,
        "files": entries,
        "attachments": [asdict(each) for each in sorted(attachments)],
    }
    signature: dict[str, Any] = {
        "algorithm": "Ed25519",
        "public_key": signer.public_key,
        "signature": signer.sign(manifest),
    }
    if sm2 is not None:
        signature["sm2"] = {"public_key": sm2.public_key, "signature": sm2.sign(manifest)}
    return _zip({MANIFEST: canonical(manifest), SIGNATURE: canonical(signature), **members})


def is_ours(name: str) -> bool:
    """Whether a member is the package's own, not a file that was handed in to be sealed."""
    return name in (MANIFEST, SIGNATURE, VERIFIER) or name.endswith(INDEX_SUFFIX)


@cache
def verifier_source() -> bytes:
    """The second verifier: one file that needs Python alone, and nothing of the hub."""
    return Path(__file__).with_name(VERIFIER).read_bytes()


def sha256_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def leaves_of(name: str, content: bytes) -> list[bytes] | None:
    """The hashes of a table's rows; ``None`` for anything else."""
    return merkle.leaf_hashes(merkle.rows_of(content)) if name.endswith(TABLE_SUFFIX) else None


def file_entry(name: str, content: bytes, leaves: Sequence[bytes] | None = None) -> dict[str, Any]:
    """What the manifest says of a file: name, bytes, SHA-256 and SM3 (hex); of a table its rows and Merkle root."""
    return {
        "name": name,
        "bytes": len(content),
        "rows": None if leaves is None else len(leaves),
        "merkle_root": None if leaves is None else merkle.root(leaves).hex(),
        "sha256": sha256_of(content),
        "sm3": hashlib.new("sm3", content).hexdigest(),
    }


def _zip(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            # Stored, not deflated: another zlib would give other bytes, and the seal would differ.
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content, zipfile.ZIP_STORED)
    return packed.getvalue()
