"""The demo's table, as a person reads it at the end of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chalicelib.kernel.money import yuan_text
from chalicelib.periods.words import CLASSES
from local.checks.check import Check
from local.demo_report import Report

STATES = {
    "held": "在账",
    "rolled": "延期退保",
    "refunding": "退款中",
    "refunded": "已退",
    "forfeited": "已没收",
    "matched": "已匹配",
    "doubtful": "存疑",
    "returnable": "待退",
    "returning": "退款中",
    "returned": "已退",
    "paid": "已付",
    "failed": "失败",
    "replaced": "已换账号重退",
    "defaulted": "违约",
}
BATCHES = {"1": "第一批", "2": "第二批", "remittance": "没收解缴", "again-1": "换账号重退"}


def _sums(sums: dict[str, dict[str, int]]) -> str:
    return ", ".join(
        f"{state} {STATES.get(state, '')} {each['count']} ({yuan_text(each['fen'])})" for state, each in sums.items()
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _class_rows(results: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (
            f"result {name} {CLASSES[name]}",
            f"quota {each['quota']}, bidders {each['bidders']}, winners {each['winners']}, lowest {each['lowest']}, "
            f"average {each['average']}, {each['at_lowest']} bid the lowest, {each['won_at_lowest']} of them won, "
            f"last winner {each['last_winner_at']}",
        )
        for name, each in results.items()
    ]


def _broadcast_rows(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (
            f"broadcast {each['number']} 均价播报",
            f"{each['at'].partition('T')[2]}: "
            + ", ".join(
                f"{name} {CLASSES[name]} average {one['average']} of {one['bidders']} bidders"
                for name, one in each["classes"].items()
            ),
        )
        for each in told
    ]


def _rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    prices = figures["prices"]
    refunds = [(f"refunds {batch} {BATCHES.get(batch, '')}", _sums(sums)) for batch, sums in figures["refunds"].items()]
    return [
        ("announcement 公告", ", ".join(f"public/{key}" for key in figures["announced"]) or "none"),
        ("applicants 申请人", str(figures["applicants"])),
        ("credits 到账", _sums(figures["credits"])),
        ("deposits 保证金", _sums(figures["deposits"])),
        ("corrected 已更正", str(figures["corrected"])),
        ("qualified 合格", str(figures["qualified"])),
        ("activated 已激活", str(figures["activated"])),
        ("codes refused 拒绝验证码", _counts(figures["codes_refused"])),
        ("bids accepted 有效报价", str(figures["bids_accepted"])),
        ("bids refused 拒绝报价", _counts(figures["bids_refused"])),
        *_broadcast_rows(figures["broadcasts"]),
        *_class_rows(figures["results"]),
        ("prices 成交价款", _sums(prices)),
        *refunds,
        ("forfeited 没收保证金", yuan_text(figures["forfeited_fen"])),
        ("interest paid 利息", yuan_text(figures["interest_fen"])),
        ("second persons 复核", _counts(figures["approvals"])),
        ("ledger sum 账簿合计", f"{figures['ledger_sum_fen']} fen"),
        ("bank - ledger 银行差异", _counts(figures["bank_differences_fen"])),
    ]


def _checks(title: str, checks: list[Check]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 1))
    for check in checks:
        table.add_row("[green]holds[/green]" if check.holds else "[red]BROKEN[/red]", check.name, check.detail)
    return table


_FINANCE = (
    ("outbox/reports/{period}/settlement-{period}.xlsx", "结算表"),
    ("outbox/reports/{period}/settlement-{period}.pdf", "结算摘要"),
    ("outbox/reports/{period}/csv/", "各表 CSV"),
    ("outbox/reports/{period}/vouchers-{period}.csv", "记账凭证"),
    ("outbox/reports/{period}/manifest.json", "文件清单与摘要值"),
    ("outbox/tables/{year}/tables-{year}.xlsx", "年度数据表"),
    ("papers/", "缴款通知书与财政电子票据"),
)


def show(report: Report, console: Console, out: Path) -> None:
    """Print the figures, the checks and where the files are."""
    figures = report.figures
    table = Table(title=f"{figures['period']}: the month 本期", title_justify="left", show_header=False, padding=(0, 1))
    for name, value in _rows(figures):
        table.add_row(name, value)
    console.print()
    console.print(table)
    console.print(_checks("money rules 资金规则", report.money))
    console.print(_checks("further checks 其他核对", report.further))
    console.print("finance 财务")
    for name, what in _FINANCE:
        console.print(
            f"  {out / name.format(period=figures['period'], year=figures['period'][:4])}  {what}", highlight=False
        )
    console.print("files 文件")
    for path in report.paths:
        console.print(f"  {path}", highlight=False, style="dim")
    verdict = "[green]every rule holds[/green]" if report.holds else "[red]a rule is broken[/red]"
    console.print(f"{verdict}; {out / 'summary.json'}; {figures['seconds']} s in all", highlight=False)
