"""The cover: the month in a few lines, and whether it balances; each figure points at its sheet. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.reports.month import Month
from chalicelib.reports.table import Formula, Table
from chalicelib.reports.tally import Tally

BALANCED, OPEN = "平", "不平"
SIGNATURES = ("制表人", "复核人", "财务负责人", "单位负责人(盖章)")

Tables = Mapping[str, Table]


@dataclass(frozen=True)
class CoverLine:
    """An item with a count, an amount in fen, or both."""

    item: str
    count: Formula | int | None = None
    amount: Formula | None = None


@dataclass(frozen=True)
class Check:
    """A difference in fen, or a count, that must be zero."""

    item: str
    difference: Formula
    counts: bool = False

    @property
    def holds(self) -> bool:
        """Whether it is zero."""
        return not self.difference.value


def lines(month: Month, tables: Tables) -> list[CoverLine]:
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
        CoverLine("上期延期转入", None, total("延期退保", "转入(元)")),
        CoverLine("延期转出至下期", None, total("延期退保", "转出(元)")),
        CoverLine("付款指令(退款及上缴)", total("退款", "笔数"), total("退款", "合计(元)")),
        CoverLine("其中:利息", None, total("退款", "利息(元)")),
        CoverLine("其中:已付", None, total("退款", "已付(元)")),
        CoverLine("其中:退回", total("退款", "退回笔数"), total("退款", "退回(元)")),
        CoverLine("违约没收", _count(tables["没收"], "申请编码"), total("没收", "没收保证金(元)")),
        CoverLine("成交价款应缴", _count(tables["成交价款"], "申请编码"), total("成交价款", "应缴(元)")),
        CoverLine("成交价款实缴", total("财政清分", "已缴(份)"), total("成交价款", "实缴(元)")),
        CoverLine("财政电子票据", _count(tables["票据"], "缴款码"), total("票据", "金额(元)")),
        CoverLine("账簿分录", month.entries),
    ]


def _count(table: Table, heading: str) -> Formula:
    return Formula(f"COUNTA({table.range(heading)})", len(table.rows))


def checks(month: Month, found: Tally, tables: Tables) -> list[Check]:
    """What must be zero before a month is closed. Differences of many accounts are added up without their signs, so
    that none hides another."""
    balance, bank = tables["试算平衡"], tables["对账"]
    credits_in, deposits = tables["到账明细"], tables["保证金明细"]
    every = found.all_deposits()
    # What stayed from the period before was paid then, and what it was paid with is not among this period's credits.
    placed = every.fen + every.excess_fen - found.rolled_in.fen - found.rolled_excess_fen
    came, kept = credits_in.range("金额(元)"), f'{deposits.range("转入自")},"20*"'
    rolled = "+".join(f"SUMIFS({deposits.range(heading)},{kept})" for heading in ("保证金(元)", "溢缴(元)"))
    lost = sum(row.forfeited_fen for row in month.notices)
    unmatched = tables["票据核对"]
    return [
        _check("借贷合计差额", balance.total_cell("余额(元)"), balance.total_value("余额(元)")),
        _check(
            "账簿余额 - 封存链余额",
            _apart(balance, "差额(元)"),
            sum(abs(row.debit_fen - row.credit_fen - row.sealed_fen) for row in month.balances),
        ),
        _check(
            "银行余额推算差额",
            _apart(bank, "推算差额(元)"),
            sum(
                abs(row.opening_fen + row.credits_fen + row.interest_fen - row.debits_fen - row.closing_fen)
                for row in month.banks
            ),
        ),
        _check(
            "银行余额账簿差额",
            _apart(bank, "账簿差额(元)"),
            sum(abs(row.ledger_fen - row.closing_fen) for row in month.banks),
        ),
        _check(
            "已匹配到账 - 保证金 - 溢缴 + 延期转入",
            f'SUMIFS({came},{credits_in.range("状态")},"已匹配")'
            f"-{deposits.total_cell('保证金(元)')}-{deposits.total_cell('溢缴(元)')}+{rolled}",
            found.credits["matched"].fen - placed,
        ),
        _check(
            "没收状态保证金 - 违约没收",
            f'SUMIFS({deposits.range("保证金(元)")},{deposits.range("状态")},"没收")'
            f"-{tables['没收'].total_cell('没收保证金(元)')}",
            found.deposits["forfeited"].fen - lost,
        ),
        Check(
            "缴款与票据不符(笔)",
            Formula(f"COUNTA({unmatched.range('缴款码')})", len(unmatched.rows)),
            counts=True,
        ),
    ]


def verdict(check: Check, cell: str) -> Formula:
    """Whether the difference in a cell is zero, in a word."""
    return Formula(f'IF({cell}=0,"{BALANCED}","{OPEN}")', BALANCED if check.holds else OPEN)


def _apart(table: Table, heading: str) -> str:
    return f"SUMPRODUCT(ABS({table.range(heading)}))"


def _check(item: str, formula: str, fen: int) -> Check:
    return Check(item, Formula(f"ROUND({formula},2)", fen))
