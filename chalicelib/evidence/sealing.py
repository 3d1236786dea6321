"""Sealing: a moment's files become one package that never changes, chained to the package before it."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.evidence import records
from chalicelib.evidence.package import MOMENTS, build, number_of, package_key, sha256_of
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict
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

    Raises ``Conflict`` where the moment was sealed with other content (``FILE_CHANGED``), or where a later moment was
    sealed already and the chain would not hold (``EVIDENCE_OUT_OF_ORDER``).
    """
    key = package_key(period, moment)
    sealed = records.find_seal(period, moment) is not None
    if not sealed and any(records.find_seal(period, later) for later in MOMENTS[number_of(moment) :]):
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
