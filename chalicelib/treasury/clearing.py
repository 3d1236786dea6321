"""What the regulator is told at the deadline, and what is sealed of it: one row a winner, no personal data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.csv_table import csv_table
from chalicelib.kernel.files import Files
from chalicelib.kernel.money import yuan_text
from chalicelib.treasury import records
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import NoticeStatus

COLUMNS = (
    "申请编码", "类别", "名次", "成交价(元)", "缴款码", "缴款状态", "缴款时间", "已缴金额(元)", "没收保证金(元)",
)  # fmt: skip
CLASSES = {"individual": "个人", "unit": "单位"}
STATES = {
    NoticeStatus.ISSUED: "待登记",
    NoticeStatus.REGISTERED: "待缴款",
    NoticeStatus.PAID: "已缴款",
    NoticeStatus.VOID: "已作废",
    NoticeStatus.DEFAULTED: "违约",
}


def clearing(files: Files, period: str) -> dict[str, Any]:
    """Write the clearing file for the regulator, its SM3 sidecar first.

    Returns ``{"key", "winners", "paid", "paid_fen", "defaulted", "forfeit_fen"}``; the key is in the outbox. The same
    states give the same bytes.
    """
    notices = _ordered(period)
    content = _csv(notices)
    name = f"clearing-{period}.csv"
    key = f"regulator/clearing/{period}/{name}"
    sidecar = f"{hashlib.new('sm3', content).hexdigest()}  {name}\n"
    files.write("outbox", f"{key}.sm3", sidecar.encode(), "text/plain")
    files.write("outbox", key, content, "text/csv")
    paid = [notice for notice in notices if notice.status == NoticeStatus.PAID]
    defaulted = [notice for notice in notices if notice.status == NoticeStatus.DEFAULTED]
    return {
        "key": key,
        "winners": len(notices),
        "paid": len(paid),
        "paid_fen": sum(int(notice.amount_fen) for notice in paid),
        "defaulted": len(defaulted),
        "forfeit_fen": sum(int(notice.forfeited_fen) for notice in defaulted),
    }


def export(files: Files, period: str) -> dict[str, Any]:
    """Write the same table to the work bucket, to be sealed: ``{"files": [{"name", "key"}]}``."""
    key = f"treasury/{period}/settlement.csv"
    files.write("work", key, _csv(_ordered(period)), "text/csv")
    return {"files": [{"name": "settlement.csv", "key": key}]}


def _ordered(period: str) -> list[NoticeRecord]:
    # Pay codes were given out in the order of the result.
    return sorted(records.notices(period), key=lambda notice: notice.pay_code)


def _csv(notices: Sequence[NoticeRecord]) -> bytes:
    return csv_table(COLUMNS, (_row(notice) for notice in notices))


def _row(notice: NoticeRecord) -> tuple[str, ...]:
    paid = notice.status == NoticeStatus.PAID
    return (
        notice.code,
        CLASSES[notice.bidder_class],
        str(int(notice.rank)),
        yuan_text(int(notice.amount_fen)),
        notice.pay_code,
        STATES[notice.status],
        local_text(int(notice.paid_at_ms)) if paid else "",
        yuan_text(int(notice.amount_fen)) if paid else "0.00",
        yuan_text(int(notice.forfeited_fen)),
    )
