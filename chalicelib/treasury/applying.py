"""A confirmation is worked off: its notice is paid, or the operators' list says why not."""

from __future__ import annotations

from chalicelib.kernel.errors import Problem
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.receiving import month_of
from chalicelib.treasury.records import SURPLUS, ConfirmationRecord, NoticeRecord, SurplusRecord
from chalicelib.treasury.rules import OPEN, REMEDIES, Finding, NoticeStatus, Standing, weigh

BY_CONFIRMATION = "confirmation"
BY_INQUIRY = "inquiry"

_ATTEMPTS_MAX = 5


def apply_confirmation(message_id: str) -> Finding:
    """Work off a stored confirmation. Again: nothing more happens, and the finding stays what it was.

    Raises ``NotFound`` for a message that was never stored.
    """
    confirmation = records.find_confirmation(message_id)
    if confirmation.finding:
        return Finding(confirmation.finding)
    finding, notice = _settle(confirmation)
    if finding in REMEDIES:
        _list(confirmation, notice, finding)
    # Written last: until then the whole of it is done again, and each part of it holds still the second time.
    confirmation.update([ConfirmationRecord.finding.set(finding)])
    return finding


def _settle(confirmation: ConfirmationRecord) -> tuple[Finding, NoticeRecord | None]:
    for _ in range(_ATTEMPTS_MAX):
        notice = records.notice_by_pay_code(confirmation.pay_code)
        finding = weigh(
            _standing(notice),
            int(confirmation.amount_fen),
            int(confirmation.confirmed_at_ms),
            confirmation.bank_serial,
        )
        if notice is None or finding not in (Finding.PAYS, Finding.REPEATED):
            return finding, notice
        if _write(notice, confirmation, finding):
            return finding, notice
    raise RuntimeError(f"the notice of {confirmation.pay_code} kept moving")


def _standing(notice: NoticeRecord | None) -> Standing | None:
    if notice is None:
        return None
    due_at_ms, opens_at_ms = int(notice.due_at_ms), int(notice.opens_at_ms)
    return Standing(notice.status, int(notice.amount_fen), due_at_ms, notice.bank_serial, opens_at_ms)


def _write(notice: NoticeRecord, confirmation: ConfirmationRecord, finding: Finding) -> bool:
    """Write what follows; ``False`` where the notice moved meanwhile and must be weighed anew."""
    serial = NoticeRecord.bank_serial.set(confirmation.bank_serial)
    if finding == Finding.PAYS:
        actions = [
            NoticeRecord.state.set(NoticeStatus.PAID),
            NoticeRecord.paid_at_ms.set(int(confirmation.confirmed_at_ms)),
            NoticeRecord.paid_by.set(BY_CONFIRMATION),
            serial,
        ]
        still_open = NoticeRecord.state.is_in(*OPEN) & (NoticeRecord.pay_code == notice.pay_code)
        return records.advance(notice.period, notice.code, actions, still_open)
    if notice.bank_serial == "" and confirmation.bank_serial:
        # It was paid by the treasury's answer to a question, which names no bank serial: now it is known.
        return records.advance(notice.period, notice.code, [serial], NoticeRecord.bank_serial == "")
    return True


def _list(confirmation: ConfirmationRecord, notice: NoticeRecord | None, finding: Finding) -> None:
    period = notice.period if notice else month_of(int(confirmation.confirmed_at_ms))
    wanted = f"{int(notice.amount_fen)} fen, {notice.state}" if notice else "no notice"
    found = f"{confirmation.pay_code}: {int(confirmation.amount_fen)} fen ({wanted})"
    problem = Problem(0, str(finding), found, REMEDIES[finding])
    source = f"treasury/confirmations/{confirmation.message_id}"
    SurplusRecord(
        f"{period}#surplus",
        f"{SURPLUS}{confirmation.message_id}",
        message_id=confirmation.message_id,
        pay_code=confirmation.pay_code,
        code=notice.code if notice else "",
        finding=str(finding),
        amount_fen=int(confirmation.amount_fen),
        confirmed_at_ms=int(confirmation.confirmed_at_ms),
        bank_serial=confirmation.bank_serial,
    ).save()
    if notice is not None and finding == Finding.TOO_LATE:
        late = NoticeRecord.late_at_ms.set(int(confirmation.confirmed_at_ms))
        records.advance(period, notice.code, [late], NoticeRecord.pay_code == notice.pay_code)
    record_problems(period, source, [problem], f"CONFIRMATION_{finding.upper()}", "财政缴款确认无法入账,请人工核对")
