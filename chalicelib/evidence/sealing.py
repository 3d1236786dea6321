"""Sealing: a moment's files become one package that never changes, chained to the package before it."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.evidence import records
from chalicelib.evidence.package import Previous, build, number_of, package_key, sha256_of
from chalicelib.evidence.verifying import sealed_files, verify_package
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.files import Files
from chalicelib.kernel.signing import Signer


def seal(
    period: str,
    moment: str,
    contents: Mapping[str, bytes],
    *,
    rules_version: str,
    signer: Signer,
    files: Files,
    clock: Clock,
) -> dict[str, str]:
    """Seal a moment's files (name -> bytes) and return ``{"key", "sha256"}``; the same again is the same package.

    Raises ``Conflict`` where the moment was sealed with other content (``EVIDENCE_SEALED``; ``FILE_CHANGED`` where only
    its file was written), where the package is no longer what was sealed (``EVIDENCE_ALTERED``), or where a later
    moment was sealed already and the chain would not hold (``EVIDENCE_OUT_OF_ORDER``).
    """
    key = package_key(period, moment)
    sealed = records.find_seal(period, moment)
    if sealed is not None:
        return _again(sealed, contents, files)
    if any(number > number_of(moment) for number, _ in records.seals_of(period)):
        raise Conflict("EVIDENCE_OUT_OF_ORDER", f"后续节点已封存,不能再补封: {period} {moment}")
    package = build(
        period,
        moment,
        contents,
        previous=records.last_seal_before(period, moment),
        rules_version=rules_version,
        signer=signer,
    )
    sha256 = sha256_of(package)
    # The file first: a record always has its package, and after a break the same bytes are written again.
    files.write_once("evidence", key, package, "application/zip")
    records.save_seal(period, moment, sha256, clock.now_ms())
    return {"key": key, "sha256": sha256}


def standing(period: str, moment: str, *, signer: Signer, files: Files, clock: Clock) -> bool:
    """Whether a moment was sealed. Lists move on after their moment, so that they are not exported to be sealed again.

    A package whose record was never made, because the function ended in between, is recorded now. Raises ``Conflict``
    (``EVIDENCE_ALTERED``) where the package is no longer what was sealed.
    """
    key = package_key(period, moment)
    sealed = records.find_seal(period, moment)
    try:
        package = files.read("evidence", key)
    except NotFound:
        if sealed is None:
            return False
        raise
    if sealed is None:
        if verify_package(package, signer.public_key):
            raise _altered(key)
        records.save_seal(period, moment, sha256_of(package), clock.now_ms())
    elif sha256_of(package) != sealed.sha256:
        raise _altered(key)
    return True


def _altered(key: str) -> Conflict:
    return Conflict("EVIDENCE_ALTERED", f"证据包与封存时的摘要不符: {key}")


def _again(sealed: Previous, contents: Mapping[str, bytes], files: Files) -> dict[str, str]:
    """The package that stands, if it holds these files. It is not built anew: by now the hub may write another form."""
    package = files.read("evidence", sealed.key)
    if sha256_of(package) != sealed.sha256:
        raise _altered(sealed.key)
    if {name: sha256_of(content) for name, content in contents.items()} != sealed_files(package):
        raise Conflict("EVIDENCE_SEALED", f"该节点证据包已封存且内容不同: {sealed.key}")
    return {"key": sealed.key, "sha256": sealed.sha256}
