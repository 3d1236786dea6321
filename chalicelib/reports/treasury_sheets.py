"""The sheets about the treasury: price payments, clearing, receipts and what does not fit, surplus, forfeits. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.reports import words
from chalicelib.reports.details import moment
from chalicelib.reports.month import Month, NoticeRow
from chalicelib.reports.table import FIRST_ROW, Cell, Column, Formula, Kind, Table
from chalicelib.treasury.rules import NoticeStatus

_YUAN = "金额单位:元。"


def forfeits(month: Month) -> Table:
    """Who defaulted, and what it cost."""
    rows = [
        (
            row.code,
            words.word(words.CLASSES, row.bidder_class),
            row.amount_fen,
            row.forfeited_fen,
            moment(row.defaulted_at_ms),
            row.defaulted_by,
        )
        for row in month.notices
        if row.state == NoticeStatus.DEFAULTED
    ]
    columns = (
        Column("申请编码", width=16),
        Column("类别", width=10),
        Column("成交价(元)", Kind.MONEY, 18, total=True),
        Column("没收保证金(元)", Kind.MONEY, 18, total=True),
        Column("认定时间", Kind.MOMENT, 20),
        Column("审批人", width=16),
    )
    return Table("没收", "违约没收保证金表", _YUAN, columns, rows)


def prices(month: Month) -> Table:
    """What every winner owed, and whether the treasury has it."""
    rows: list[tuple[Cell, ...]] = []
    paid = words.NOTICES[NoticeStatus.PAID]
    for place, row in enumerate(month.notices):
        line = FIRST_ROW + place + 1
        is_paid = row.state == NoticeStatus.PAID
        rows.append(
            (
                row.code,
                words.word(words.CLASSES, row.bidder_class),
                row.rank,
                row.amount_fen,
                row.pay_code,
                words.word(words.NOTICES, row.state),
                Formula(f'IF(F{line}="{paid}",D{line},0)', row.amount_fen if is_paid else 0),
                moment(row.paid_at_ms) if is_paid else None,
                words.word(words.PROOFS, row.paid_by),
                row.bank_serial,
            )
        )
    columns = (
        Column("申请编码", width=16),
        Column("类别", width=8),
        Column("名次", Kind.COUNT, 8),
        Column("应缴(元)", Kind.MONEY, 18, total=True),
        Column("缴款码", width=24),
        Column("状态", width=10),
        Column("实缴(元)", Kind.MONEY, 18, total=True),
        Column("缴款时间", Kind.MOMENT, 20),
        Column("依据", width=12),
        Column("银行流水号", width=26),
    )
    return Table("成交价款", "成交价款缴纳表", f"{_YUAN}价款直接缴入财政,不经本账簿。", columns, rows, long=True)


def clearing(month: Month, prices_of: Table, forfeits_of: Table) -> Table:
    """What the treasury clears, by class: notices, paid, defaulted, void, quota not taken, forfeited deposits."""
    rows: list[tuple[Cell, ...]] = []
    for place, name in enumerate(sorted({*month.results, *(row.bidder_class for row in month.notices)})):
        line = FIRST_ROW + place + 1
        label = words.word(words.CLASSES, name)
        notices = [row for row in month.notices if row.bidder_class == name]
        of_class = f'{prices_of.range("类别")},"{label}"'
        paid = [row for row in notices if row.state == NoticeStatus.PAID]
        quota = int(month.results.get(name, {}).get("quota", 0))
        rows.append(
            (
                label,
                quota,
                Formula(f"COUNTIFS({of_class})", len(notices)),
                Formula(f"SUMIFS({prices_of.range('应缴(元)')},{of_class})", sum(row.amount_fen for row in notices)),
                _counted(notices, prices_of, of_class, NoticeStatus.PAID),
                Formula(f"SUMIFS({prices_of.range('实缴(元)')},{of_class})", sum(row.amount_fen for row in paid)),
                _counted(notices, prices_of, of_class, NoticeStatus.DEFAULTED),
                Formula(
                    f'SUMIFS({forfeits_of.range("没收保证金(元)")},{forfeits_of.range("类别")},"{label}")',
                    sum(row.forfeited_fen for row in notices if row.state == NoticeStatus.DEFAULTED),
                ),
                _counted(notices, prices_of, of_class, NoticeStatus.VOID),
                Formula(f"B{line}-E{line}", quota - len(paid)),
            )
        )
    columns = (
        Column("类别", width=10),
        Column("配额", Kind.COUNT, 10, total=True),
        Column("通知书(份)", Kind.COUNT, 12, total=True),
        Column("应缴价款(元)", Kind.MONEY, 18, total=True),
        Column("已缴(份)", Kind.COUNT, 10, total=True),
        Column("已缴价款(元)", Kind.MONEY, 18, total=True),
        Column("违约(份)", Kind.COUNT, 10, total=True),
        Column("没收保证金(元)", Kind.MONEY, 18, total=True),
        Column("作废(份)", Kind.COUNT, 10, total=True),
        Column("未使用配额", Kind.COUNT, 12, total=True),
    )
    return Table("财政清分", "财政清分汇总表", f"{_YUAN}未使用配额 = 配额 - 已缴份数。", columns, rows)


def _counted(notices: Sequence[NoticeRow], prices_of: Table, of_class: str, state: NoticeStatus) -> Formula:
    found = sum(row.state == state for row in notices)
    return Formula(f'COUNTIFS({of_class},{prices_of.range("状态")},"{words.NOTICES[state]}")', found)


def receipts(month: Month) -> Table:
    """Every e-receipt, by pay code."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.code,
            row.pay_code,
            row.number,
            row.check_code,
            row.amount_fen,
            words.word(words.RECEIPTS, row.state),
            moment(row.issued_at_ms),
            moment(row.written_off_at_ms),
            row.reverses,
        )
        for row in month.receipts
    ]
    columns = (
        Column("申请编码", width=16),
        Column("缴款码", width=24),
        Column("票据号码", width=16),
        Column("校验码", width=10),
        Column("金额(元)", Kind.MONEY, 18, total=True),
        Column("状态", width=10),
        Column("开具时间", Kind.MOMENT, 20),
        Column("核销时间", Kind.MOMENT, 20),
        Column("冲红原票号", width=16),
    )
    return Table("票据", "财政电子票据明细表", f"{_YUAN}冲红票据以负数列示。", columns, rows, long=True)


def unmatched(month: Month) -> Table:
    """Payments without a receipt and receipts without a payment: must be empty."""
    rows: list[tuple[Cell, ...]] = [
        (words.UNMATCHED[row.what], row.pay_code, row.amount_fen) for row in month.unmatched
    ]
    columns = (
        Column("情形", width=24),
        Column("缴款码", width=30),
        Column("金额(元)", Kind.MONEY, 20, total=True),
    )
    note = f"{_YUAN}有缴款无票据、有票据无缴款均须为空。"
    return Table("票据核对", "缴款与票据核对表", note, columns, rows)


def surplus(month: Month) -> Table:
    """Money that reached the treasury and pays no notice."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.pay_code,
            row.code,
            words.word(words.SURPLUS, row.finding),
            row.amount_fen,
            row.surplus_fen,
            moment(row.confirmed_at_ms),
            row.bank_serial,
        )
        for row in month.surplus
    ]
    columns = (
        Column("缴款码", width=24),
        Column("申请编码", width=16),
        Column("情形", width=16),
        Column("到账金额(元)", Kind.MONEY, 18, total=True),
        Column("应退金额(元)", Kind.MONEY, 18, total=True),
        Column("确认时间", Kind.MOMENT, 20),
        Column("银行流水号", width=26),
    )
    return Table("异常缴款", "异常缴款及应退表", f"{_YUAN}由财政退还缴款人,不经本账簿。", columns, rows)
