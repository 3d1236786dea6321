"""What was sealed when, one item a package."""

from __future__ import annotations

from collections.abc import Iterable

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.models import Model

from chalicelib.evidence.package import Previous, number_of, package_key
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import HubMeta, table_name


class SealRecord(Model):
    """A sealed package: where it lies and its digest."""

    class Meta(HubMeta):
        """Table and region."""

        table_name = table_name("EVIDENCE_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    key = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    sealed_at_ms = NumberAttribute()
    # SHA-256 of what was attached; the manifest says the rest.
    attached = ListAttribute(of=UnicodeAttribute, default=list)


class AttachmentRecord(Model):
    """A file that was taken in by its digests. ``pk`` is the period's, ``sk`` the file's SHA-256."""

    class Meta(HubMeta):
        """Table and region."""

        table_name = table_name("EVIDENCE_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    bytes = NumberAttribute()
    sm3 = UnicodeAttribute()
    by = UnicodeAttribute()
    at_ms = NumberAttribute()


def find_seal(period: str, moment: str) -> Previous | None:
    """The package of a moment; ``None`` where none has been sealed."""
    try:
        record = SealRecord.get(period, f"{number_of(moment)}-{moment}", consistent_read=True)
    except DoesNotExist:
        return None
    return Previous(record.key, record.sha256)


def last_seal_before(period: str, moment: str) -> Previous | None:
    """The latest package among the moments before this one."""
    before = [(number, seal) for number, seal in seals_of(period) if number < number_of(moment)]
    return before[-1][1] if before else None


def seals_of(period: str) -> list[tuple[int, Previous]]:
    """A period's packages with their numbers, in their order."""
    found = SealRecord.query(period, consistent_read=True)
    return sorted((int(record.sk.partition("-")[0]), Previous(record.key, record.sha256)) for record in found)


def attached_in(period: str) -> dict[str, str]:
    """SHA-256 of what was sealed as an attachment -> the package that names it."""
    found = SealRecord.query(period, consistent_read=True)
    return {str(sha256): record.key for record in found for sha256 in record.attached}


def save_seal(period: str, moment: str, sha256: str, attached: Iterable[str], sealed_at_ms: int) -> None:
    """Record a package once, with the SHA-256 of what it names as attached; the same again keeps the first time.

    Raises ``Conflict`` (``EVIDENCE_SEALED``) where another one was recorded.
    """
    record = SealRecord(
        period,
        f"{number_of(moment)}-{moment}",
        key=package_key(period, moment),
        sha256=sha256,
        sealed_at_ms=sealed_at_ms,
        attached=list(attached),
    )
    try:
        record.save(SealRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        standing = find_seal(period, moment)
        if standing is None or standing.sha256 != sha256:
            raise Conflict("EVIDENCE_SEALED", f"该节点证据包已封存且内容不同: {period} {moment}") from error
