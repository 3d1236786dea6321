"""The sheets that list every credit, deposit, refund and rollover: rows are made as they are written. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kernel.spool import Made
from chalicelib.reports import words
from chalicelib.reports.month import Month
from chalicelib.reports.table import Cell, Column, Kind, Table
from chalicelib.reports.tally import CAME_BACK, Tally

_MASKED = "个人信息已脱敏。金额单位:元。"


_EPOCH = datetime(1970, 1, 1, 8)  # noqa: DTZ001 (as Shanghai's clocks showed it: a cell has no time zone)
_Row = tuple[Cell, ...]


def moment(at_ms: int) -> datetime | None:
    """An instant as a cell shows it, Asia/Shanghai; ``None`` for one that never came."""
    return _EPOCH + timedelta(milliseconds=at_ms) if at_ms else None


def credit_details(month: Month, found: Tally) -> Table:
    """Every payment that came in, by channel and arrival."""

    def rows() -> Iterator[_Row]:
        channels, states, reasons = words.CHANNELS, words.CREDITS, words.REASONS
        for row in month.credits:
            arrived = _EPOCH + timedelta(milliseconds=row.arrived_at_ms)
            yield (
                channels.get(row.channel, row.channel),
                row.serial,
                arrived,
                arrived.date(),
                row.valued_on,
                row.amount_fen,
                row.code,
                states.get(row.state, row.state),
                reasons.get(row.reason, row.reason),
                row.payer,
                row.account,
            )

    columns = (
        Column("渠道", width=12),
        Column("银行流水号", width=26),
        Column("到账时间", Kind.MOMENT, 20),
        Column("到账日", Kind.DAY, 12),
        Column("起息日", Kind.DAY, 12),
        Column("金额(元)", Kind.MONEY, 16, total=True),
        Column("申请编码", width=16),
        Column("状态", width=10),
        Column("原因", width=16),
        Column("付款人", width=14),
        Column("付款账号", width=24),
    )
    totals = {"金额(元)": found.all_credits().fen}
    return Table("到账明细", "到账明细表", _MASKED, columns, Made(rows, len(month.credits)), long=True, totals=totals)


def deposit_details(month: Month, found: Tally) -> Table:
    """Every deposit, by application code; one that stayed from the period before says so."""

    def rows() -> Iterator[_Row]:
        channels, states = words.CHANNELS, words.DEPOSITS
        for row in month.deposits:
            yield (
                row.code,
                channels.get(row.channel, row.channel),
                row.serial,
                row.amount_fen,
                row.excess_fen,
                row.valued_on,
                states.get(row.state, row.state),
                row.rolled_from,
            )

    columns = (
        Column("申请编码", width=16),
        Column("渠道", width=12),
        Column("银行流水号", width=26),
        Column("保证金(元)", Kind.MONEY, 16, total=True),
        Column("溢缴(元)", Kind.MONEY, 14, total=True),
        Column("起息日", Kind.DAY, 12),
        Column("状态", width=10),
        Column("转入自", width=12),
    )
    every = found.all_deposits()
    totals = {"保证金(元)": every.fen, "溢缴(元)": every.excess_fen}
    note = "金额单位:元。转入自:上期延期至本期的保证金。"
    return Table("保证金明细", "保证金明细表", note, columns, Made(rows, len(month.deposits)), long=True, totals=totals)


def refund_details(month: Month, found: Tally) -> Table:
    """Every payment ordered, by batch."""

    def rows() -> Iterator[_Row]:
        channels, sources, states = words.CHANNELS, words.SOURCES, words.REFUNDS
        for row in month.refunds:
            yield (
                words.batch_word(row.batch),
                row.our_ref,
                channels.get(row.channel, row.channel),
                sources.get(row.source, row.source),
                row.code,
                row.principal_fen,
                row.interest_fen,
                row.principal_fen + row.interest_fen,
                row.leaves_on,
                states.get(row.state, row.state),
                row.bank_code,
                row.payee,
                row.account,
            )

    columns = (
        Column("批次", width=12),
        Column("付款编号", width=36),
        Column("渠道", width=12),
        Column("来源", width=12),
        Column("申请编码", width=16),
        Column("本金(元)", Kind.MONEY, 16, total=True),
        Column("利息(元)", Kind.MONEY, 12, total=True),
        Column("合计(元)", Kind.MONEY, 16, total=True),
        Column("付款日", Kind.DAY, 12),
        Column("状态", width=12),
        Column("银行代码", width=12),
        Column("收款人", width=14),
        Column("收款账号", width=24),
    )
    every = found.refunds_where(lambda *_: True)
    totals = {"本金(元)": every.principal_fen, "利息(元)": every.interest_fen, "合计(元)": every.fen}
    return Table("退款明细", "退款明细表", _MASKED, columns, Made(rows, len(month.refunds)), long=True, totals=totals)


def failed_refunds(month: Month, found: Tally) -> Table:
    """Payments that came back, and whether they were sent again."""

    def rows() -> Iterator[_Row]:
        for row in month.refunds:
            if row.state in CAME_BACK:
                yield (
                    words.batch_word(row.batch),
                    row.our_ref,
                    words.word(words.CHANNELS, row.channel),
                    row.code,
                    row.principal_fen + row.interest_fen,
                    row.bank_code,
                    row.reason,
                    words.word(words.REFUNDS, row.state),
                    row.payee,
                    row.account,
                )

    columns = (
        Column("批次", width=12),
        Column("付款编号", width=36),
        Column("渠道", width=12),
        Column("申请编码", width=16),
        Column("退回(元)", Kind.MONEY, 16, total=True),
        Column("银行代码", width=12),
        Column("失败原因", width=22),
        Column("处理", width=14),
        Column("收款人", width=14),
        Column("收款账号", width=24),
    )
    back = found.refunds_where(lambda _batch, _channel, state: state in CAME_BACK)
    note = f"{_MASKED}已更换账号的款项在重发批次中再次列示。"
    totals = {"退回(元)": back.fen}
    return Table("退款失败", "退款失败明细表", note, columns, Made(rows, back.count), long=True, totals=totals)


def rollovers(month: Month, found: Tally) -> Table:
    """Deposits that stayed: in from the period before, out into the next one."""

    def rows() -> Iterator[_Row]:
        for row in month.deposits:
            if row.rolled_from:
                yield (words.ROLLED_IN, row.code, row.rolled_from, month.period, row.amount_fen, 0, row.valued_on)
        for row in month.deposits:
            if row.state == "rolled":
                yield (words.ROLLED_OUT, row.code, month.period, "下一期", 0, row.amount_fen, row.valued_on)

    columns = (
        Column("方向", width=10),
        Column("申请编码", width=18),
        Column("转出期", width=12),
        Column("转入期", width=12),
        Column("转入(元)", Kind.MONEY, 18, total=True),
        Column("转出(元)", Kind.MONEY, 18, total=True),
        Column("起息日", Kind.DAY, 14),
    )
    totals = {"转入(元)": found.rolled_in.fen, "转出(元)": found.rolled_out.fen}
    made = Made(rows, found.rolled_in.count + found.rolled_out.count)
    note = "金额单位:元。延期退保的保证金利息连续计算,溢缴部分不随延期转出。"
    return Table("延期退保", "延期退保转入转出表", note, columns, made, long=True, totals=totals)
