"""An e-receipt for every payment that the treasury confirmed: numbered, issued, its file fetched and kept sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.applicants import records as applicants
from chalicelib.applicants.records import owner_of
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import InvalidInput, NotFound, Pending
from chalicelib.kernel.files import Files, read_json, write_json
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.notices import CHUNK_NOTICES
from chalicelib.treasury.receipt_records import (
    ReceiptRecord,
    ReceiptState,
    advance_receipt,
    receipt_key,
    receipts,
    receipts_of,
)
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.registering import Office
from chalicelib.treasury.rules import SILENT_IN_A_ROW_MAX, NoticeStatus, message_id
from integrations.ports import Receipt

CHECK_CODE_CHARACTERS = 6

_OPEN = (ReceiptState.PLANNED, ReceiptState.NUMBERED)


def plan_receipts(files: Files, period: str) -> dict[str, Any]:
    """Write down a receipt for each payment without one, and the lists that ``issue_receipts`` works through.

    Returns ``{"count", "chunks": [{"key"}]}`` (keys in the work bucket) of all that are not issued yet.
    """
    standing = {each.code for each in receipts(period) if each.stands}
    for notice in records.notices(period):
        if notice.status == NoticeStatus.PAID and notice.code not in standing:
            plan_receipt(notice)
    codes = sorted({each.code for each in receipts(period) if each.status in _OPEN})
    chunks = []
    for number, first in enumerate(range(0, len(codes), CHUNK_NOTICES), start=1):
        key = f"treasury/{period}/receipt-lists/{number:04d}.json"
        write_json(files, "work", key, {"codes": codes[first : first + CHUNK_NOTICES]})
        chunks.append({"key": key})
    return {"count": len(codes), "chunks": chunks}


def plan_receipt(notice: NoticeRecord, reverses: str = "") -> ReceiptRecord:
    """Write down the next receipt of a payment, or one that reverses another; lost to another run, its one counts."""
    period, code = notice.period, notice.code
    turn = len(receipts_of(period, code)) + 1
    cause = (period, notice.pay_code, str(turn))
    record = ReceiptRecord(
        *receipt_key(period, code, turn),
        period=period,
        code=code,
        turn=turn,
        pay_code=notice.pay_code,
        amount_fen=int(notice.amount_fen),
        reverses=reverses,
        number_message_id=message_id("8999", *cause),
        issue_message_id=message_id("8981", *cause),
    )
    try:
        record.save(ReceiptRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        record.refresh(consistent_read=True)
    return record


def issue_receipts(files: Files, office: Office, period: str, key: str) -> dict[str, int]:
    """Take the receipts of one chunk as far as the treasury lets them.

    Returns ``{"issued", "refused"}``; refusals are on the operators' list. Raises ``Pending`` where the
    treasury did not answer about some, once all were tried or it was silent ``SILENT_IN_A_ROW_MAX`` times in a row.
    """
    counts = {"issued": 0, "refused": 0}
    pending, in_a_row = 0, 0
    for code in read_json(files, "work", key)["codes"]:
        for record in _unissued(period, code):
            try:
                issue(files, office, record)
                counts["issued"] += 1
                in_a_row = 0
            except Pending:
                pending, in_a_row = pending + 1, in_a_row + 1
            except InvalidInput as refusal:
                counts["refused"] += 1
                source = f"treasury/receipts/{record.pay_code}"
                message = f"缴款码 {record.pay_code}: {refusal.message}"
                record_problems(period, source, refusal.problems, refusal.code, message)
        if in_a_row >= SILENT_IN_A_ROW_MAX:
            break
    if pending:
        raise Pending("RECEIPTS_PENDING", f"至少 {pending} 张财政电子票据尚未得到财政系统答复")
    return counts


def _unissued(period: str, code: str) -> Iterator[ReceiptRecord]:
    """A winner's receipts that are not issued, each once; one that follows from another's reversal too."""
    tried: set[int] = set()
    while left := [each for each in receipts_of(period, code) if each.status in _OPEN and each.turn not in tried]:
        tried.add(int(left[0].turn))
        yield left[0]


def issue(files: Files, office: Office, record: ReceiptRecord) -> None:
    """Take one receipt from where it stands to issued. Raises ``Pending``, ``InvalidInput`` (``RECEIPT_REFUSED``).

    What may have been issued is asked for first: only where the treasury says that it has none is it sent, unchanged.
    """
    if record.status == ReceiptState.PLANNED:
        _number(office, record)
    file = _fetch(office, record) if record.sent_at_ms else None
    if file is None:
        if not record.sent_at_ms:
            record.update([ReceiptRecord.sent_at_ms.set(office.clock.now_ms())])
        office.link.issue_receipt(_receipt(office, record), record.issue_message_id)
        file = _fetch(office, record)
    if file is None:
        raise Pending("RECEIPT_NOT_THERE", "财政系统尚未生成该电子票据")
    sealed = office.vault.seal_bytes(file, owner_of(record.period, record.code))
    files.write("work", record.file_key, sealed.encode(), "text/plain")
    actions = [
        ReceiptRecord.state.set(ReceiptState.ISSUED),
        ReceiptRecord.issued_at_ms.set(office.clock.now_ms()),
        ReceiptRecord.file_sha256.set(hashlib.sha256(file).hexdigest()),
    ]
    advance_receipt(record, actions, ReceiptRecord.state == ReceiptState.NUMBERED)
    if record.reverses:
        _reverse(record, office.clock.now_ms())


def _number(office: Office, record: ReceiptRecord) -> None:
    now_ms = office.clock.now_ms()
    number = office.link.take_receipt_number(local_date(now_ms), record.number_message_id)
    check = office.vault.lookup("receipt check", f"{number}/{record.pay_code}")[:CHECK_CODE_CHARACTERS].upper()
    actions = [
        ReceiptRecord.state.set(ReceiptState.NUMBERED),
        ReceiptRecord.number.set(number),
        ReceiptRecord.check_code.set(check),
        ReceiptRecord.face_at_ms.set(now_ms),
    ]
    advance_receipt(record, actions, ReceiptRecord.state == ReceiptState.PLANNED)


def _fetch(office: Office, record: ReceiptRecord) -> bytes | None:
    now_ms = office.clock.now_ms()
    try:
        asked = message_id("8982", record.number, str(now_ms))
        return office.link.fetch_receipt(record.number, local_date(now_ms), asked)
    except NotFound:
        return None


def _receipt(office: Office, record: ReceiptRecord) -> Receipt:
    applicant = applicants.get(record.period, record.code)
    return Receipt(
        number=record.number,
        check_code=record.check_code,
        pay_code=record.pay_code,
        payer_name=applicant.name(office.vault),
        payer_ref=applicant.id_number(office.vault),
        amount_fen=int(record.amount_fen),
        issued_at_ms=int(record.face_at_ms),
        reverses=record.reverses,
    )


def _reverse(record: ReceiptRecord, now_ms: int) -> None:
    """The receipt that another cancels is reversed, whether or not it was written off."""
    for each in receipts_of(record.period, record.code):
        if each.number == record.reverses:
            actions = [ReceiptRecord.state.set(ReceiptState.REVERSED), ReceiptRecord.reversed_at_ms.set(now_ms)]
            advance_receipt(each, actions, ReceiptRecord.state.is_in(ReceiptState.ISSUED, ReceiptState.WRITTEN_OFF))
    notice = records.find_notice(record.period, record.code)
    if notice is not None and notice.status == NoticeStatus.PAID and notice.pay_code == record.pay_code:
        plan_receipt(notice)


def receipt_file(files: Files, office: Office, record: ReceiptRecord) -> bytes:
    """The treasury's file of an issued receipt. Raises ``NotFound`` (``RECEIPT_UNKNOWN``) before it was issued."""
    if not record.file_sha256:
        raise NotFound("RECEIPT_UNKNOWN", "财政电子票据尚未开具")
    sealed = files.read("work", record.file_key).decode()
    return office.vault.open_bytes(sealed, owner_of(record.period, record.code))
