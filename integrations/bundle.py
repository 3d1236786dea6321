"""Files of the hub's own make for who has none: one line of JSON, then the messages, byte for byte. Pure.

A batch as it is approved and frozen, and what was fetched from the counterparty, are such files. The head names each
part and its length; what the counterparty wrote stays as it wrote it, for evidence.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash

from chalicelib.kernel.errors import FileRefused, Problem
from chalicelib.kernel.json_text import read_json

HEAD_BYTES_MAX = 4_194_304
_SIDECAR = re.compile(rb"([0-9a-fA-F]{64})(?:[ \t]+[^\r\n]*)?[\r\n]*")


@dataclass(frozen=True)
class Part:
    """One message in a file, and what the head says of it."""

    facts: Mapping[str, Any]
    content: bytes


@dataclass(frozen=True)
class Bundle:
    """A file taken apart."""

    facts: Mapping[str, Any]
    parts: tuple[Part, ...]


def sm3(content: bytes) -> str:
    """SM3 (GB/T 32905) as 64 hex digits."""
    digest = Hash(SM3())
    digest.update(content)
    return digest.finalize().hex()


def check_digest(content: bytes, sidecar: bytes) -> None:
    """Hold a file to its sidecar. Raises ``FileRefused`` (``SIDECAR_UNREADABLE``, ``DIGEST_DIFFERS``)."""
    told = _SIDECAR.fullmatch(sidecar)
    if told is None:
        raise FileRefused("SIDECAR_UNREADABLE", "摘要文件格式不正确")
    if not hmac.compare_digest(told[1].decode().lower(), sm3(content)):
        raise FileRefused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致")


def write_bundle(kind: str, facts: Mapping[str, Any], parts: Sequence[Part]) -> bytes:
    """The same facts and parts always give the same bytes."""
    listed = [{**part.facts, "length": len(part.content)} for part in parts]
    head = {"kind": kind, **facts, "parts": listed}
    line = json.dumps(head, separators=(",", ":"), sort_keys=True)
    return line.encode("ascii") + b"\n" + b"".join(part.content for part in parts)


def read_bundle(content: bytes, kind: str, bytes_max: int) -> Bundle:
    """Take a file apart. Raises ``FileRefused`` (``FILE_TOO_LARGE``, ``FILE_INVALID``)."""
    if len(content) > bytes_max:
        raise FileRefused("FILE_TOO_LARGE", f"文件超过 {bytes_max} 字节")
    line, newline, rest = content.partition(b"\n")
    if not newline or len(line) > HEAD_BYTES_MAX:
        raise _invalid("a head in one line, then the messages")
    try:
        head = read_json(line)
        if head["kind"] != kind:
            raise _invalid(f"a file of kind {kind}")
        parts = tuple(_cut(head.pop("parts"), rest))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _invalid("a head that is JSON and names each part and its length") from None
    return Bundle(head, parts)


def _cut(listed: Sequence[Mapping[str, Any]], rest: bytes) -> list[Part]:
    parts, start = [], 0
    for facts in listed:
        length = facts["length"]
        if type(length) is not int or not 0 <= length <= len(rest) - start:
            raise ValueError("length")
        parts.append(
            Part({name: fact for name, fact in facts.items() if name != "length"}, rest[start : start + length])
        )
        start += length
    if start != len(rest):
        raise ValueError("length")
    return parts


def _invalid(remedy: str) -> FileRefused:
    return FileRefused("FILE_INVALID", "文件头不正确", problems=(Problem(1, "(head)", "", remedy),))


def fact(facts: Mapping[str, Any], name: str, kind: type) -> Any:
    """A fact of the head, of the kind that it must have. Raises ``FileRefused`` (``FILE_INVALID``)."""
    value = facts.get(name)
    if type(value) is not kind:
        raise _invalid(f"{name}: a JSON {kind.__name__}")
    return value
