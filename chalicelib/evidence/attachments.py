"""Attachments: a notary's video, scanned minutes. They are taken in by digest and named by the next package's manifest.

A file that is also to lie with the hub is put, by whoever has it, straight into the evidence bucket: S3 takes nothing
under its address but bytes of the SHA-256 that was registered, and nothing twice (docs/decisions/0070).
"""

from __future__ import annotations

import re
from typing import Any

from chalicelib.evidence import records
from chalicelib.evidence.package import MOMENTS, Attachment
from chalicelib.evidence.records import AttachmentRecord
from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.files import Files
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor, commit_noted

KINDS = ("video", "audio", "scan", "photo", "other")
# What one PUT to S3 takes.
UPLOAD_BYTES_MAX = 5 * 1024**3
ATTACHMENTS_MAX = 100
UPLOAD_SECONDS = 3_600

_BYTES_MAX = 1 << 50
_SHAPES = {
    # No folder, no control character, nothing that a disc or Windows can't hold.
    "name": (re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|;]{1,100}"), "a file name of up to 100 characters"),
    "kind": (re.compile("|".join(KINDS)), f"one of {', '.join(KINDS)}"),
    "sha256": (re.compile(r"[0-9a-f]{64}"), "the file's SHA-256, 64 hex digits in lower case"),
    "sm3": (re.compile(r"[0-9a-f]{64}"), "the file's SM3, 64 hex digits in lower case"),
}


def attachment_of(body: dict[str, Any]) -> Attachment:
    """``{name, kind, bytes, sha256, sm3}``. Raises ``InvalidInput`` (``ATTACHMENT_INVALID``) with each field."""
    problems = [
        Problem(0, field, str(body.get(field))[:40], remedy)
        for field, (shape, remedy) in _SHAPES.items()
        if not isinstance(body.get(field), str) or shape.fullmatch(body[field]) is None
    ]
    size = body.get("bytes")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size < _BYTES_MAX:
        problems.append(Problem(0, "bytes", str(size)[:40], "the file's length, a whole number above 0"))
    if problems:
        named = ", ".join(problem.field for problem in problems)
        raise InvalidInput("ATTACHMENT_INVALID", f"附件登记字段不正确: {named}", problems=tuple(problems))
    return Attachment(**{field: body[field] for field in ("name", "kind", "bytes", "sha256", "sm3")})


def register(period: str, attachment: Attachment, actor: Actor) -> None:
    """Take an attachment in; the same again changes nothing.

    Raises ``Conflict``: ``ATTACHMENT_KNOWN`` where the file was registered as another, ``ATTACHMENTS_FULL``, and
    ``EVIDENCE_CLOSED`` once the month's last package was sealed, since no package would name it.
    """
    standing = {each.sha256: each for each in _attached(period)}
    if (known := standing.get(attachment.sha256)) is not None:
        _same(known, attachment)
        return
    if len(standing) >= ATTACHMENTS_MAX:
        raise Conflict("ATTACHMENTS_FULL", f"本期附件已达 {ATTACHMENTS_MAX} 件")
    if any(number >= len(MOMENTS) for number, _ in records.seals_of(period)):
        raise Conflict("EVIDENCE_CLOSED", f"{period} 期证据已封存完毕,请登记到当前期")
    record = AttachmentRecord(
        _pk(period),
        attachment.sha256,
        name=attachment.name,
        kind=attachment.kind,
        bytes=attachment.bytes,
        sm3=attachment.sm3,
        by=actor.name,
        at_ms=actor.at_ms,
    )
    transaction = Transaction()
    transaction.put(record, AttachmentRecord.pk.does_not_exist())
    told = {"kind": attachment.kind, "bytes": attachment.bytes, "sm3": attachment.sm3}
    if not commit_noted(transaction, actor, Act("attachment.register", f"{period} {attachment.sha256}", {}, told)):
        _same(_of(AttachmentRecord.get(_pk(period), attachment.sha256, consistent_read=True)), attachment)


def upload_of(period: str, attachment: Attachment, files: Files) -> dict[str, Any] | None:
    """How to put the file: ``{url, headers}`` of one PUT, good for an hour; ``None`` where one PUT can't take it."""
    if attachment.bytes > UPLOAD_BYTES_MAX:
        return None
    key = attachment_key(period, attachment.sha256)
    url, headers = files.upload_link("evidence", key, attachment.sha256, attachment.bytes, UPLOAD_SECONDS)
    return {"url": url, "headers": headers}


def listing(period: str, files: Files) -> list[dict[str, Any]]:
    """A period's attachments: what was registered, ``upload`` (``none``, ``arrived``, or ``differs`` where what lies
    there is not what was registered) and ``sealed_in``, the package that names it."""
    sealed = records.attached_in(period)
    shown = []
    for each in sorted(_attached(period)):
        found = files.checksum("evidence", attachment_key(period, each.sha256))
        state = "none" if found is None else "arrived" if found == (each.bytes, each.sha256) else "differs"
        fields = {"name": each.name, "kind": each.kind, "bytes": each.bytes, "sha256": each.sha256, "sm3": each.sm3}
        shown.append({**fields, "upload": state, "sealed_in": sealed.get(each.sha256)})
    return shown


def attached_since(period: str) -> list[Attachment]:
    """What was registered and stands in no package yet."""
    sealed = records.attached_in(period)
    return [each for each in _attached(period) if each.sha256 not in sealed]


def attachment_key(period: str, sha256: str) -> str:
    """Where an attachment lies in the evidence bucket."""
    return f"attachments/{period}/{sha256}"


def _attached(period: str) -> list[Attachment]:
    return [_of(record) for record in AttachmentRecord.query(_pk(period), consistent_read=True)]


def _of(record: AttachmentRecord) -> Attachment:
    return Attachment(record.name, record.kind, int(record.bytes), record.sk, record.sm3)


def _same(known: Attachment, attachment: Attachment) -> None:
    if known != attachment:
        raise Conflict("ATTACHMENT_KNOWN", "该附件已登记,且名称、类别、长度或 SM3 不同")


def _pk(period: str) -> str:
    return f"{period}#attachments"
