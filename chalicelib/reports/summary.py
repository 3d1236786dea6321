"""The month in figures, for programs: counts and fen, no personal data. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from chalicelib.reports.month import Month, RefundRow


def summarize(month: Month) -> dict[str, Any]:
    """``{"period", "applicants", "qualified", "activated", "results", "credits", "deposits", "refunds", "prices",
    "forfeited_fen", "interest_fen", "ledger_sum_fen", "bank_differences_fen"}``; sums by state are
    ``{"count", "fen"}``, of refunds by batch and state.
    """
    by_batch: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for batch in sorted({row.batch for row in month.refunds}):
        by_batch[batch] = _by_state([row for row in month.refunds if row.batch == batch])
    return {
        "period": month.period,
        "applicants": month.applicants,
        "qualified": month.qualified,
        "activated": month.activated,
        "results": month.results,
        "credits": _sums([(row.state, row.amount_fen) for row in month.credits]),
        "deposits": _sums([(row.state, row.amount_fen + row.excess_fen) for row in month.deposits]),
        "refunds": dict(by_batch),
        "prices": _sums([(row.state, row.amount_fen) for row in month.notices]),
        "forfeited_fen": sum(row.forfeited_fen for row in month.notices),
        "interest_fen": sum(row.interest_fen for row in month.refunds if row.state == "paid"),
        "ledger_sum_fen": sum(row.debit_fen - row.credit_fen for row in month.balances),
        "bank_differences_fen": {row.channel: row.ledger_fen - row.closing_fen for row in month.banks},
    }


def _by_state(rows: list[RefundRow]) -> dict[str, dict[str, int]]:
    return _sums([(row.state, row.principal_fen + row.interest_fen) for row in rows])


def _sums(amounts: list[tuple[str, int]]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for state, fen in sorted(amounts):
        standing = sums.setdefault(str(state), {"count": 0, "fen": 0})
        standing["count"] += 1
        standing["fen"] += fen
    return sums
