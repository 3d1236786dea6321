"""Taking an application back (撤回申请): no right to bid, no rollover, no session; it can't be undone.

On two operators' word (``desk``) or the regulator's (``importing``); before and after stand in the amendments.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.applicants.amendments import amend
from chalicelib.applicants.records import ApplicantRecord, end_sessions
from chalicelib.applicants.rules import WITHDRAWN
from chalicelib.kernel.errors import TooEarlyOrLate
from chalicelib.kernel.tables import Transaction


def check_before_auction(now_ms: int, auction_opens_ms: int) -> None:
    """Raises ``TooEarlyOrLate`` (``AUCTION_OPEN``) from the opening on: no bid is taken back."""
    if now_ms >= auction_opens_ms:
        raise TooEarlyOrLate("AUCTION_OPEN", "竞价开始后不能撤回申请")


def withdraw(
    transaction: Transaction,
    applicant: ApplicantRecord,
    *,
    by: str,
    reason: str,
    now_ms: int,
    confirmed_by: str = "",
    beside: Mapping[str, object] | None = None,
) -> None:
    """Put a withdrawal into a transaction. ``beside``: what the same list says of the applicant otherwise."""
    taken_back: dict[str, object] = {
        "sessions_from_ms": end_sessions(transaction, applicant, now_ms),
        "withdrawn_at_ms": now_ms,
        "withdrawn_by": by,
        "withdrawal_reason": reason,
        "qualified": False,
        "refusal": WITHDRAWN,
        "rollover": False,
        "password_hash": "",
    }
    amend(
        transaction,
        applicant,
        {**(beside or {}), **taken_back},
        by=by,
        reason=reason,
        now_ms=now_ms,
        confirmed_by=confirmed_by,
        activated_too=True,
        condition=ApplicantRecord.withdrawn_at_ms == 0,
    )
