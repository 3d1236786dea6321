"""Who is refunded what, when and under which number. Pure (domain.md, milestones 12 to 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.ids import id_from

FIRST, SECOND, REMITTANCE = "1", "2", "remittance"
_AGAIN = re.compile(r"again-([1-9]\d?)", re.ASCII)
BATCH_DIGITS = 24
_FILES_MAX = 99
_AGAIN_MAX = 89


class Source(StrEnum):
    """What is paid out: a deposit with all that was paid, a credit that matched nothing, what was paid above a deposit
    that stays or was forfeited, the forfeited deposits; and the interest on one of these, where it goes out apart."""

    DEPOSIT = "deposit"
    EXCESS = "excess"
    CREDIT = "credit"
    FORFEIT = "forfeit"
    INTEREST = "interest"


class RefundState(StrEnum):
    """Where a payment stands; it only moves on."""

    PLANNED = "planned"
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    REPLACED = "replaced"


class BatchStatus(StrEnum):
    """Where a batch file stands; it only moves on. ``sending``: it may have left, nobody has said so yet.
    ``refused``: by the bank's explicit word nothing of it was taken."""

    PLANNED = "planned"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    RETURNED = "returned"
    REFUSED = "refused"

    def reached(self, other: BatchStatus) -> bool:
        """Whether it stands where another word does, or farther on."""
        words = list(BatchStatus)
        return words.index(self) >= words.index(other)


# A batch's own digits inside its number, the milestone whose day its money leaves on, and what payees read.
_BATCHES = {
    FIRST: (1, "refunds_1_by", "保证金退款"),
    SECOND: (2, "refunds_2_by", "保证金退款"),
    REMITTANCE: (9, "settlement_closes", "违约保证金上缴"),
}
_AGAIN_DIGITS, _AGAIN_MILESTONE, _AGAIN_MEMO = 10, "failed_refunds_after", "保证金退款"


@dataclass(frozen=True)
class BatchKind:
    """What is known of a batch from its name. ``again`` is 0 except for ``again-1`` and so on."""

    name: str
    digits: int
    milestone: str
    memo: str
    again: int = 0


def batch_kind(name: str) -> BatchKind:
    """``1``, ``2``, ``remittance``, ``again-1`` and so on. Raises ``InvalidInput`` for another name."""
    if name in _BATCHES:
        return BatchKind(name, *_BATCHES[name])
    again = _AGAIN.fullmatch(name)
    if again is None or int(again[1]) > _AGAIN_MAX:
        problem = Problem(0, "batch", name[:20], "1, 2, remittance or again-1 to again-89")
        raise InvalidInput("BATCH_UNKNOWN", "没有这一退款批次", problems=(problem,))
    return BatchKind(name, _AGAIN_DIGITS + int(again[1]), _AGAIN_MILESTONE, _AGAIN_MEMO, int(again[1]))


def batch_number(period: str, kind: BatchKind, leaves_at_ms: int, file: int) -> str:
    """A batch file's number, 24 digits: 14 of date and time, then period (6), batch (2) and file (2, from 1)."""
    if not 0 < file <= _FILES_MAX:
        raise InvalidInput("BATCH_FILES", f"每批退款文件不得超过 {_FILES_MAX} 个")
    return f"{from_ms(leaves_at_ms):%Y%m%d%H%M%S}{period.replace('-', '')}{kind.digits:02d}{file:02d}"


def refund_number(period: str, source: Source, source_key: str, attempt: int) -> str:
    """Our number for a payment, 32 characters. Made from its cause, so that one cause is paid under one number only."""
    return f"RF{period.replace('-', '')}{id_from('refund', period, source, source_key, attempt)[:24]}"


@dataclass(frozen=True)
class Due:
    """A payment that is owed: from where in the ledger, to which account, since when it earned interest.

    ``source_key`` is the application code, the credit's ``channel#serial`` or, for forfeits, the channel. ``credit`` is
    the ``channel#serial`` that all of the principal came in with; empty where it is another sum than that.
    """

    source: Source
    source_key: str
    code: str
    channel: str
    account: str
    account_no: str
    account_name: str
    principal_fen: int
    value_date: date
    attempt: int = 1
    credit: str = ""


class Fate(StrEnum):
    """What happens to a held deposit once the auction is over."""

    REFUND = "refund"
    ROLL = "roll"
    SETTLE = "settle"


def fate_of_deposit(*, qualified: bool, won: bool, rollover: bool) -> Fate:
    """Batch 1's rule: winners wait for settlement, qualified losers may roll over, everybody else is refunded."""
    if won:
        return Fate.SETTLE
    return Fate.ROLL if qualified and rollover else Fate.REFUND
