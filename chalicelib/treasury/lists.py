"""The period's notices, receipts and surplus payments as rows for finance and the treasury: no personal data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.csv_table import csv_table
from chalicelib.kernel.money import yuan_text
from chalicelib.treasury import records
from chalicelib.treasury.receipt_records import ReceiptRecord, ReceiptState, receipts
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import Finding, NoticeStatus, surplus_fen

FINDINGS = {
    Finding.UNKNOWN_CODE: "缴款码不存在",
    Finding.PARTIAL: "金额不足",
    Finding.OVERPAID: "金额超出",
    Finding.TOO_EARLY: "早于开具时间",
    Finding.TOO_LATE: "逾期缴款",
    Finding.PAID_TWICE: "重复缴款",
    Finding.NOTICE_VOID: "通知书已作废",
    Finding.NOT_PAYABLE: "已认定违约",
}
RECEIPT_STATES = {
    ReceiptState.PLANNED: "待取号",
    ReceiptState.NUMBERED: "待开具",
    ReceiptState.ISSUED: "已开具",
    ReceiptState.WRITTEN_OFF: "已核销",
    ReceiptState.REVERSED: "已冲红",
}
_RECEIPT_COLUMNS = (
    "申请编码",
    "缴款码",
    "票据号码",
    "校验码",
    "金额(元)",
    "状态",
    "开具时间",
    "核销时间",
    "冲红原票号",
)
_SURPLUS_COLUMNS = ("缴款码", "申请编码", "情形", "到账金额(元)", "应退金额(元)", "确认时间", "银行流水号")


@dataclass(frozen=True)
class NoticeLine:
    """A notice. Amounts in fen, instants in epoch ms, 0 where it never came to that."""

    code: str
    bidder_class: str
    rank: int
    pay_code: str
    replaces: str
    amount_fen: int
    state: str
    paid_at_ms: int
    paid_by: str
    bank_serial: str
    void_cause: str
    released: bool
    forfeited_fen: int


@dataclass(frozen=True)
class ReceiptLine:
    """A receipt; one that reverses another has its number in ``reverses`` and a negative amount."""

    code: str
    pay_code: str
    number: str
    check_code: str
    amount_fen: int
    state: str
    issued_at_ms: int
    written_off_at_ms: int
    reverses: str


@dataclass(frozen=True)
class SurplusLine:
    """Money at the treasury that pays no notice; ``surplus_fen`` of it the treasury owes its payer."""

    message_id: str
    pay_code: str
    code: str
    finding: str
    amount_fen: int
    surplus_fen: int
    confirmed_at_ms: int
    bank_serial: str


@dataclass(frozen=True)
class TreasuryLists:
    """Everything of a period, and the two lists that must be empty before its month is sealed (pay codes)."""

    notices: tuple[NoticeLine, ...]
    receipts: tuple[ReceiptLine, ...]
    surplus: tuple[SurplusLine, ...]
    payments_without_receipt: tuple[str, ...]
    receipts_without_payment: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As the API shows it."""
        return asdict(self)


def treasury_lists(period: str) -> TreasuryLists:
    """The period as it stands. The same records give the same rows, in the same order."""
    current, issued = list(records.notices(period)), list(receipts(period))
    paid = {notice.pay_code: int(notice.amount_fen) for notice in current if notice.status == NoticeStatus.PAID}
    has = {each.pay_code: int(each.amount_fen) for each in issued if each.stands and each.file_sha256}
    return TreasuryLists(
        notices=tuple(sorted(map(_notice, [*current, *records.replaced(period)]), key=lambda line: line.pay_code)),
        receipts=tuple(_receipt(each) for each in sorted(issued, key=lambda each: (each.pay_code, each.turn))),
        surplus=_surplus(period, {notice.pay_code: notice for notice in current}),
        payments_without_receipt=tuple(sorted(pay_code for pay_code, fen in paid.items() if has.get(pay_code) != fen)),
        receipts_without_payment=tuple(sorted(pay_code for pay_code, fen in has.items() if paid.get(pay_code) != fen)),
    )


def _notice(notice: NoticeRecord) -> NoticeLine:
    return NoticeLine(
        code=notice.code,
        bidder_class=notice.bidder_class,
        rank=int(notice.rank),
        pay_code=notice.pay_code,
        replaces=notice.replaces,
        amount_fen=int(notice.amount_fen),
        state=notice.state,
        paid_at_ms=int(notice.paid_at_ms),
        paid_by=notice.paid_by,
        bank_serial=notice.bank_serial,
        void_cause=notice.void_cause if notice.status == NoticeStatus.VOID else "",
        released=notice.released,
        forfeited_fen=int(notice.forfeited_fen),
    )


def _receipt(record: ReceiptRecord) -> ReceiptLine:
    amount_fen = int(record.amount_fen)
    return ReceiptLine(
        code=record.code,
        pay_code=record.pay_code,
        number=record.number,
        check_code=record.check_code,
        amount_fen=-amount_fen if record.reverses else amount_fen,
        state=record.state,
        issued_at_ms=int(record.issued_at_ms),
        written_off_at_ms=int(record.written_off_at_ms),
        reverses=record.reverses,
    )


def _surplus(period: str, by_pay_code: dict[str, NoticeRecord]) -> tuple[SurplusLine, ...]:
    lines = []
    for each in records.surplus(period):
        notice = by_pay_code.get(each.pay_code)
        price_fen, status = (int(notice.amount_fen), notice.status) if notice else (0, None)
        amount_fen = int(each.amount_fen)
        lines.append(
            SurplusLine(
                message_id=each.message_id,
                pay_code=each.pay_code,
                code=each.code,
                finding=each.finding,
                amount_fen=amount_fen,
                surplus_fen=surplus_fen(Finding(each.finding), amount_fen, price_fen, status),
                confirmed_at_ms=int(each.confirmed_at_ms),
                bank_serial=each.bank_serial,
            )
        )
    return tuple(sorted(lines, key=lambda line: (line.confirmed_at_ms, line.message_id)))


def receipts_csv(lines: Iterable[ReceiptLine]) -> bytes:
    """The receipts for finance."""
    return csv_table(_RECEIPT_COLUMNS, (_receipt_row(line) for line in lines))


def surplus_csv(lines: Iterable[SurplusLine]) -> bytes:
    """What the treasury is told that it owes back."""
    return csv_table(
        _SURPLUS_COLUMNS,
        (
            (
                line.pay_code,
                line.code,
                FINDINGS[Finding(line.finding)],
                yuan_text(line.amount_fen),
                yuan_text(line.surplus_fen),
                local_text(line.confirmed_at_ms),
                line.bank_serial,
            )
            for line in lines
        ),
    )


def _receipt_row(line: ReceiptLine) -> Sequence[str]:
    return (
        line.code,
        line.pay_code,
        line.number,
        line.check_code,
        yuan_text(line.amount_fen),
        RECEIPT_STATES[ReceiptState(line.state)],
        local_text(line.issued_at_ms) if line.issued_at_ms else "",
        local_text(line.written_off_at_ms) if line.written_off_at_ms else "",
        line.reverses,
    )
