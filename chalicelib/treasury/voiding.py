"""A notice is voided with cause by two persons; the winner gets another one (``reissue``) or is released (``release``).

    proposed -> confirmed -> done, or refused by the treasury (a notice that was paid meanwhile)

The confirmation is the intent: the treasury is told from the queue, under a number that follows from the pay code, and
until it has answered the notice is as it was. A notice that the treasury voided by itself takes the same two words, to
decide what becomes of its winner.
"""

from __future__ import annotations

import json
from datetime import date

from pynamodb.expressions.condition import Condition

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from chalicelib.kernel.queues import Queue
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.paycodes import add_one_more
from chalicelib.treasury.records import NoticeRecord, PayCodeRecord, notice_key, pay_code_record, replaced_key
from chalicelib.treasury.registering import Office, told, upload
from chalicelib.treasury.rules import OPEN, REISSUE, RELEASE, NoticeStatus, PayCodeRule, VoidState, message_id

CAUSE_CHARACTERS_MAX = 100
THEN = (REISSUE, RELEASE)
# Two that take a number in the same moment: one of them tries again.
_ATTEMPTS_MAX = 10


def propose_void(pay_code: str, cause: str, then: str, *, actor: Actor) -> NoticeRecord:
    """The first person's word, on record; a later one takes an earlier one's place until a second person agrees.

    Raises ``NotFound`` (``NOTICE_UNKNOWN``), ``InvalidInput`` (``VOID_INVALID``), ``Conflict``: ``NOTICE_SETTLED``
    (paid, defaulted or decided already), ``DEADLINE_PASSED`` where no time is left to pay another notice.
    """
    notice = _standing(pay_code)
    if then not in THEN or not 1 <= len(cause.strip()) <= CAUSE_CHARACTERS_MAX:
        problem = Problem(0, "cause, then", then[:20], f"a cause, and one of {', '.join(THEN)}")
        raise InvalidInput("VOID_INVALID", "作废须写明原因和后续处理方式", problems=(problem,))
    if then == REISSUE and actor.at_ms >= int(notice.due_at_ms):
        raise Conflict("DEADLINE_PASSED", "缴款截止时间已过,不能重新开具缴款通知书")
    actions = [
        NoticeRecord.void_state.set(VoidState.PROPOSED),
        NoticeRecord.void_cause.set(cause.strip()),
        NoticeRecord.void_then.set(then),
        NoticeRecord.void_proposed_by.set(actor.name),
    ]
    act = Act("notice.propose_void", pay_code, _said(notice), {"then": then, "void_state": VoidState.PROPOSED})
    if not records.advance(notice.period, notice.code, actions, _undecided(notice), (actor, act)):
        raise _settled()
    return _standing(pay_code)


def confirm_void(pay_code: str, then: str, *, actor: Actor, queue: Queue) -> NoticeRecord:
    """The second person's word: from now on the notice is being voided. The same word again is queued again.

    Raises as ``propose_void`` does, and ``NotAllowed`` (``SELF_APPROVAL``), ``Conflict`` (``VOID_DIFFERS``).
    """
    notice = _standing(pay_code)
    if notice.void_proposed_by == actor.name:
        raise NotAllowed("SELF_APPROVAL", "经办人不能复核自己提出的作废")
    if notice.void_state == VoidState.NONE or notice.void_then != then:
        raise Conflict("VOID_DIFFERS", "两人的处理意见不一致,或尚未提出作废")
    if notice.void_state not in (VoidState.CONFIRMED, VoidState.DONE):
        actions = [NoticeRecord.void_state.set(VoidState.CONFIRMED), NoticeRecord.void_confirmed_by.set(actor.name)]
        as_proposed = (
            (NoticeRecord.void_state == VoidState.PROPOSED)
            & (NoticeRecord.void_then == then)
            & (NoticeRecord.void_proposed_by == notice.void_proposed_by)
        )
        act = Act("notice.confirm_void", pay_code, _said(notice), {"then": then, "void_state": VoidState.CONFIRMED})
        if not records.advance(notice.period, notice.code, actions, _undecided(notice) & as_proposed, (actor, act)):
            raise _settled()
    queue.send(json.dumps({"void": pay_code}))
    return _standing(pay_code)


def carry_out_void(office: Office, rule: PayCodeRule, pay_code: str) -> None:
    """Tell the treasury, then do what was decided. Again: what is done stays done.

    Raises ``Pending`` where the treasury did not answer: it is told again, under the same number.
    """
    notice = records.notice_by_pay_code(pay_code)
    if notice is None:
        raise _unknown()
    if notice.pay_code == pay_code and notice.void_state == VoidState.CONFIRMED and not _void(office, notice):
        return
    notice = records.find_notice(notice.period, notice.code)
    if notice is None:
        raise _unknown()
    if notice.pay_code == pay_code and notice.void_state == VoidState.DONE and notice.void_then == REISSUE:
        notice = _reissue(rule, notice)
    if notice.replaces == pay_code and notice.status == NoticeStatus.ISSUED:
        upload(office, notice)


def _void(office: Office, notice: NoticeRecord) -> bool:
    if notice.status in OPEN:
        number = message_id("8994-void", notice.pay_code)
        try:
            office.link.void(told(office, notice), notice.void_cause, number)
        except InvalidInput as refusal:
            refused = [NoticeRecord.void_state.set(VoidState.REFUSED)]
            records.advance(notice.period, notice.code, refused, NoticeRecord.void_state == VoidState.CONFIRMED)
            source = f"treasury/notices/{notice.pay_code}"
            message = f"缴款码 {notice.pay_code}: {refusal.message}"
            record_problems(notice.period, source, refusal.problems, "VOID_REFUSED", message)
            return False
    actions = [
        NoticeRecord.state.set(NoticeStatus.VOID),
        NoticeRecord.void_state.set(VoidState.DONE),
        NoticeRecord.voided_at_ms.set(office.clock.now_ms()),
    ]
    return records.advance(notice.period, notice.code, actions, _undecided(notice))


def _reissue(rule: PayCodeRule, notice: NoticeRecord) -> NoticeRecord:
    """Put another notice in the void one's place, which is kept beside it: the same price, deadline and winner."""
    for _ in range(_ATTEMPTS_MAX):
        transaction = Transaction()
        pay_code = add_one_more(transaction, rule, date.fromisoformat(notice.issued_on).year)
        transaction.put(_kept(notice), NoticeRecord.pk.does_not_exist())
        new = _new(notice, pay_code)
        transaction.put(new, (NoticeRecord.pay_code == notice.pay_code) & (NoticeRecord.state == NoticeStatus.VOID))
        way = pay_code_record(pay_code, notice.period, notice.code)
        transaction.put(way, PayCodeRecord.pk.does_not_exist())
        try:
            transaction.commit()
        except Conflict:
            there = records.find_notice(notice.period, notice.code)
            if there is not None and there.pay_code != notice.pay_code:
                return there
            continue
        return new
    raise Conflict("PAY_CODES_CONTENDED", "缴款码序号分配冲突,请重试")


def _kept(notice: NoticeRecord) -> NoticeRecord:
    values = {name: value for name, value in notice.attribute_values.items() if name not in ("pk", "sk")}
    return NoticeRecord(*replaced_key(notice.period, notice.code, notice.pay_code), **values)


def _new(notice: NoticeRecord, pay_code: str) -> NoticeRecord:
    pk, sk = notice_key(notice.period, notice.code)
    return NoticeRecord(
        pk,
        sk,
        period=notice.period,
        code=notice.code,
        bidder_class=notice.bidder_class,
        rank=int(notice.rank),
        pay_code=pay_code,
        amount_fen=int(notice.amount_fen),
        issued_on=notice.issued_on,
        due_on=notice.due_on,
        due_at_ms=int(notice.due_at_ms),
        opens_at_ms=int(notice.opens_at_ms),
        message_id=message_id("8994", notice.period, pay_code),
        state=NoticeStatus.ISSUED,
        replaces=notice.pay_code,
        first_pay_code=notice.first_pay_code or notice.pay_code,
    )


def _said(notice: NoticeRecord) -> dict[str, str]:
    """What stands decided of a notice, for the audit trail."""
    said = {"void_state": notice.void_state, "then": notice.void_then, "proposed_by": notice.void_proposed_by}
    return {name: value for name, value in said.items() if value}


def _undecided(notice: NoticeRecord) -> Condition:
    """The condition that this very notice may still be decided about: open, or void by the treasury's own doing."""
    may_be: Condition = NoticeRecord.state.is_in(*OPEN, NoticeStatus.VOID) & (NoticeRecord.pay_code == notice.pay_code)
    undone: Condition = may_be & (NoticeRecord.void_state != VoidState.DONE)
    return undone


def period_of(pay_code: str) -> str:
    """The period that a pay code was given out in. ``NotFound`` (``NOTICE_UNKNOWN``)."""
    return str(_standing(pay_code).period)


def _standing(pay_code: str) -> NoticeRecord:
    notice = records.notice_by_pay_code(pay_code)
    if notice is None:
        raise _unknown()
    return notice


def _unknown() -> NotFound:
    return NotFound("NOTICE_UNKNOWN", "没有该缴款码的缴款通知书")


def _settled() -> Conflict:
    return Conflict("NOTICE_SETTLED", "该缴款通知书已缴款、已违约或已有处理结论,不能作废")
