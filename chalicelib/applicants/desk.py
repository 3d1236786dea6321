"""What operators do for an applicant: withdrawal, longer validity, activation on the spot; by two people, a new phone
or a lost password.

Who did it, when and why stands on the applicant's own record or in the amendments, sealed where it is personal.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import date

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.models import Model

from chalicelib.applicants.activation import check_activation_window, check_password, take_up
from chalicelib.applicants.amendments import amend
from chalicelib.applicants.records import (
    WITHDRAWN,
    ApplicantRecord,
    change,
    end_sessions,
    get,
    owner_of,
)
from chalicelib.kernel.errors import InvalidInput, NotAllowed, NotFound, Problem, TooEarlyOrLate
from chalicelib.kernel.ids import Entropy, id_from
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.plan import Plan

PHONE, PASSWORD = "phone", "password"
KINDS = (PHONE, PASSWORD)
WAITING, CONFIRMED = "waiting", "confirmed"


class DeskRecord(Model):
    """A change that one operator proposed and another confirms; a later proposal for the code takes its place."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="change")
    change_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    sealed_phone = UnicodeAttribute(default="")
    phone_lookup = UnicodeAttribute(default="")
    reason = UnicodeAttribute()
    proposed_by = UnicodeAttribute()
    proposed_at_ms = NumberAttribute()
    state = UnicodeAttribute(default=WAITING)
    confirmed_by = UnicodeAttribute(default="")
    confirmed_at_ms = NumberAttribute(default=0)


def propose_change(period: str, code: str, kind: str, *, phone: str, reason: str, actor: Actor, vault: Vault) -> str:
    """Write down that a bidder's phone or password is to be changed, and return the proposal's id.

    ``phone``: the new one; empty for a password. Nothing changes yet. Raises ``NotFound``.
    """
    get(period, code)
    change_id = id_from("desk", period, code, kind, actor.name, actor.at_ms)
    record = DeskRecord(
        desk_pk(period, code),
        change_id=change_id,
        kind=kind,
        reason=reason,
        proposed_by=actor.name,
        proposed_at_ms=actor.at_ms,
    )
    if kind == PHONE:
        record.sealed_phone = vault.seal(phone, owner_of(period, code))
        record.phone_lookup = vault.lookup("phone", phone)
    transaction = Transaction()
    transaction.put(record)
    note(transaction, actor, _act("propose_change", period, code, {}, {"change_id": change_id, "kind": kind}))
    transaction.commit()
    return change_id


def confirm_change(period: str, code: str, change_id: str, *, actor: Actor) -> ApplicantRecord:
    """A second person's word: the change is made, and every session from before is void. Again changes nothing.

    Raises ``NotFound`` (``CHANGE_UNKNOWN``), ``NotAllowed`` (``OWN_CHANGE``) or ``Conflict`` where it has moved on.
    """
    proposed = _proposed(period, code, change_id)
    if proposed.proposed_by == actor.name:
        raise NotAllowed("OWN_CHANGE", "本人提出的变更须由另一名工作人员确认")
    applicant = get(period, code)
    if proposed.state == CONFIRMED:
        return applicant
    transaction = Transaction()
    after: dict[str, object] = {"sessions_from_ms": end_sessions(transaction, applicant, actor.at_ms)}
    if proposed.kind == PHONE:
        after |= {"sealed_phone": proposed.sealed_phone, "phone_lookup": proposed.phone_lookup}
    else:
        after |= {"password_hash": ""}
    amend(
        transaction,
        applicant,
        after,
        by=proposed.proposed_by,
        reason=f"{proposed.kind}: {proposed.reason}",
        now_ms=actor.at_ms,
        confirmed_by=actor.name,
        activated_too=True,
    )
    transaction.update(
        DeskRecord(desk_pk(period, code), "change"),
        [
            DeskRecord.state.set(CONFIRMED),
            DeskRecord.confirmed_by.set(actor.name),
            DeskRecord.confirmed_at_ms.set(actor.at_ms),
        ],
        (DeskRecord.change_id == change_id) & (DeskRecord.state == WAITING),
    )
    asked = {"change_id": change_id, "kind": proposed.kind, "proposed_by": proposed.proposed_by, "state": WAITING}
    note(transaction, actor, _act("confirm_change", period, code, asked, {"change_id": change_id, "state": CONFIRMED}))
    transaction.commit()
    return get(period, code)


def activate_on_site(
    plan: Plan,
    code: str,
    id_number: str,
    password: str,
    *,
    rollover: bool,
    actor: Actor,
    vault: Vault,
    entropy: Entropy,
) -> ApplicantRecord:
    """The bidder is present and has shown the ID that the operator typed in: activated without a phone, on record.

    Raises what ``activate`` does, or ``NotAllowed`` (``ID_DIFFERS``).
    """
    check_activation_window(plan, actor.at_ms)
    check_password(password)
    applicant = get(plan.period, code)
    if not hmac.compare_digest(applicant.id_lookup, vault.lookup("id", id_number.strip().upper())):
        raise NotAllowed("ID_DIFFERS", "出示的证件号码与登记信息不一致")
    return take_up(applicant, password, rollover=rollover, now_ms=actor.at_ms, entropy=entropy, before=actor)


def withdraw(plan: Plan, code: str, reason: str, *, actor: Actor) -> ApplicantRecord:
    """The application is taken back: no right to bid, no rollover, no session. Again changes nothing; can't be undone.

    Raises ``TooEarlyOrLate`` (``AUCTION_OPEN``) from the auction's opening on, ``NotFound``.
    """
    if actor.at_ms >= plan.at("auction_opens"):
        raise TooEarlyOrLate("AUCTION_OPEN", "竞价开始后不能撤回申请")
    standing, transaction = get(plan.period, code), Transaction()
    actions = [
        ApplicantRecord.sessions_from_ms.set(end_sessions(transaction, standing, actor.at_ms)),
        ApplicantRecord.withdrawn_at_ms.set(actor.at_ms),
        ApplicantRecord.withdrawn_by.set(actor.name),
        ApplicantRecord.withdrawal_reason.set(reason),
        ApplicantRecord.qualified.set(False),
        ApplicantRecord.refusal.set(WITHDRAWN),
        ApplicantRecord.rollover.set(False),
        ApplicantRecord.password_hash.set(""),
    ]
    still_there = ApplicantRecord.pk.exists() & (ApplicantRecord.withdrawn_at_ms == 0)
    before = {"qualified": bool(standing.qualified), "rollover": bool(standing.rollover), "withdrawn": False}
    act = _act("withdraw", plan.period, code, before, {"withdrawn": True})
    return change(plan.period, code, actions, still_there, (actor, act), beside=transaction) or get(plan.period, code)


def extend_validity(period: str, code: str, until: date, reason: str, *, actor: Actor) -> ApplicantRecord:
    """A code is valid for longer; for shorter is the regulator's list to say. Before and after are on record.

    Raises ``InvalidInput`` (``VALIDITY_SHORTER``), ``Conflict`` where the applicant was changed at the same moment.
    """
    applicant = get(period, code)
    if until.isoformat() == applicant.valid_until:
        return applicant
    if until.isoformat() < applicant.valid_until:
        problem = Problem(0, "valid_until", until.isoformat(), f"a day after {applicant.valid_until}")
        raise InvalidInput("VALIDITY_SHORTER", "有效期只能延长", problems=(problem,))
    transaction = Transaction()
    after = {"valid_until": until.isoformat()}
    amend(transaction, applicant, after, by=actor.name, reason=reason, now_ms=actor.at_ms, activated_too=True)
    note(transaction, actor, _act("extend_validity", period, code, {"valid_until": applicant.valid_until}, after))
    transaction.commit()
    return get(period, code)


def desk_pk(period: str, code: str) -> str:
    """Where the proposal for a code stands."""
    return f"{period}#desk#{code}"


def _act(name: str, period: str, code: str, before: Mapping[str, object], after: Mapping[str, object]) -> Act:
    """Without the reason, which an operator may have written a name into: it stands on the applicant's own record."""
    return Act(f"applicant.{name}", f"{period} {code}", before, after)


def _proposed(period: str, code: str, change_id: str) -> DeskRecord:
    try:
        proposed = DeskRecord.get(desk_pk(period, code), "change", consistent_read=True)
    except DoesNotExist:
        proposed = None
    if proposed is None or proposed.change_id != change_id:
        raise NotFound("CHANGE_UNKNOWN", "没有待确认的变更")
    return proposed
