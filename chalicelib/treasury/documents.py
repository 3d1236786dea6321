"""A notice as a document: whole for its winner, masked for everybody else, and stamped with what became of it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from chalicelib.applicants import records as applicants
from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.privacy import Vault, mask_id, mask_name
from chalicelib.periods.words import CLASSES
from chalicelib.treasury.notice_page import VOID, NoticePage
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import NoticeStatus
from integrations.ports import PaymentGuide

PDF_TYPE = "application/pdf"
STAMPS = {NoticeStatus.PAID: "已缴款", NoticeStatus.VOID: VOID, NoticeStatus.DEFAULTED: "已违约"}


def notice_document(notice: NoticeRecord, guide: PaymentGuide, vault: Vault, *, title: str, whole: bool) -> bytes:
    """The notice as a PDF. ``whole``: with name and ID in full, for the winner himself."""
    # Late: the PDF library is a third of a cold start of the API, and few of its doors draw.
    from chalicelib.treasury.notice_pdf import notice_pdf  # noqa: PLC0415

    applicant = applicants.get(notice.period, notice.code)
    name, id_number = applicant.name(vault), applicant.id_number(vault)
    amount = yuan_text(int(notice.amount_fen))
    due = from_ms(int(notice.due_at_ms))
    return notice_pdf(
        NoticePage(
            title=title,
            period=notice.period,
            code=notice.code,
            class_word=CLASSES[notice.bidder_class],
            rank=int(notice.rank),
            name=name if whole else mask_name(name),
            id_number=id_number if whole else mask_id(id_number),
            pay_code=notice.pay_code,
            amount_fen=int(notice.amount_fen),
            issued_on=f"{notice.issue_day:%Y年%m月%d日}",
            due_text=f"{notice.due_day:%Y年%m月%d日} {due:%H:%M}",
            guide=guide,
            qr_text=notice.qr_text or guide.qr_text.format(pay_code=notice.pay_code, amount=amount),
            stamp=STAMPS.get(notice.status, ""),
            remark=_remark(notice),
        )
    )


def _remark(notice: NoticeRecord) -> str:
    if notice.status == NoticeStatus.VOID:
        return f"本通知书已作废，不得缴款。原因：{notice.void_cause or '财政部门作废'}"
    return f"本通知书替代已作废的缴款码 {notice.replaces}。" if notice.replaces else ""


def as_json(content: bytes, file_name: str, content_type: str = PDF_TYPE) -> dict[str, Any]:
    """A file inside JSON: base64 comes whole through every proxy between a function and a phone."""
    if not content:
        raise NotFound("DOCUMENT_UNKNOWN", "没有该文件")
    return {
        "file_name": file_name,
        "content_type": content_type,
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode(),
    }
