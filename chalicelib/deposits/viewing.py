"""What a bidder sees of his own deposit: where it stands, and which payments from his name need him or go back."""

from __future__ import annotations

from typing import Any

from chalicelib.applicants import records as applicants
from chalicelib.deposits import records
from chalicelib.deposits.records import CreditState
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.money import yuan_text

NONE = "none"


def own_deposit(period: str, code: str) -> dict[str, Any]:
    """``{"application_code", "state", …}``; ``state`` is ``none`` where nothing stands under the code.

    ``doubtful`` are payments from the applicant's own name that wait to be put right: when they came and how much, so
    that he can tell them. Where another applicant bears the name too, nothing is said of whose they are. Raises
    ``NotFound``.
    """
    applicant = applicants.get(period, code)
    deposit = records.find_deposit(period, code)
    shown: dict[str, Any] = {"application_code": code, "state": NONE}
    if deposit is not None:
        shown |= {
            "state": str(deposit.state),
            "amount_yuan": yuan_text(int(deposit.amount_fen)),
            "excess_yuan": yuan_text(int(deposit.excess_fen)),
            "channel": deposit.channel,
            "value_date": deposit.value_date,
            "rolled_from": deposit.rolled_from or None,
        }
    only_one = applicants.codes_named(period, applicant.name_lookup) == [code]
    shown["doubtful"] = [
        {
            "arrived_at": local_text(int(credit.arrived_at_ms)),
            "amount_yuan": yuan_text(int(credit.amount_fen)),
            "reason": credit.reason,
        }
        for credit in records.credits_of_payer(period, applicant.name_lookup)
        if only_one and credit.state == CreditState.DOUBTFUL
    ]
    return shown
