"""What the notary and the finance office are given of the deposits: CSV in UTF-8 with BOM, sorted, persons masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.applicants import records as applicants
from chalicelib.deposits import records
from chalicelib.deposits.records import CreditRecord
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.csv_table import CSV_TYPE, csv_table
from chalicelib.kernel.files import Files
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.privacy import Vault, mask_id, mask_name

CREDIT_COLUMNS = (
    "渠道", "银行流水号", "到账时间", "起息日", "金额(元)", "申请编码", "状态", "原因", "付款人", "付款账号",
)  # fmt: skip
DEPOSIT_COLUMNS = ("申请编码", "渠道", "银行流水号", "保证金(元)", "溢缴(元)", "起息日", "状态")
QUALIFIED_COLUMNS = ("申请编码", "类别", "是否合格", "审核结果", "审核原因", "不合格原因")


def summarize(files: Files, vault: Vault, period: str) -> dict[str, Any]:
    """Write credits.csv and deposits.csv; returns ``{"files": [{"name", "key"}], "totals"}``.

    ``totals``: for credits and deposits, state -> ``{"count", "fen"}``.
    """
    credits_in = sorted(records.credits(period), key=lambda each: (each.channel, each.serial))
    standing = sorted(records.deposits(period), key=lambda each: each.code)
    deposit_rows = [
        (
            each.code,
            each.channel,
            each.serial,
            yuan_text(int(each.amount_fen)),
            yuan_text(int(each.excess_fen)),
            each.value_date,
            each.state,
        )
        for each in standing
    ]
    written = [
        _write(files, period, "credits.csv", CREDIT_COLUMNS, [_credit_row(each, vault) for each in credits_in]),
        _write(files, period, "deposits.csv", DEPOSIT_COLUMNS, deposit_rows),
    ]
    totals = {
        "credits": _totals((str(each.state), int(each.amount_fen)) for each in credits_in),
        "deposits": _totals((str(each.state), int(each.amount_fen) + int(each.excess_fen)) for each in standing),
    }
    return {"files": written, "totals": totals}


def export_qualified(files: Files, period: str) -> dict[str, Any]:
    """Write qualification.csv, every applicant with the decision; returns ``{"files": [{"name", "key"}]}``."""
    listed = sorted(applicants.listed(period), key=lambda each: each.code)
    rows = [
        (each.code, each.bidder_class, "是" if each.qualified else "否", each.audit, each.audit_reason, each.refusal)
        for each in listed
    ]
    return {"files": [_write(files, period, "qualification.csv", QUALIFIED_COLUMNS, rows)]}


def _credit_row(credit: CreditRecord, vault: Vault) -> tuple[str, ...]:
    account_no, name = credit.payer(vault)
    return (
        credit.channel,
        credit.serial,
        local_text(int(credit.arrived_at_ms)),
        credit.value_date,
        yuan_text(int(credit.amount_fen)),
        credit.code,
        credit.state,
        credit.reason,
        mask_name(name),
        mask_id(account_no),
    )


def _totals(amounts: Iterable[tuple[str, int]]) -> dict[str, dict[str, int]]:
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for state, fen in amounts:
        counts[state] += 1
        sums[state] += fen
    return {state: {"count": counts[state], "fen": sums[state]} for state in sorted(counts)}


def _write(
    files: Files, period: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> dict[str, str]:
    key = f"deposits/{period}/{name}"
    files.write("work", key, csv_table(columns, rows), CSV_TYPE)
    return {"name": name, "key": key}
