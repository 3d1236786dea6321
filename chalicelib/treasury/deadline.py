"""The settlement deadline: the treasury is asked about every open notice. Pending is not default (money rule 2)."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict, Pending, Problem
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.applying import BY_INQUIRY
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import OPEN, SILENT_IN_A_ROW_MAX, NoticeStatus, VoidState, message_id
from integrations.ports import NoticeState, TreasuryLink


def verify(link: TreasuryLink, clock: Clock, period: str) -> dict[str, int]:
    """Ask the treasury about every notice that is not paid; its word is written down.

    Who was called unpaid since the deadline is not asked about again, so that a pass cut short goes on where it
    ended. Who paid too late by the treasury's own confirmation counts as unpaid, whatever it calls the notice now; one
    that two persons are voiding waits for that. Returns ``{"paid", "unpaid", "void"}``: paid and void of this run,
    unpaid of all runs. Raises ``Pending`` before the deadline and where the treasury did not answer about some;
    ``Conflict`` (``NOTICES_UNKNOWN``) where it
    never had some: their winners could not pay, so nobody's default is decided until the notices are registered and
    the deadline moved.
    """
    counts = {"paid": 0, "unpaid": 0, "void": 0}
    pending, in_a_row, unknown = 0, 0, []
    for notice in sorted(records.notices(period), key=lambda each: each.pay_code):
        if notice.status not in OPEN:
            continue
        if int(notice.unpaid_at_ms) >= int(notice.due_at_ms):
            counts["unpaid"] += 1
            continue
        if notice.void_state == VoidState.CONFIRMED:
            pending += 1
            continue
        asked_at_ms = clock.now_ms()
        if asked_at_ms < int(notice.due_at_ms):
            raise Pending("DEADLINE_AHEAD", "缴款截止时间未到")
        try:
            state = link.ask(notice.pay_code, message_id("8997", notice.pay_code, str(asked_at_ms)))
        except Pending:
            pending, in_a_row = pending + 1, in_a_row + 1
            if in_a_row == SILENT_IN_A_ROW_MAX:
                break
            continue
        in_a_row = 0
        if state == NoticeState.UNKNOWN:
            unknown.append(notice)
            continue
        if state == NoticeState.PAID and notice.late_at_ms:
            state = NoticeState.UNPAID
        _WORDS[state](notice, asked_at_ms)
        counts[state] += 1
    if pending:
        raise Pending("VERIFICATION_PENDING", f"至少 {pending} 份缴款通知尚未得到财政系统答复")
    if unknown:
        raise _unknown(period, unknown)
    return counts


def _paid(notice: NoticeRecord, asked_at_ms: int) -> None:
    actions = [
        NoticeRecord.state.set(NoticeStatus.PAID),
        NoticeRecord.paid_at_ms.set(asked_at_ms),
        NoticeRecord.paid_by.set(BY_INQUIRY),
    ]
    records.advance(notice.period, notice.code, actions, records.open_notice())


def _unpaid(notice: NoticeRecord, asked_at_ms: int) -> None:
    # Whoever is known to the treasury is registered, whatever became of the answer to our upload.
    actions = [
        NoticeRecord.state.set(NoticeStatus.REGISTERED),
        NoticeRecord.unpaid_at_ms.set(asked_at_ms),
    ]
    records.advance(notice.period, notice.code, actions, records.open_notice())


def _void(notice: NoticeRecord, asked_at_ms: int) -> None:
    actions = [NoticeRecord.state.set(NoticeStatus.VOID), NoticeRecord.voided_at_ms.set(asked_at_ms)]
    if records.advance(notice.period, notice.code, actions, records.open_notice()):
        problem = Problem(0, "notice", notice.pay_code, "a notice that is not void; two persons release the winner")
        source = f"treasury/notices/{notice.pay_code}"
        record_problems(notice.period, source, [problem], "NOTICE_VOID", f"缴款码 {notice.pay_code} 已被财政作废")


_WORDS: dict[NoticeState, Callable[[NoticeRecord, int], None]] = {
    NoticeState.PAID: _paid,
    NoticeState.UNPAID: _unpaid,
    NoticeState.VOID: _void,
}


def _unknown(period: str, notices: list[NoticeRecord]) -> Conflict:
    problems = tuple(
        Problem(0, "notice", notice.pay_code, "a notice that the treasury has; register it, then move the deadline")
        for notice in notices
    )
    message = f"财政系统没有 {len(notices)} 份缴款通知,不能认定违约"
    record_problems(period, f"treasury/verify/{period}", problems, "NOTICES_UNKNOWN", message)
    return Conflict("NOTICES_UNKNOWN", message, problems=problems)
