"""An e-receipt is reversed (冲红) with cause by two persons; a payment that stands gets another at the month's end.

The reversing receipt is one of its own, with its own number; it is issued with the month's receipts.
"""

from __future__ import annotations

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from chalicelib.periods.audit import Act, Actor
from chalicelib.treasury import records
from chalicelib.treasury.receipt_records import ReceiptRecord, ReceiptState, advance_receipt, receipts_of
from chalicelib.treasury.receipts import plan_receipt

CAUSE_CHARACTERS_MAX = 100
_REVERSIBLE = (ReceiptState.ISSUED, ReceiptState.WRITTEN_OFF)


def propose_reversal(pay_code: str, cause: str, *, actor: Actor) -> ReceiptRecord:
    """The first person's word. ``NotFound`` (``RECEIPT_UNKNOWN``), ``InvalidInput`` (``REVERSAL_INVALID``)."""
    record = _standing(pay_code)
    if not 1 <= len(cause.strip()) <= CAUSE_CHARACTERS_MAX:
        problem = Problem(0, "cause", "", f"1 to {CAUSE_CHARACTERS_MAX} characters")
        raise InvalidInput("REVERSAL_INVALID", "冲红须写明原因", problems=(problem,))
    actions = [
        ReceiptRecord.reversal_cause.set(cause.strip()),
        ReceiptRecord.reversal_proposed_by.set(actor.name),
    ]
    unconfirmed = ReceiptRecord.state.is_in(*_REVERSIBLE) & (ReceiptRecord.reversal_confirmed_by == "")
    before = {"proposed_by": record.reversal_proposed_by} if record.reversal_proposed_by else {}
    act = Act("receipt.propose_reversal", f"{pay_code} {record.number}", before, {"proposed_by": actor.name})
    if not advance_receipt(record, actions, unconfirmed, (actor, act)):
        raise Conflict("RECEIPT_SETTLED", "该电子票据已在冲红")
    return record


def confirm_reversal(pay_code: str, *, actor: Actor) -> ReceiptRecord:
    """The second person's word: the reversing receipt is written down, and issued with the month's.

    Raises ``NotAllowed`` (``SELF_APPROVAL``), ``Conflict`` (``NOTHING_PROPOSED``). The same word again is the same.
    """
    record = _standing(pay_code)
    if record.reversal_proposed_by == actor.name:
        raise NotAllowed("SELF_APPROVAL", "经办人不能复核自己提出的冲红")
    if not record.reversal_proposed_by:
        raise Conflict("NOTHING_PROPOSED", "尚未提出冲红")
    if not record.reversal_confirmed_by:
        as_proposed = (ReceiptRecord.reversal_proposed_by == record.reversal_proposed_by) & (
            ReceiptRecord.reversal_confirmed_by == ""
        )
        proposed = {"proposed_by": record.reversal_proposed_by}
        act = Act("receipt.confirm_reversal", f"{pay_code} {record.number}", proposed, {"confirmed": True})
        actions = [ReceiptRecord.reversal_confirmed_by.set(actor.name)]
        advance_receipt(record, actions, as_proposed, (actor, act))
    notice = records.notice_by_pay_code(pay_code)
    planned = any(each.reverses == record.number for each in receipts_of(record.period, record.code))
    if notice is not None and not planned:
        plan_receipt(notice, reverses=record.number)
    return record


def _standing(pay_code: str) -> ReceiptRecord:
    notice = records.notice_by_pay_code(pay_code)
    issued = receipts_of(notice.period, notice.code) if notice is not None else []
    for record in issued:
        if record.stands and record.pay_code == pay_code and record.status in _REVERSIBLE:
            return record
    raise NotFound("RECEIPT_UNKNOWN", "该缴款码没有已开具的电子票据")
