"""The cover: the month in a few lines, and whether it balances; each figure points at its sheet. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.reports.month import Month
from chalicelib.reports.table import Formula, Table

BALANCED, OPEN = "平", "不平"


@dataclass(frozen=True)
class CoverLine:
    """An item with a count, an amount in fen, or both."""

    item: str
    count: Formula | int | None = None
    amount: Formula | None = None


@dataclass(frozen=True)
class Check:
    """A difference in fen that must be zero."""

    item: str
    difference: Formula


def lines(month: Month, tables: Mapping[str, Table]) -> list[CoverLine]:
    """The month's figures."""

    def total(sheet: str, heading: str) -> Formula:
        table = tables[sheet]
        return Formula(table.total_cell(heading), table.total_value(heading))

    return [
        CoverLine("申请人", month.applicants),
        CoverLine("审核合格", month.qualified),
        CoverLine("已激活", month.activated),
        CoverLine("出价", total("竞价结果", "出价人数")),
        CoverLine("买受", total("竞价结果", "买受人数")),
        CoverLine("到账", total("到账", "笔数"), total("到账", "金额(元)")),
        CoverLine("保证金", total("保证金", "人数"), total("保证金", "保证金(元)")),
        CoverLine("溢缴", None, total("保证金", "溢缴(元)")),
        CoverLine("付款指令(退款及上缴)", total("退款", "笔数"), total("退款", "合计(元)")),
        CoverLine("其中:利息", None, total("退款", "利息(元)")),
        CoverLine("其中:已付", None, total("退款", "已付(元)")),
        CoverLine("其中:退回", None, total("退款", "退回(元)")),
        CoverLine("违约没收", _count(tables["没收"], "申请编码"), total("没收", "没收保证金(元)")),
        CoverLine("成交价款应缴", _count(tables["成交价款"], "申请编码"), total("成交价款", "应缴(元)")),
        CoverLine("成交价款实缴", None, total("成交价款", "实缴(元)")),
    ]


def _count(table: Table, heading: str) -> Formula:
    return Formula(f"COUNTA({table.range(heading)})", len(table.rows))


def checks(month: Month, tables: Mapping[str, Table]) -> list[Check]:
    """What must be zero before a month is closed."""
    balance, bank = tables["试算平衡"], tables["对账"]
    credits_in, deposits = tables["到账明细"], tables["保证金明细"]
    paid_in = sum(row.amount_fen for row in month.credits if row.state == "matched")
    placed = sum(row.amount_fen + row.excess_fen for row in month.deposits)
    taken = sum(row.amount_fen for row in month.deposits if row.state == "forfeited")
    lost = sum(row.forfeited_fen for row in month.notices)
    return [
        _check("借贷合计差额", balance.total_cell("余额(元)"), balance.total_value("余额(元)")),
        _check("银行余额推算差额", bank.total_cell("推算差额(元)"), bank.total_value("推算差额(元)")),
        _check("银行余额账簿差额", bank.total_cell("账簿差额(元)"), bank.total_value("账簿差额(元)")),
        _check(
            "已匹配到账 - 保证金 - 溢缴",
            f'SUMIFS({credits_in.range("金额(元)")},{credits_in.range("状态")},"已匹配")'
            f"-{deposits.total_cell('保证金(元)')}-{deposits.total_cell('溢缴(元)')}",
            paid_in - placed,
        ),
        _check(
            "没收状态保证金 - 违约没收",
            f'SUMIFS({deposits.range("保证金(元)")},{deposits.range("状态")},"没收")'
            f"-{tables['没收'].total_cell('没收保证金(元)')}",
            taken - lost,
        ),
    ]


def verdict(check: Check, cell: str) -> Formula:
    """Whether the difference in a cell is zero, in a word."""
    return Formula(f'IF({cell}=0,"{BALANCED}","{OPEN}")', OPEN if check.difference.value else BALANCED)


def _check(item: str, formula: str, fen: int) -> Check:
    return Check(item, Formula(f"ROUND({formula},2)", fen))
