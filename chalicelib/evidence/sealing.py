"""Sealing: a moment's files become one package that never changes, chained to the package before it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

from chalicelib.evidence import records
from chalicelib.evidence.archive import locked_until
from chalicelib.evidence.attachments import attached_since
from chalicelib.evidence.measuring import Content, sha256_of
from chalicelib.evidence.package import number_of, pack, package_key
from chalicelib.evidence.verifying import open_package, sealed_files, verify_package
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.files import Files
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.sm2 import Sm2Signer


def seal(
    period: str,
    moment: str,
    contents: Mapping[str, Content],
    *,
    rules_version: str,
    signer: Signer,
    files: Files,
    clock: Clock,
    sm2: Sm2Signer | None = None,
    lock_by_class: bool = False,
) -> dict[str, str]:
    """Seal a moment's files (by name), and what was attached to the period since the package before.

    ``lock_by_class``: nobody can remove it before the law's longest term for what is in it, rather than the bucket's.
    Returns ``{"key", "sha256"}``; the same again is the same package. Raises ``Conflict`` where the moment was sealed
    with other content (``EVIDENCE_SEALED``), where the package is no longer what was sealed (``EVIDENCE_ALTERED``), or
    where a later moment was sealed already and the chain would not hold (``EVIDENCE_OUT_OF_ORDER``).
    """
    key = package_key(period, moment)
    # One whose record was never made, because the function ended in between, is recorded first: built anew it could
    # have other bytes, and the file that is there can never be replaced.
    if standing(period, moment, signer=signer, files=files, clock=clock):
        return _again(key, contents, files)
    if any(number > number_of(moment) for number, _ in records.seals_of(period)):
        raise Conflict("EVIDENCE_OUT_OF_ORDER", f"后续节点已封存,不能再补封: {period} {moment}")
    attached = attached_since(period)
    with tempfile.TemporaryFile() as package:
        pack(
            package,
            period,
            moment,
            contents,
            previous=records.last_seal_before(period, moment),
            rules_version=rules_version,
            signer=signer,
            sm2=sm2,
            attachments=attached,
        )
        # The file first: a record always has its package.
        until = locked_until(period, contents) if lock_by_class else None
        files.write_once("evidence", key, package, "application/zip", locked_until=until)
        sha256 = sha256_of(package)
    records.save_seal(period, moment, sha256, [each.sha256 for each in attached], clock.now_ms())
    return {"key": key, "sha256": sha256}


def standing(period: str, moment: str, *, signer: Signer, files: Files, clock: Clock) -> bool:
    """Whether a moment was sealed. Lists move on after their moment, so that they are not exported to be sealed again.

    A package whose record was never made, because the function ended in between, is recorded now. Raises ``Conflict``
    (``EVIDENCE_ALTERED``) where the package is no longer what was sealed.
    """
    key = package_key(period, moment)
    sealed = records.find_seal(period, moment)
    try:
        package = files.fetch("evidence", key)
    except NotFound:
        if sealed is None:
            return False
        raise
    with package:
        sha256 = sha256_of(package)
        if sealed is None:
            if verify_package(package, signer.public_key):
                raise _altered(key)
            attached = [each["sha256"] for each in open_package(package).manifest.get("attachments", ())]
            records.save_seal(period, moment, sha256, attached, clock.now_ms())
        elif sha256 != sealed.sha256:
            raise _altered(key)
    return True


def _altered(key: str) -> Conflict:
    return Conflict("EVIDENCE_ALTERED", f"证据包与封存时的摘要不符: {key}")


def _again(key: str, contents: Mapping[str, Content], files: Files) -> dict[str, str]:
    """The package that stands, if it holds these files. It is not built anew: by now the hub may write another form."""
    with files.fetch("evidence", key) as package:
        if {name: sha256_of(content) for name, content in contents.items()} != sealed_files(package):
            raise Conflict("EVIDENCE_SEALED", f"该节点证据包已封存且内容不同: {key}")
        return {"key": key, "sha256": sha256_of(package)}
