"""What operators do for an applicant: by two people, a new phone, a lost password, a withdrawal or a longer validity;
by one, who has the bidder and the ID before him, the first activation (docs/decisions/0053).

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
from chalicelib.applicants.records import ApplicantRecord, end_sessions, get, owner_of, phone_entry
from chalicelib.applicants.withdrawing import check_before_auction, withdraw
from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from chalicelib.kernel.ids import Entropy, id_from
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.plan import Plan

PHONE, PASSWORD, WITHDRAWAL, VALIDITY = "phone", "password", "withdrawal", "validity"
KINDS = (PHONE, PASSWORD, WITHDRAWAL, VALIDITY)
WAITING, CONFIRMED = "waiting", "confirmed"


class DeskRecord(Model):
    """A change that one operator proposed and another confirms; a later proposal for the code takes its place.

    ``pk`` is the period's, ``sk`` the applicant's code: what waits is found with one question.
    """

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    change_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    sealed_phone = UnicodeAttribute(default="")
    phone_lookup = UnicodeAttribute(default="")
    valid_until = UnicodeAttribute(default="")
    reason = UnicodeAttribute()
    proposed_by = UnicodeAttribute()
    proposed_at_ms = NumberAttribute()
    state = UnicodeAttribute(default=WAITING)
    confirmed_by = UnicodeAttribute(default="")
    confirmed_at_ms = NumberAttribute(default=0)


def propose_change(
    plan: Plan,
    code: str,
    kind: str,
    *,
    reason: str,
    actor: Actor,
    vault: Vault,
    phone: str = "",
    valid_until: date | None = None,
) -> str:
    """Write down what is to be changed of an applicant, and return the proposal's id. Nothing changes yet.

    ``phone`` and ``valid_until``: the new ones, for those kinds. Raises ``NotFound``, ``TooEarlyOrLate``
    (``AUCTION_OPEN``, for a withdrawal) or ``InvalidInput`` (``VALIDITY_SHORTER``).
    """
    period = plan.period
    applicant = get(period, code)
    if kind == WITHDRAWAL:
        check_before_auction(actor.at_ms, plan.at("auction_opens"))
    until = valid_until.isoformat() if valid_until else ""
    if kind == VALIDITY:
        _check_longer(applicant, until)
    change_id = id_from("desk", period, code, kind, actor.name, actor.at_ms)
    record = DeskRecord(
        desk_pk(period),
        code,
        change_id=change_id,
        kind=kind,
        valid_until=until,
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


def confirm_change(plan: Plan, code: str, change_id: str, *, actor: Actor) -> ApplicantRecord:
    """A second person's word: the change is made, with its act and its amendment. Again changes nothing.

    Every session from before is void, but for a longer validity. Raises ``NotFound`` (``CHANGE_UNKNOWN``),
    ``NotAllowed`` (``OWN_CHANGE``), what ``propose_change`` does, or ``Conflict`` where it has moved on.
    """
    period = plan.period
    proposed = _proposed(period, code, change_id)
    if proposed.proposed_by == actor.name:
        raise NotAllowed("OWN_CHANGE", "本人提出的变更须由另一名工作人员确认")
    applicant = get(period, code)
    if proposed.state == CONFIRMED:
        return applicant
    transaction = Transaction()
    before, after = _make(transaction, plan, applicant, proposed, actor)
    transaction.update(
        DeskRecord(desk_pk(period), code),
        [
            DeskRecord.state.set(CONFIRMED),
            DeskRecord.confirmed_by.set(actor.name),
            DeskRecord.confirmed_at_ms.set(actor.at_ms),
        ],
        (DeskRecord.change_id == change_id) & (DeskRecord.state == WAITING),
    )
    asked = {"change_id": change_id, "kind": proposed.kind, "proposed_by": proposed.proposed_by, "state": WAITING}
    said = {"change_id": change_id, "state": CONFIRMED}
    note(transaction, actor, _act("confirm_change", period, code, {**asked, **before}, {**said, **after}))
    transaction.commit()
    return get(period, code)


def _make(
    transaction: Transaction, plan: Plan, applicant: ApplicantRecord, proposed: DeskRecord, actor: Actor
) -> tuple[dict[str, object], dict[str, object]]:
    """Put the change into the transaction; what the trail may say of before and after, nothing personal."""
    by, confirmed_by, now_ms = proposed.proposed_by, actor.name, actor.at_ms
    before: dict[str, object] = {}
    said: dict[str, object] = {}
    if proposed.kind == WITHDRAWAL:
        check_before_auction(now_ms, plan.at("auction_opens"))
        withdraw(transaction, applicant, by=by, reason=proposed.reason, now_ms=now_ms, confirmed_by=confirmed_by)
        before |= {"qualified": bool(applicant.qualified), "rollover": bool(applicant.rollover), "withdrawn": False}
        return before, {"withdrawn": True}
    if proposed.kind == VALIDITY:
        _check_longer(applicant, proposed.valid_until)
        before, said = {"valid_until": applicant.valid_until}, {"valid_until": proposed.valid_until}
        after = dict(said)
    else:
        after = {"sessions_from_ms": end_sessions(transaction, applicant, now_ms)}
        if proposed.kind == PHONE:
            after |= {"sealed_phone": proposed.sealed_phone, "phone_lookup": proposed.phone_lookup}
            transaction.put(phone_entry(applicant.period, applicant.code, proposed.phone_lookup))
        else:
            after |= {"password_hash": ""}
    amend(
        transaction,
        applicant,
        after,
        by=by,
        reason=f"{proposed.kind}: {proposed.reason}",
        now_ms=now_ms,
        confirmed_by=confirmed_by,
        activated_too=True,
    )
    return before, said


def _check_longer(applicant: ApplicantRecord, until: str) -> None:
    # For shorter is the regulator's list to say.
    if until <= applicant.valid_until:
        problem = Problem(0, "valid_until", until, f"a day after {applicant.valid_until}")
        raise InvalidInput("VALIDITY_SHORTER", "有效期只能延长", problems=(problem,))


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

    Once only: another password afterwards is a lost one, which takes two operators. Raises what ``activate`` does,
    ``NotAllowed`` (``ID_DIFFERS``) or ``Conflict`` (``ALREADY_ACTIVATED``).
    """
    check_activation_window(plan, actor.at_ms)
    check_password(password)
    applicant = get(plan.period, code)
    if not hmac.compare_digest(applicant.id_lookup, vault.lookup("id", id_number.strip().upper())):
        raise NotAllowed("ID_DIFFERS", "出示的证件号码与登记信息不一致")
    if applicant.activated:
        raise Conflict("ALREADY_ACTIVATED", "该申请编码已激活;遗忘密码请提交密码重置,由另一名工作人员确认")
    return take_up(applicant, password, rollover=rollover, now_ms=actor.at_ms, entropy=entropy, before=actor)


def proposed_for(period: str, code: str) -> DeskRecord | None:
    """The last change that was proposed for an applicant, whether it waits or was confirmed."""
    try:
        return DeskRecord.get(desk_pk(period), code, consistent_read=True)
    except DoesNotExist:
        return None


def waiting(period: str) -> list[DeskRecord]:
    """Changes of a period that wait for another operator, the oldest first."""
    found = DeskRecord.query(desk_pk(period), filter_condition=DeskRecord.state == WAITING, consistent_read=True)
    return sorted(found, key=lambda each: each.proposed_at_ms)


def desk_pk(period: str) -> str:
    """Where a period's proposals stand."""
    return f"{period}#desk"


def _act(name: str, period: str, code: str, before: Mapping[str, object], after: Mapping[str, object]) -> Act:
    """Without the reason, which an operator may have written a name into: it stands on the applicant's own record."""
    return Act(f"applicant.{name}", f"{period} {code}", before, after)


def _proposed(period: str, code: str, change_id: str) -> DeskRecord:
    proposed = proposed_for(period, code)
    if proposed is None or proposed.change_id != change_id:
        raise NotFound("CHANGE_UNKNOWN", "没有待确认的变更")
    return proposed
