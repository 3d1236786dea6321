"""Approval by a second person: what waits for a word, who made it, and the one decision there will ever be on it.

An approval is named by what it is about, totals included: asked again for the same thing it is the same approval, and
a changed total asks anew; so does another machine after a rejection. Request and decision each change the item in one
write that returns the other's part, so a machine is answered whichever comes first.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from chalicelib.kernel.ids import canonical, id_from
from chalicelib.kernel.machines import Machines
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.amending import apply_amendment
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.naming import month_of
from chalicelib.periods.records import mark_approved, mark_rejected
from chalicelib.periods.versions import note_decision

PLAN, AMENDMENT = "plan", "amendment"
KINDS = (
    PLAN,
    AMENDMENT,
    "refund_batch",
    "defaulters",
    "remittance",
    "sms_campaign",
    "auction_pause",
    "auction_resume",
)
APPROVED, REJECTED = "approved", "rejected"
ANNOUNCEMENT_MACHINE = "announcement"
REASON_CHARACTERS_MAX = 500

_PREFIX = "approval#"
_PERIOD_CHARACTERS = len("2026-03")


class ApprovalRecord(Model):
    """One thing to approve. ``decision`` is empty until there is one; ``tokens`` are the machines that wait."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    totals = UnicodeAttribute()
    made_by = UnicodeAttribute()
    tokens = UnicodeSetAttribute(null=True)
    decision = UnicodeAttribute(default="")
    decided_by = UnicodeAttribute(default="")
    reason = UnicodeAttribute(default="")
    decided_at_ms = NumberAttribute(default=0)


@dataclass(frozen=True)
class Approval:
    """What a second person sees and says. ``decision`` is ``""``, ``approved`` or ``rejected``."""

    id: str
    period: str
    kind: str
    subject: str
    totals: Mapping[str, Any]
    made_by: str
    decision: str
    decided_by: str
    reason: str
    decided_at_ms: int

    def as_dict(self) -> dict[str, Any]:
        """The approval as the API shows it."""
        return {
            "id": self.id,
            "period": self.period,
            "kind": self.kind,
            "subject": self.subject,
            "totals": dict(self.totals),
            "made_by": self.made_by,
            "state": self.decision or "waiting",
            "decided_by": self.decided_by,
            "reason": self.reason,
        }


def request_approval(
    period: str,
    kind: str,
    subject: str,
    totals: Mapping[str, Any],
    *,
    made_by: str,
    machines: Machines,
    task_token: str = "",
) -> Approval:
    """Ask for a second person's word; the machine behind ``task_token`` is told it, at once where it was given before.

    No machine waits for an amendment. ``made_by`` is an operator's name, or ``system:<machine>``. Raises
    ``InvalidInput`` (``APPROVAL_KIND``).
    """
    if kind not in KINDS:
        problem = Problem(0, "kind", kind[:40], f"one of {', '.join(KINDS)}")
        raise InvalidInput("APPROVAL_KIND", f"不支持的审批事项: {kind[:40]}", problems=(problem,))
    text = canonical(dict(totals)).decode()
    record = _standing(period, (period, kind, subject, text, made_by), task_token)
    actions: list[Action] = [
        ApprovalRecord.kind.set(kind),
        ApprovalRecord.subject.set(subject),
        ApprovalRecord.totals.set(text),
        ApprovalRecord.made_by.set(made_by),
    ]
    if task_token:
        actions.append(ApprovalRecord.tokens.add({task_token}))
    record.update(actions)
    approval = _approval(record)
    if approval.decision:
        # A plan that was decided on before and stands again now, after another one.
        _note_plan(approval)
        machines.answer(task_token, _answer(approval))
    return approval


def _standing(period: str, cause: tuple[str, ...], task_token: str) -> ApprovalRecord:
    """The approval that this is about; after a rejection, what another machine proposes anew is another one. The
    machine that was told of the rejection is told it again."""
    for proposal in itertools.count(1):
        record = ApprovalRecord(period, _PREFIX + (id_from(*cause) if proposal == 1 else id_from(*cause, proposal)))
        try:
            record.refresh(consistent_read=True)
        except DoesNotExist:
            break
        if record.decision != REJECTED or task_token in (record.tokens or ()):
            break
    return record


def approvals(period: str, state: str = "") -> list[Approval]:
    """A period's approvals; ``state`` is ``waiting``, ``approved``, ``rejected`` or empty for all of them."""
    found = ApprovalRecord.query(period, ApprovalRecord.sk.startswith(_PREFIX), consistent_read=True)
    listed = (_approval(record) for record in found)
    return [each for each in listed if state in ("", each.decision or "waiting")]


def waiting(period: str) -> list[Approval]:
    """What waits for a second person's word."""
    return approvals(period, "waiting")


def find_approval(approval_id: str) -> Approval:
    """One approval. Raises ``NotFound`` (``APPROVAL_UNKNOWN``)."""
    return _approval(_record(approval_id))


def decide(approval_id: str, decision: str, *, reason: str, actor: Actor, machines: Machines) -> Approval:
    """Give a second person's word and tell the machines that wait; an approved amendment is announced anew.

    The same word by the same person again is the same.

    The actor must hold the role ``approver``: the caller sees to that. Raises ``NotAllowed`` (``SELF_APPROVAL``) for
    the maker, ``Conflict`` (``ALREADY_DECIDED``) after another decision, ``NotFound``, ``InvalidInput`` for a word that
    is none or a rejection without a reason, and for an amendment what ``apply_amendment`` raises.
    """
    _check_word(decision, reason)
    record = _record(approval_id)
    if actor.name == record.made_by:
        raise NotAllowed("SELF_APPROVAL", "经办人不能审批自己提交的事项")
    if not record.decision:
        record = _give_word(record, decision, reason, actor)
    if (record.decision, record.decided_by) != (decision, actor.name):
        raise Conflict("ALREADY_DECIDED", "该事项已有审批结论")
    approval = _approval(record)
    # Before the machine goes on: once it does, the plan is public or the period ended.
    _note_plan(approval)
    for task_token in record.tokens or ():
        machines.answer(task_token, _answer(approval))
    if (approval.kind, approval.decision) == (AMENDMENT, APPROVED):
        # No machine waits for an amendment: what is announced anew is started here, once by its name.
        machines.start(ANNOUNCEMENT_MACHINE, approval.id, {"period": approval.period})
    return approval


def _give_word(record: ApprovalRecord, decision: str, reason: str, actor: Actor) -> ApprovalRecord:
    """Decision, audit trail, and an amendment's coming into force: all of them or none. Returns what stands then."""
    transaction = Transaction()
    transaction.update(
        ApprovalRecord(record.pk, record.sk),
        [
            ApprovalRecord.decision.set(decision),
            ApprovalRecord.decided_by.set(actor.name),
            ApprovalRecord.reason.set(reason),
            ApprovalRecord.decided_at_ms.set(actor.at_ms),
        ],
        ApprovalRecord.decision.does_not_exist() | (ApprovalRecord.decision == ""),
    )
    asked = {"made_by": record.made_by, "subject": record.subject, "totals": json.loads(record.totals)}
    said = {"decision": decision, "reason": reason}
    note(transaction, actor, Act(f"{record.kind}.decide", f"{record.pk} {record.kind}", asked, said))
    if record.kind == AMENDMENT and decision == APPROVED:
        apply_amendment(transaction, record.pk, record.subject, actor)
    try:
        transaction.commit()
    except Conflict as error:
        standing = ApprovalRecord.get(record.pk, record.sk, consistent_read=True)
        if not standing.decision:
            raise Conflict("PLAN_CHANGED", "本期工作计划刚被他人修改,请核对后再审批") from error
    return ApprovalRecord.get(record.pk, record.sk, consistent_read=True)


def _note_plan(approval: Approval) -> None:
    if approval.kind not in (PLAN, AMENDMENT):
        return
    note_decision(
        approval.period,
        approval.subject,
        approval.decision,
        by=approval.decided_by,
        reason=approval.reason,
        at_ms=approval.decided_at_ms,
    )
    if approval.decision == APPROVED:
        mark_approved(approval.period, approval.subject, approval.decided_by)
    elif approval.kind == PLAN:
        # An amendment that is turned down leaves the plan that stands.
        mark_rejected(approval.period, approval.subject)


def _check_word(decision: str, reason: str) -> None:
    if decision not in (APPROVED, REJECTED):
        problem = Problem(0, "decision", decision[:40], f"{APPROVED} or {REJECTED}")
        raise InvalidInput("DECISION_INVALID", "审批结论只能是同意或不同意", problems=(problem,))
    if len(reason) > REASON_CHARACTERS_MAX or (decision == REJECTED and not reason.strip()):
        problem = Problem(0, "reason", "", f"1 to {REASON_CHARACTERS_MAX} characters for a rejection")
        raise InvalidInput("REASON_INVALID", "不同意时必须填写原因", problems=(problem,))


def _record(approval_id: str) -> ApprovalRecord:
    period, name = approval_id[:_PERIOD_CHARACTERS], approval_id[_PERIOD_CHARACTERS + 1 :]
    try:
        month_of(period)
        return ApprovalRecord.get(period, _PREFIX + name, consistent_read=True)
    except (DoesNotExist, InvalidInput) as error:
        raise NotFound("APPROVAL_UNKNOWN", "没有这一审批事项") from error


def _approval(record: ApprovalRecord) -> Approval:
    return Approval(
        id=f"{record.pk}-{record.sk.removeprefix(_PREFIX)}",
        period=record.pk,
        kind=record.kind,
        subject=record.subject,
        totals=json.loads(record.totals),
        made_by=record.made_by,
        decision=record.decision or "",
        decided_by=record.decided_by or "",
        reason=record.reason or "",
        decided_at_ms=int(record.decided_at_ms or 0),
    )


def _answer(approval: Approval) -> dict[str, Any]:
    return {"decision": approval.decision, "by": approval.decided_by}
