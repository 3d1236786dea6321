"""The sealed package: a zip whose bytes depend on its content only, with a manifest and a signature.

``manifest.json`` (canonical JSON) lists every file with its digests, of a table its Merkle root too, names what was
attached, and the package sealed before it, so that the packages of a period form a chain; ``signature.json`` is Ed25519
over the manifest's bytes, and by setting SM2 too. Beside each table lies the index by which a changed row is named.
``verify.py`` checks it all but the SM2 signature, which ``verify_sm2.py`` does where there is one.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from chalicelib.evidence.measuring import BLOCK_BYTES, Content, measured, opened
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
SM2_VERIFIER = "verify_sm2.py"
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


def pack(
    package: IO[bytes],
    period: str,
    moment: str,
    contents: Mapping[str, Content],
    *,
    previous: Previous | None,
    rules_version: str,
    signer: Signer,
    sm2: Sm2Signer | None = None,
    attachments: Sequence[Attachment] = (),
) -> None:
    """Write the package of these files (by name), each read twice and bit by bit.

    Raises ``InvalidInput`` for a moment or a file name that can't be.
    """
    wrong = [name for name in contents if _NAME.fullmatch(name) is None or is_ours(name)]
    if wrong:
        problems = tuple(Problem(0, "name", name[:100], "letters, digits, dot, hyphen, underscore") for name in wrong)
        raise InvalidInput("EVIDENCE_FILE_NAME", "封存文件名不符合要求", problems=problems)
    with ExitStack() as open_files:
        entries: list[dict[str, Any]] = []
        members: dict[str, Content] = {}
        for name in sorted(contents):
            index = open_files.enter_context(tempfile.TemporaryFile()) if is_table(name) else None
            entries.append(file_entry(name, contents[name], index))
            members[name] = contents[name]
            if index is not None:
                entries.append(file_entry(name + INDEX_SUFFIX, index))
                members[name + INDEX_SUFFIX] = index
        for name in (VERIFIER, SM2_VERIFIER)[: 1 if sm2 is None else 2]:
            members[name] = verifier_source(name)
            entries.append(file_entry(name, members[name]))
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
        _zip(package, {MANIFEST: canonical(manifest), SIGNATURE: canonical(signature), **members})


def is_ours(name: str) -> bool:
    """Whether a member is the package's own, not a file that was handed in to be sealed."""
    return name in (MANIFEST, SIGNATURE, VERIFIER, SM2_VERIFIER) or name.endswith(INDEX_SUFFIX)


@cache
def verifier_source(name: str = VERIFIER) -> bytes:
    """A verifier to ship: one file that needs Python alone, and nothing of the hub."""
    return Path(__file__).with_name(name).read_bytes()


def is_table(name: str) -> bool:
    """Whether a file's rows are leaves of a tree."""
    return name.endswith(TABLE_SUFFIX)


def file_entry(name: str, content: Content, index: IO[bytes] | None = None) -> dict[str, Any]:
    """What the manifest says of a file: name, bytes, SHA-256 and SM3 (hex); of a table its rows and Merkle root.

    The index of a table's rows is written to ``index``.
    """
    return {"name": name, **asdict(measured(opened(content), table=is_table(name), index=index))}


def _zip(package: IO[bytes], members: Mapping[str, Content]) -> None:
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in members.items():
            source = opened(content)
            # Stored, not deflated: another zlib would give other bytes, and the seal would differ.
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            info.file_size = source.seek(0, io.SEEK_END)
            with archive.open(info, "w") as member:
                shutil.copyfileobj(opened(content), member, BLOCK_BYTES)
