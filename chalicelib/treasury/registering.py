"""Notices go to the treasury, each under the message id that was stored with it; a repeat changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.applicants import records as applicants
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import InvalidInput, Pending, Problem
from chalicelib.kernel.files import Files, read_json
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import SILENT_IN_A_ROW_MAX, NoticeStatus
from integrations.ports import Notice, TreasuryLink


@dataclass(frozen=True)
class Office:
    """What the room needs to speak with the treasury."""

    link: TreasuryLink
    vault: Vault
    clock: Clock


def register(files: Files, office: Office, period: str, key: str) -> dict[str, int]:
    """Upload the notices of one chunk (``key`` in the work bucket) that the treasury does not have yet.

    Returns ``{"registered", "already", "refused"}``; refusals are on the operators' list, and their notices can't
    default. Raises ``Pending`` where the treasury did not answer about some, once all
    were tried or it was silent ``SILENT_IN_A_ROW_MAX`` times in a row.
    """
    counts = {"registered": 0, "already": 0, "refused": 0}
    pending, in_a_row = 0, 0
    for code in read_json(files, "work", key)["codes"]:
        notice = records.find_notice(period, code)
        if notice is None or notice.status != NoticeStatus.ISSUED:
            counts["already"] += 1
            continue
        try:
            upload(office, notice)
            counts["registered"] += 1
            in_a_row = 0
        except Pending:
            pending, in_a_row = pending + 1, in_a_row + 1
            if in_a_row == SILENT_IN_A_ROW_MAX:
                break
        except InvalidInput as refusal:
            counts["refused"] += 1
            _list(notice, refusal)
    if pending:
        raise Pending("REGISTRATION_PENDING", f"至少 {pending} 份缴款通知尚未得到财政系统答复")
    return counts


def told(office: Office, notice: NoticeRecord) -> Notice:
    """A notice as the treasury is told of it."""
    payer = applicants.get(notice.period, notice.code).name(office.vault)
    return Notice(notice.pay_code, payer, int(notice.amount_fen), notice.issue_day, notice.due_day)


def upload(office: Office, notice: NoticeRecord) -> None:
    """Tell the treasury of a notice. Raises what the port raises; a repeat changes nothing."""
    qr_text = office.link.register(told(office, notice), notice.message_id)
    actions = [
        NoticeRecord.state.set(NoticeStatus.REGISTERED),
        NoticeRecord.registered_at_ms.set(office.clock.now_ms()),
        NoticeRecord.qr_text.set(qr_text),
    ]
    # Lost only to a payment that came in between: then the notice has moved on by itself.
    still_issued = (NoticeRecord.state == NoticeStatus.ISSUED) & (NoticeRecord.pay_code == notice.pay_code)
    records.advance(notice.period, notice.code, actions, still_issued)


def _list(notice: NoticeRecord, refusal: InvalidInput) -> None:
    source = f"treasury/notices/{notice.pay_code}"
    found = refusal.problems or (Problem(0, "notice", refusal.code, "a notice that the treasury takes"),)
    record_problems(notice.period, source, found, refusal.code, f"缴款码 {notice.pay_code}: {refusal.message}")
