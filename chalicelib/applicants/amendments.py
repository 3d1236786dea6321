"""Changes to an applicant's particulars, each on record with what stood before and what after, sealed as it was."""

from __future__ import annotations

from collections.abc import Mapping

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.applicants.records import ApplicantRecord, applicant_pk
from chalicelib.kernel.tables import HubMeta, Transaction, table_name

AMENDABLE = (
    "sealed_name",
    "sealed_id_number",
    "sealed_phone",
    "name_lookup",
    "id_lookup",
    "phone_lookup",
    "content_lookup",
    "valid_from",
    "valid_until",
)
# A password's hash is taken away, not kept beside the new one.
_NEVER_KEPT = frozenset({"password_hash"})


class AmendmentRecord(Model):
    """One change of one applicant. ``by``: an operator, or the key of the list that brought it; never overwritten."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    code = UnicodeAttribute()
    at_ms = NumberAttribute()
    by = UnicodeAttribute()
    confirmed_by = UnicodeAttribute(default="")
    reason = UnicodeAttribute()
    before = JSONAttribute()
    after = JSONAttribute()


def amend(
    transaction: Transaction,
    known: ApplicantRecord,
    after: Mapping[str, object],
    *,
    by: str,
    reason: str,
    now_ms: int,
    confirmed_by: str = "",
    activated_too: bool = False,
    condition: Condition | None = None,
) -> None:
    """Put a change and its record into a transaction; it holds only while the applicant is as it was read.

    ``after``: attribute -> its value from now on. ``activated_too``: also for a bidder who has activated.
    ``condition``: what else must hold of the applicant.
    """
    changed = {name: value for name, value in after.items() if getattr(known, name) != value}
    record = AmendmentRecord(
        amendments_pk(known.period, known.code),
        f"{now_ms:015d}#{known.content_lookup[:16]}",
        code=known.code,
        at_ms=now_ms,
        by=by,
        confirmed_by=confirmed_by,
        reason=reason,
        before={name: getattr(known, name) for name in changed if name not in _NEVER_KEPT},
        after={name: value for name, value in changed.items() if name not in _NEVER_KEPT},
    )
    unmoved = ApplicantRecord.content_lookup == known.content_lookup
    if not activated_too:
        unmoved &= ApplicantRecord.activated_at_ms == 0
    if condition is not None:
        unmoved &= condition
    keys = ApplicantRecord(applicant_pk(known.period, known.code), known.code)
    transaction.update(keys, [getattr(ApplicantRecord, name).set(value) for name, value in changed.items()], unmoved)
    transaction.put(record, AmendmentRecord.pk.does_not_exist())


def amendments(period: str, code: str) -> list[AmendmentRecord]:
    """An applicant's changes, oldest first."""
    return list(AmendmentRecord.query(amendments_pk(period, code), consistent_read=True))


def amendments_pk(period: str, code: str) -> str:
    """The partition of an applicant's changes."""
    return f"{period}#amended#{code}"
