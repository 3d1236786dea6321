"""The sheets that list every credit, deposit and refund. Pure."""

from __future__ import annotations

from chalicelib.kernel.clock import from_ms
from chalicelib.reports import words
from chalicelib.reports.month import Month
from chalicelib.reports.table import Column, Kind, Table

_MASKED = "个人信息已脱敏。金额单位:元。"


def credit_details(month: Month) -> Table:
    """Every payment that came in, by channel and arrival."""
    rows = [
        (
            words.word(words.CHANNELS, row.channel),
            row.serial,
            from_ms(row.arrived_at_ms).replace(tzinfo=None),
            row.valued_on,
            row.amount_fen,
            row.code,
            words.word(words.CREDITS, row.state),
            words.word(words.REASONS, row.reason),
            row.payer,
            row.account,
        )
        for row in month.credits
    ]
    columns = (
        Column("渠道", width=12),
        Column("银行流水号", width=26),
        Column("到账时间", Kind.MOMENT, 20),
        Column("起息日", Kind.DAY, 12),
        Column("金额(元)", Kind.MONEY, 16, total=True),
        Column("申请编码", width=16),
        Column("状态", width=10),
        Column("原因", width=16),
        Column("付款人", width=14),
        Column("付款账号", width=24),
    )
    return Table("到账明细", "到账明细表", _MASKED, columns, rows, long=True)


def deposit_details(month: Month) -> Table:
    """Every deposit, by application code."""
    rows = [
        (
            row.code,
            words.word(words.CHANNELS, row.channel),
            row.serial,
            row.amount_fen,
            row.excess_fen,
            row.valued_on,
            words.word(words.DEPOSITS, row.state),
        )
        for row in month.deposits
    ]
    columns = (
        Column("申请编码", width=16),
        Column("渠道", width=12),
        Column("银行流水号", width=26),
        Column("保证金(元)", Kind.MONEY, 16, total=True),
        Column("溢缴(元)", Kind.MONEY, 14, total=True),
        Column("起息日", Kind.DAY, 12),
        Column("状态", width=10),
    )
    return Table("保证金明细", "保证金明细表", "金额单位:元。", columns, rows, long=True)


def refund_details(month: Month) -> Table:
    """Every payment ordered, by batch."""
    rows = [
        (
            words.batch_word(row.batch),
            row.our_ref,
            words.word(words.CHANNELS, row.channel),
            words.word(words.SOURCES, row.source),
            row.code,
            row.principal_fen,
            row.interest_fen,
            row.principal_fen + row.interest_fen,
            row.leaves_on,
            words.word(words.REFUNDS, row.state),
            row.bank_code,
            row.payee,
            row.account,
        )
        for row in month.refunds
    ]
    columns = (
        Column("批次", width=12),
        Column("付款编号", width=36),
        Column("渠道", width=12),
        Column("来源", width=10),
        Column("申请编码", width=16),
        Column("本金(元)", Kind.MONEY, 16, total=True),
        Column("利息(元)", Kind.MONEY, 12, total=True),
        Column("合计(元)", Kind.MONEY, 16, total=True),
        Column("付款日", Kind.DAY, 12),
        Column("状态", width=12),
        Column("银行代码", width=10),
        Column("收款人", width=14),
        Column("收款账号", width=24),
    )
    return Table("退款明细", "退款明细表", _MASKED, columns, rows, long=True)
