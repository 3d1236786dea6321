"""What is kept of an applicant, one item a code and period, and an index of names for payments without a code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.applicants.rules import WITHDRAWN
from chalicelib.bidding.voiding import void_sessions
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, commit_noted, committed

AUDIT_OPEN, AUDIT_PASSED, AUDIT_FAILED = "", "passed", "failed"

_CONDITION_FAILED = "ConditionalCheckFailedException"


class ApplicantRecord(Model):
    """One application code (申请编码) in one period. Personal data is sealed; look-ups are keyed hashes of it."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    code = UnicodeAttribute()
    bidder_class = UnicodeAttribute()
    id_type = UnicodeAttribute()
    sealed_name = UnicodeAttribute()
    sealed_id_number = UnicodeAttribute()
    sealed_phone = UnicodeAttribute()
    name_lookup = UnicodeAttribute()
    id_lookup = UnicodeAttribute()
    phone_lookup = UnicodeAttribute()
    content_lookup = UnicodeAttribute()
    valid_from = UnicodeAttribute()
    valid_until = UnicodeAttribute()
    audit = UnicodeAttribute(default=AUDIT_OPEN)
    audit_reason = UnicodeAttribute(default="")
    qualified = BooleanAttribute(default=False)
    refusal = UnicodeAttribute(default="")
    activated_at_ms = NumberAttribute(default=0)
    rollover = BooleanAttribute(default=False)
    password_hash = UnicodeAttribute(default="")
    locked = BooleanAttribute(default=False)
    # Who activated on the spot for the bidder; empty where the bidder did it alone.
    activated_by = UnicodeAttribute(default="")
    withdrawn_at_ms = NumberAttribute(default=0)
    withdrawn_by = UnicodeAttribute(default="")
    withdrawal_reason = UnicodeAttribute(default="")
    # Sessions that were opened as of an earlier value open nothing any more; a bidder's own item in the bids table says
    # the same for bids (``end_sessions``).
    sessions_from_ms = NumberAttribute(default=0)

    @property
    def withdrawn(self) -> bool:
        """Whether the application was taken back; ``withdrawn_at_ms`` is 0 until then."""
        return self.withdrawn_at_ms > 0

    @property
    def activated(self) -> bool:
        """Whether the bidder took up the right to bid; ``activated_at_ms`` is 0 until then."""
        return self.activated_at_ms > 0

    def name(self, vault: Vault) -> str:
        """The name in clear; only for the party that needs it."""
        return vault.open(self.sealed_name, owner_of(self.period, self.code))

    def id_number(self, vault: Vault) -> str:
        """The ID card or unit code in clear."""
        return vault.open(self.sealed_id_number, owner_of(self.period, self.code))

    def phone(self, vault: Vault) -> str:
        """The registered phone in clear."""
        return vault.open(self.sealed_phone, owner_of(self.period, self.code))


class ApplicantNameRecord(Model):
    """Says that a code was listed under a name; true only while the applicant's own record agrees."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class ApplicantPhoneRecord(Model):
    """Says that a code was listed with a phone; true only while the applicant's own record agrees."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


def owner_of(period: str, code: str) -> str:
    """The owner that an applicant's sealed fields are bound to."""
    return f"{period}/{code}"


def applicant_pk(period: str, code: str) -> str:
    """The partition key of an applicant's item."""
    return f"{period}#{shard_of(code)}"


def name_pk(period: str, name_lookup: str) -> str:
    """The partition key of the codes listed under a name."""
    return f"{period}#name#{name_lookup}"


def phone_entry(period: str, code: str, phone_lookup: str) -> ApplicantPhoneRecord:
    """The entry by which a code is found for a phone, for the hotline."""
    return ApplicantPhoneRecord(f"{period}#phone#{phone_lookup}", code)


def name_key(name: str) -> str:
    """A name as it is compared: width, case and spaces do not tell two names apart (NFKC).

    Banks write 杭州某某（集团）有限公司 with brackets of either width.
    """
    return "".join(unicodedata.normalize("NFKC", name).split()).upper()


def name_lookup(vault: Vault, name: str) -> str:
    """The keyed hash under which a name, an applicant's or a payer's, is found."""
    return vault.lookup("name", name_key(name))


def find(period: str, code: str) -> ApplicantRecord | None:
    """The applicant, read consistently; ``None`` where the code is not on the period's list."""
    try:
        return ApplicantRecord.get(applicant_pk(period, code), code, consistent_read=True)
    except DoesNotExist:
        return None


def get(period: str, code: str) -> ApplicantRecord:
    """The applicant; ``NotFound`` (``APPLICANT_UNKNOWN``) where the code is not on the period's list."""
    record = find(period, code)
    if record is None:
        raise NotFound("APPLICANT_UNKNOWN", "申请编码不在本期申请人名单中")
    return record


def listed(period: str) -> Iterator[ApplicantRecord]:
    """Every applicant of a period, shard by shard; not sorted."""
    for shard in SHARDS:
        yield from ApplicantRecord.query(f"{period}#{shard}", consistent_read=True)


def codes_named(period: str, lookup: str) -> list[str]:
    """The codes whose applicant bears a name, sorted. ``lookup`` comes from ``name_lookup``."""
    candidates = [entry.sk for entry in ApplicantNameRecord.query(name_pk(period, lookup), consistent_read=True)]
    found = (find(period, code) for code in candidates)
    return sorted(record.code for record in found if record is not None and record.name_lookup == lookup)


def codes_phoned(period: str, lookup: str) -> list[str]:
    """The codes that a phone is registered for, sorted. ``lookup`` is the vault's of ``phone``."""
    entries = ApplicantPhoneRecord.query(f"{period}#phone#{lookup}", consistent_read=True)
    found = (find(period, entry.sk) for entry in entries)
    return sorted(record.code for record in found if record is not None and record.phone_lookup == lookup)


def set_qualification(
    period: str, code: str, *, audit: str, audit_reason: str, qualified: bool, refusal: str
) -> ApplicantRecord:
    """Write down the audit's word and what follows from it; the same again changes nothing.

    Raises ``NotFound`` for a code that is not listed, ``Conflict`` (``QUALIFICATION_FIXED``) where the bidder has
    already activated and would lose the qualification.
    """
    actions = [
        ApplicantRecord.audit.set(audit),
        ApplicantRecord.audit_reason.set(audit_reason),
        ApplicantRecord.qualified.set(qualified),
        ApplicantRecord.refusal.set(refusal),
    ]
    condition = ApplicantRecord.pk.exists()
    standing = find(period, code)
    if standing is not None and standing.withdrawn:
        # Taken back before the audit's word came: the word is kept, and gives no right to bid.
        actions[2:] = [ApplicantRecord.qualified.set(False), ApplicantRecord.refusal.set(WITHDRAWN)]
    elif not qualified:
        condition &= ApplicantRecord.activated_at_ms == 0
    changed = change(period, code, actions, condition)
    if changed is None:
        get(period, code)
        raise Conflict("QUALIFICATION_FIXED", "竞买人已激活,资格审核结果不能再改为不通过")
    return changed


def lock(period: str, code: str, transaction: Transaction | None = None) -> None:
    """Lock a defaulter out, alone or as part of a transaction; a locked one stays locked."""
    if transaction is not None:
        keys = ApplicantRecord(applicant_pk(period, code), code)
        transaction.update(keys, [ApplicantRecord.locked.set(True)], ApplicantRecord.pk.exists())
    elif change(period, code, [ApplicantRecord.locked.set(True)], ApplicantRecord.pk.exists()) is None:
        get(period, code)


def end_sessions(transaction: Transaction, applicant: ApplicantRecord, now_ms: int) -> int:
    """End every session of an applicant's, account and bid, with a transaction that also sets ``sessions_from_ms``.

    Returns what to set it to. Whoever signs in at the same moment has read the record before or after, not by a clock.
    """
    sessions_from_ms = max(now_ms, int(applicant.sessions_from_ms) + 1)
    void_sessions(
        transaction, applicant.period, applicant.bidder_class, applicant.code, sessions_from_ms=sessions_from_ms
    )
    return sessions_from_ms


def change(
    period: str,
    code: str,
    actions: Sequence[Action],
    condition: Condition,
    noted: tuple[Actor, Act] | None = None,
    *,
    beside: Transaction | None = None,
) -> ApplicantRecord | None:
    """Change an applicant in place and return the new state; ``None`` where the condition does not hold.

    ``noted``: the operator whose act it is, and the act, for the audit trail; both or neither are written. ``beside``:
    what else is written with it or not at all.
    """
    record = ApplicantRecord(applicant_pk(period, code), code)
    if noted is not None or beside is not None:
        transaction = beside or Transaction()
        transaction.update(record, actions, condition)
        done = commit_noted(transaction, *noted) if noted else committed(transaction)
        return get(period, code) if done else None
    try:
        record.update(list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return None
        raise
    return record
