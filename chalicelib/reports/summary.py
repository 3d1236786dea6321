"""The month in figures, for programs: counts and fen, no personal data. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from chalicelib.reports.month import Month
from chalicelib.reports.tally import tally


def summarize(month: Month) -> dict[str, Any]:
    """``{"period", "applicants", "qualified", "activated", "results", "credits", "deposits", "refunds", "prices",
    "forfeited_fen", "interest_fen", "ledger_sum_fen", "bank_differences_fen"}``; sums by state are
    ``{"count", "fen"}``, of refunds by batch and state.
    """
    found = tally(month)
    by_batch: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for (batch, _, state), paid in sorted(found.refunds.items()):
        by_batch[batch].append((state, paid.count, paid.fen))
    return {
        "period": month.period,
        "applicants": month.applicants,
        "qualified": month.qualified,
        "activated": month.activated,
        "results": month.results,
        "credits": _sums((state, each.count, each.fen) for state, each in found.credits.items()),
        "deposits": _sums((state, each.count, each.fen + each.excess_fen) for state, each in found.deposits.items()),
        "refunds": {batch: _sums(lines) for batch, lines in by_batch.items()},
        "prices": _sums((row.state, 1, row.amount_fen) for row in month.notices),
        "forfeited_fen": sum(row.forfeited_fen for row in month.notices),
        "interest_fen": found.refunds_where(lambda _batch, _channel, state: state == "paid").interest_fen,
        "ledger_sum_fen": sum(row.debit_fen - row.credit_fen for row in month.balances),
        "bank_differences_fen": {row.channel: row.ledger_fen - row.closing_fen for row in month.banks},
    }


def _sums(amounts: Iterable[tuple[str, int, int]]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for state, count, fen in sorted(amounts):
        standing = sums.setdefault(str(state), {"count": 0, "fen": 0})
        standing["count"] += count
        standing["fen"] += fen
    return sums
