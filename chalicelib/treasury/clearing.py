"""What the regulator is told at the deadline, and what is sealed of it: one row a winner, no personal data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.auctions import records as auctions
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.csv_table import csv_table
from chalicelib.kernel.files import Files
from chalicelib.kernel.money import yuan_text
from chalicelib.periods.words import CLASSES
from chalicelib.treasury import records
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import NoticeStatus

COLUMNS = (
    "申请编码", "类别", "名次", "成交价(元)", "缴款码", "缴款状态", "缴款时间", "已缴金额(元)", "没收保证金(元)",
)  # fmt: skip
STATES = {
    NoticeStatus.ISSUED: "待登记",
    NoticeStatus.REGISTERED: "待缴款",
    NoticeStatus.PAID: "已缴款",
    NoticeStatus.VOID: "已作废",
    NoticeStatus.DEFAULTED: "违约",
}


QUOTA_COLUMNS = ("类别", "配额", "成交", "已缴款", "违约", "解除", "待处理", "未使用配额")


@dataclass(frozen=True)
class ClearingLine:
    """What the regulator is told of a winner. Amounts in fen; ``paid_at_ms`` is 0 where nothing was paid."""

    code: str
    bidder_class: str
    rank: int
    amount_fen: int
    pay_code: str
    state: str
    paid_at_ms: int
    paid_fen: int
    forfeited_fen: int


def clearing(files: Files, period: str) -> dict[str, Any]:
    """Write the clearing file for the regulator, its SM3 sidecar first, and the quota that nobody took.

    Returns ``{"key", ...}`` with what ``totals`` says; the key is in the outbox. The same states give the same bytes.
    """
    content = _csv(_ordered(period))
    name = f"clearing-{period}.csv"
    key = f"regulator/clearing/{period}/{name}"
    sidecar = f"{hashlib.new('sm3', content).hexdigest()}  {name}\n"
    files.write("outbox", f"{key}.sm3", sidecar.encode(), "text/plain")
    files.write("outbox", key, content, "text/csv")
    found = totals(period)
    rows = ((CLASSES[name], *counts.values()) for name, counts in found["quota"].items())
    files.write("outbox", f"regulator/clearing/{period}/quota-{period}.csv", csv_table(QUOTA_COLUMNS, rows), "text/csv")
    return {"key": key, **found}


def totals(period: str) -> dict[str, Any]:
    """``{"winners", "paid", "paid_fen", "defaulted", "forfeit_fen", "released", "undecided", "quota"}``.

    ``quota`` is by class ``{"quota", "winners", "paid", "defaulted", "released", "undecided", "unused"}``: unused is
    what had no winner, or whose winner defaulted or was released.
    """
    notices = _ordered(period)
    paid = [notice for notice in notices if notice.status == NoticeStatus.PAID]
    defaulted = [notice for notice in notices if notice.status == NoticeStatus.DEFAULTED]
    result = auctions.fact(period, "result") or {"classes": {}}
    return {
        "winners": len(notices),
        "paid": len(paid),
        "paid_fen": sum(int(notice.amount_fen) for notice in paid),
        "defaulted": len(defaulted),
        "forfeit_fen": sum(int(notice.forfeited_fen) for notice in defaulted),
        "released": sum(notice.released for notice in notices),
        "undecided": sum(notice.undecided for notice in notices),
        "quota": {
            name: _taken(int(each["quota"]), [notice for notice in notices if notice.bidder_class == name])
            for name, each in sorted(result["classes"].items())
        },
    }


def _taken(quota: int, notices: Sequence[NoticeRecord]) -> dict[str, int]:
    paid = sum(notice.status == NoticeStatus.PAID for notice in notices)
    defaulted = sum(notice.status == NoticeStatus.DEFAULTED for notice in notices)
    released = sum(notice.released for notice in notices)
    return {
        "quota": quota,
        "winners": len(notices),
        "paid": paid,
        "defaulted": defaulted,
        "released": released,
        "undecided": sum(notice.undecided for notice in notices),
        "unused": quota - len(notices) + defaulted + released,
    }


def lines(period: str) -> list[ClearingLine]:
    """One row a winner, in the order of the result, as it stands."""
    return [_line(notice) for notice in _ordered(period)]


def export(files: Files, period: str) -> dict[str, Any]:
    """Write the same table to the work bucket, to be sealed: ``{"files": [{"name", "key"}]}``."""
    key = f"treasury/{period}/settlement.csv"
    files.write("work", key, _csv(_ordered(period)), "text/csv")
    return {"files": [{"name": "settlement.csv", "key": key}]}


def _ordered(period: str) -> list[NoticeRecord]:
    # Pay codes were given out in the order of the result; another notice keeps its winner's first place.
    return sorted(records.notices(period), key=lambda notice: notice.first_pay_code or notice.pay_code)


def _line(notice: NoticeRecord) -> ClearingLine:
    paid = notice.status == NoticeStatus.PAID
    return ClearingLine(
        code=notice.code,
        bidder_class=notice.bidder_class,
        rank=int(notice.rank),
        amount_fen=int(notice.amount_fen),
        pay_code=notice.pay_code,
        state=STATES[notice.status] + ("(已解除)" if notice.released else ""),
        paid_at_ms=int(notice.paid_at_ms) if paid else 0,
        paid_fen=int(notice.amount_fen) if paid else 0,
        forfeited_fen=int(notice.forfeited_fen),
    )


def _csv(notices: Sequence[NoticeRecord]) -> bytes:
    return csv_table(COLUMNS, (_row(_line(notice)) for notice in notices))


def _row(line: ClearingLine) -> tuple[str, ...]:
    return (
        line.code,
        CLASSES[line.bidder_class],
        str(line.rank),
        yuan_text(line.amount_fen),
        line.pay_code,
        line.state,
        local_text(line.paid_at_ms) if line.paid_at_ms else "",
        yuan_text(line.paid_fen),
        yuan_text(line.forfeited_fen),
    )
