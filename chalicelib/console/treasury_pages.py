"""One payment notice and its receipt: what stands, and what two operators decide about it (void, reverse)."""

from __future__ import annotations

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel import aws
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.queues import SqsQueue
from chalicelib.treasury import records, reversing, voiding
from chalicelib.treasury.receipt_records import receipts_of
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import OPEN, NoticeStatus, VoidState
from chalicelib.wiring import hub

_CAUSE = r"[^\x00-\x1f\x7f]{1,100}"
_CAUSE_REMEDY = "原因为 1 至 100 个字"


def show(ask: Ask) -> Answer:
    """A notice, its receipts, and the forms that somebody with this role may use now."""
    notice = _notice(ask)
    issued = [each for each in receipts_of(ask.period, notice.code) if each.pay_code == notice.pay_code]
    standing = next((each for each in issued if each.stands and each.number), None)
    undecided = notice.status in (*OPEN, NoticeStatus.VOID) and notice.void_state != VoidState.DONE
    return page(ask, "notice.html", notice=notice, receipts=issued, standing=standing, undecided=undecided)


def act(ask: Ask) -> Answer:
    """``act``: a cashier proposes to void or to reverse; an approver who is somebody else says the same."""
    pay_code = _notice(ask).pay_code
    wanted = ask.choice("act", ("void", "reverse"), "请选择作废或冲红")
    if wanted == "void":
        then = ask.choice("then", voiding.THEN, "请选择作废后的处理方式")
    if ask.page.roles == ("cashier",):
        cause = ask.field("cause", _CAUSE, _CAUSE_REMEDY)
        if wanted == "void":
            voiding.propose_void(pay_code, cause, then, actor=ask.actor)
        else:
            reversing.propose_reversal(pay_code, cause, actor=ask.actor)
        return _back(ask, "proposed")
    if wanted == "void":
        queue = SqsQueue(aws.client("sqs"), hub().settings.need("CONFIRMATIONS_QUEUE"))
        voiding.confirm_void(pay_code, then, actor=ask.actor, queue=queue)
    else:
        reversing.confirm_reversal(pay_code, actor=ask.actor)
    return _back(ask, "confirmed")


def _back(ask: Ask, said: str) -> Answer:
    return redirect(f"/console/{ask.period}/treasury/{ask.named['pay_code']}?said={said}")


def _notice(ask: Ask) -> NoticeRecord:
    notice = records.notice_by_pay_code(ask.named["pay_code"])
    if notice is None or notice.period != ask.period:
        raise NotFound("NOTICE_UNKNOWN", "没有该缴款码的缴款通知书")
    return notice
