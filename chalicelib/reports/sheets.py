"""The sheets that sum the month up; what they say is computed from the detail sheets by formulas. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.reports import words
from chalicelib.reports.month import Month, RefundRow
from chalicelib.reports.table import FIRST_ROW, Cell, Column, Formula, Kind, Table

_YUAN = "金额单位:元。"


def auction_results(month: Month) -> Table:
    """What was announced, per class."""
    rows: list[tuple[Cell, ...]] = [
        (
            words.word(words.CLASSES, name),
            result["quota"],
            result["qualified"],
            result["bidders"],
            result["winners"],
            _fen(result["lowest"]),
            _fen(result["average"]),
            result["at_lowest"],
            result["won_at_lowest"],
            result["last_winner_at"] or "",
        )
        for name, result in month.results.items()
    ]
    columns = (
        Column("类别", width=10),
        Column("指标数", Kind.COUNT, 10, total=True),
        Column("合格人数", Kind.COUNT, 10, total=True),
        Column("出价人数", Kind.COUNT, 10, total=True),
        Column("买受人数", Kind.COUNT, 10, total=True),
        Column("最低成交价(元)", Kind.MONEY, 16),
        Column("平均成交价(元)", Kind.MONEY, 16),
        Column("最低价出价人数", Kind.COUNT, 16),
        Column("最低价成交人数", Kind.COUNT, 16),
        Column("末位成交时间", width=26),
    )
    return Table("竞价结果", "竞价结果表", _YUAN, columns, rows)


def _fen(yuan: int | None) -> int | None:
    return None if yuan is None else yuan * FEN_PER_YUAN


def credits_by_state(month: Month, details: Table) -> Table:
    """Payments that came in, by what became of them."""
    rows = []
    for state, label in words.CREDITS.items():
        found = [row for row in month.credits if row.state == state]
        rows.append(
            (
                label,
                Formula(f'COUNTIFS({details.range("状态")},"{label}")', len(found)),
                _sum(details, "金额(元)", {"状态": label}, sum(row.amount_fen for row in found)),
            )
        )
    columns = (
        Column("状态", width=16),
        Column("笔数", Kind.COUNT, 12, total=True),
        Column("金额(元)", Kind.MONEY, 18, total=True),
    )
    return Table("到账", "到账汇总表", _YUAN, columns, rows)


def deposits_by_state(month: Month, details: Table) -> Table:
    """Deposits, by where they stand."""
    rows = []
    for state, label in words.DEPOSITS.items():
        found = [row for row in month.deposits if row.state == state]
        rows.append(
            (
                label,
                Formula(f'COUNTIFS({details.range("状态")},"{label}")', len(found)),
                _sum(details, "保证金(元)", {"状态": label}, sum(row.amount_fen for row in found)),
                _sum(details, "溢缴(元)", {"状态": label}, sum(row.excess_fen for row in found)),
            )
        )
    columns = (
        Column("状态", width=16),
        Column("人数", Kind.COUNT, 12, total=True),
        Column("保证金(元)", Kind.MONEY, 18, total=True),
        Column("溢缴(元)", Kind.MONEY, 16, total=True),
    )
    return Table("保证金", "保证金汇总表", _YUAN, columns, rows)


def refunds_by_batch(month: Month, details: Table) -> Table:
    """Payments ordered, by batch: how many, how much, how much of it was paid and how much came back."""
    paid, failed = words.REFUNDS["paid"], (words.REFUNDS["failed"], words.REFUNDS["replaced"])
    rows = []
    for batch in sorted({row.batch for row in month.refunds}):
        label = words.batch_word(batch)
        lines = [row for row in month.refunds if row.batch == batch]
        of_batch = {"批次": label}
        done = [row for row in lines if row.state == "paid"]
        back = [row for row in lines if row.state in ("failed", "replaced")]
        came_back = "+".join(_sum(details, "合计(元)", of_batch | {"状态": state}, 0).text for state in failed)
        rows.append(
            (
                label,
                Formula(f'COUNTIFS({details.range("批次")},"{label}")', len(lines)),
                _sum(details, "本金(元)", of_batch, sum(row.principal_fen for row in lines)),
                _sum(details, "利息(元)", of_batch, sum(row.interest_fen for row in lines)),
                _sum(details, "合计(元)", of_batch, _amount(lines)),
                _sum(details, "合计(元)", of_batch | {"状态": paid}, _amount(done)),
                Formula(came_back, _amount(back)),
            )
        )
    columns = (
        Column("批次", width=16),
        Column("笔数", Kind.COUNT, 10, total=True),
        Column("本金(元)", Kind.MONEY, 18, total=True),
        Column("利息(元)", Kind.MONEY, 14, total=True),
        Column("合计(元)", Kind.MONEY, 18, total=True),
        Column("已付(元)", Kind.MONEY, 18, total=True),
        Column("退回(元)", Kind.MONEY, 16, total=True),
    )
    return Table("退款", "退款汇总表", f"{_YUAN}失败后重发的款项在新批次中再次列示。", columns, rows)


def _amount(lines: Iterable[RefundRow]) -> int:
    return sum(row.principal_fen + row.interest_fen for row in lines)


def _sum(details: Table, heading: str, criteria: dict[str, str], value: int) -> Formula:
    given = ",".join(f'{details.range(column)},"{label}"' for column, label in criteria.items())
    return Formula(f"SUMIFS({details.range(heading)},{given})", value)


def forfeits(month: Month) -> Table:
    """Who defaulted, and what it cost."""
    rows = [
        (
            row.code,
            words.word(words.CLASSES, row.bidder_class),
            row.amount_fen,
            row.forfeited_fen,
            from_ms(row.defaulted_at_ms).replace(tzinfo=None),
            row.defaulted_by,
        )
        for row in month.notices
        if row.state == "defaulted"
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
    paid = words.NOTICES["paid"]
    for place, row in enumerate(month.notices):
        line = FIRST_ROW + place + 1
        is_paid = row.state == "paid"
        rows.append(
            (
                row.code,
                words.word(words.CLASSES, row.bidder_class),
                row.rank,
                row.amount_fen,
                row.pay_code,
                words.word(words.NOTICES, row.state),
                Formula(f'IF(F{line}="{paid}",D{line},0)', row.amount_fen if is_paid else 0),
                from_ms(row.paid_at_ms).replace(tzinfo=None) if is_paid else None,
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
        Column("依据", width=10),
        Column("银行流水号", width=26),
    )
    return Table("成交价款", "成交价款缴纳表", f"{_YUAN}价款直接缴入财政,不经本账簿。", columns, rows, long=True)


def reconciliation(month: Month) -> Table:
    """Each bank's word against its own sums and against the ledger."""
    rows: list[tuple[Cell, ...]] = []
    for place, row in enumerate(month.banks):
        line = FIRST_ROW + place + 1
        reckoned = row.opening_fen + row.credits_fen + row.interest_fen - row.debits_fen
        rows.append(
            (
                words.word(words.CHANNELS, row.channel),
                row.opening_fen,
                row.credits_fen,
                row.interest_fen,
                row.debits_fen,
                Formula(f"ROUND(B{line}+C{line}+D{line}-E{line},2)", reckoned),
                row.closing_fen,
                row.ledger_fen,
                Formula(f"ROUND(F{line}-G{line},2)", reckoned - row.closing_fen),
                Formula(f"ROUND(H{line}-G{line},2)", row.ledger_fen - row.closing_fen),
            )
        )
    columns = (
        Column("渠道", width=14),
        *(
            Column(heading, Kind.MONEY, 18, total=True)
            for heading in (
                "期初余额(元)",
                "到账(元)",
                "银行结息(元)",
                "付出(元)",
                "推算期末(元)",
                "对账单期末(元)",
                "账簿余额(元)",
                "推算差额(元)",
                "账簿差额(元)",
            )
        ),
    )
    return Table("对账", "银行余额核对表", f"{_YUAN}差额不为零不得结账。", columns, rows)


def trial_balance(month: Month) -> Table:
    """Every account; debits equal credits."""
    rows: list[tuple[Cell, ...]] = []
    for place, row in enumerate(month.balances):
        line = FIRST_ROW + place + 1
        balance = Formula(f"ROUND(B{line}-C{line},2)", row.debit_fen - row.credit_fen)
        rows.append((row.account, row.debit_fen, row.credit_fen, balance))
    columns = (
        Column("科目", width=28),
        Column("借方(元)", Kind.MONEY, 20, total=True),
        Column("贷方(元)", Kind.MONEY, 20, total=True),
        Column("余额(元)", Kind.MONEY, 20, total=True),
    )
    return Table("试算平衡", "试算平衡表", f"{_YUAN}余额 = 借方 - 贷方。", columns, rows)
