"""The sheets that hold bank and ledger against each other: reconciliation and trial balance. Pure."""

from __future__ import annotations

from chalicelib.reports import words
from chalicelib.reports.chart_of_accounts import FinanceProfile
from chalicelib.reports.month import Month
from chalicelib.reports.table import FIRST_ROW, Cell, Column, Formula, Kind, Table

_YUAN = "金额单位:元。"


def reconciliation(month: Month, balances: Table) -> Table:
    """Each bank's word against its own sums and against the ledger."""
    rows: list[tuple[Cell, ...]] = []
    names, amounts = balances.range("账户"), balances.range("余额(元)")
    standing = {row.account: row.debit_fen - row.credit_fen for row in month.balances}
    for place, row in enumerate(month.banks):
        line = FIRST_ROW + place + 1
        reckoned = row.opening_fen + row.credits_fen + row.interest_fen - row.debits_fen
        account = f"bank:{row.channel}"
        own = Formula(f'SUMIFS({amounts},{names},"{account}")', row.own_fen) if account in standing else row.own_fen
        rows.append(
            (
                words.word(words.CHANNELS, row.channel),
                row.opening_fen,
                row.credits_fen,
                row.interest_fen,
                row.debits_fen,
                Formula(f"ROUND(B{line}+C{line}+D{line}-E{line},2)", reckoned),
                row.closing_fen,
                own,
                row.others_fen,
                Formula(f"ROUND(B{line}+H{line}+I{line},2)", row.ledger_fen),
                Formula(f"ROUND(F{line}-G{line},2)", reckoned - row.closing_fen),
                Formula(f"ROUND(J{line}-G{line},2)", row.ledger_fen - row.closing_fen),
            )
        )
    columns = (
        Column("渠道", width=14),
        *(
            Column(heading, Kind.MONEY, 17, total=True)
            for heading in (
                "期初余额(元)",
                "到账(元)",
                "银行结息(元)",
                "付出(元)",
                "推算期末(元)",
                "对账单期末(元)",
                "本期账簿净额(元)",
                "其他期净额(元)",
                "账簿余额(元)",
                "推算差额(元)",
                "账簿差额(元)",
            )
        ),
    )
    note = f"{_YUAN}到账、结息、付出为对账单全部流水;其他期净额为同日流水中记入其他期账簿的部分。差额不为零不得结账。"
    return Table("对账", "银行余额核对表", note, columns, rows)


def trial_balance(month: Month, profile: FinanceProfile) -> Table:
    """Every account; debits equal credits, and each balance is the one that the sealed chain ends on."""
    rows: list[tuple[Cell, ...]] = []
    for place, row in enumerate(month.balances):
        line = FIRST_ROW + place + 1
        balance_fen = row.debit_fen - row.credit_fen
        account = profile.account(row.account)
        rows.append(
            (
                account.code,
                account.name,
                row.account,
                row.debit_fen,
                row.credit_fen,
                Formula(f"ROUND(D{line}-E{line},2)", balance_fen),
                row.sealed_fen,
                Formula(f"ROUND(F{line}-G{line},2)", balance_fen - row.sealed_fen),
            )
        )
    columns = (
        Column("科目编码", width=12),
        Column("科目名称", width=26),
        Column("账户", width=24),
        Column("借方(元)", Kind.MONEY, 18, total=True),
        Column("贷方(元)", Kind.MONEY, 18, total=True),
        Column("余额(元)", Kind.MONEY, 18, total=True),
        Column("封存链余额(元)", Kind.MONEY, 18, total=True),
        Column("差额(元)", Kind.MONEY, 14, total=True),
    )
    note = f"{_YUAN}余额 = 借方 - 贷方;封存链余额为账簿封存时的余额,与 hangpai ledger check 重新计算的结果一致。"
    return Table("试算平衡", "试算平衡表", note, columns, rows)
