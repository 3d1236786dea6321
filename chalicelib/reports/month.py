"""A month as finance sees it: plain rows, personal data already masked, money in fen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class CreditRow:
    """A payment that came in; ``arrived_at_ms`` decides, ``valued_on`` is the day that its interest begins."""

    channel: str
    serial: str
    arrived_at_ms: int
    valued_on: date
    amount_fen: int
    code: str
    state: str
    reason: str
    payer: str
    account: str


@dataclass(frozen=True)
class DepositRow:
    """A bidder's deposit and what was paid above it."""

    code: str
    channel: str
    serial: str
    amount_fen: int
    excess_fen: int
    valued_on: date
    state: str
    rolled_from: str = ""


@dataclass(frozen=True)
class RefundRow:
    """A payment that a bank was told to make; ``reason`` is the bank's, where it came back."""

    our_ref: str
    batch: str
    channel: str
    source: str
    code: str
    principal_fen: int
    interest_fen: int
    leaves_on: date
    state: str
    bank_code: str
    payee: str
    account: str
    reason: str = ""


@dataclass(frozen=True)
class NoticeRow:
    """A winner's payment notice; ``paid_at_ms`` and ``defaulted_at_ms`` are 0 until they happen."""

    code: str
    bidder_class: str
    rank: int
    amount_fen: int
    pay_code: str
    state: str
    paid_at_ms: int
    paid_by: str
    bank_serial: str
    forfeited_fen: int
    defaulted_at_ms: int
    defaulted_by: str


@dataclass(frozen=True)
class ReceiptRow:
    """An e-receipt; one that reverses another (``reverses``, its number) has a negative amount. 0: not yet."""

    code: str
    pay_code: str
    number: str
    check_code: str
    amount_fen: int
    state: str
    issued_at_ms: int
    written_off_at_ms: int
    reverses: str = ""


@dataclass(frozen=True)
class SurplusRow:
    """Money at the treasury that pays no notice; ``surplus_fen`` of it the treasury owes its payer."""

    pay_code: str
    code: str
    finding: str
    amount_fen: int
    surplus_fen: int
    confirmed_at_ms: int
    bank_serial: str


@dataclass(frozen=True)
class UnmatchedRow:
    """A payment without a receipt (``what`` = ``payment``) or a receipt without a payment (``receipt``)."""

    what: str
    pay_code: str
    amount_fen: int


@dataclass(frozen=True)
class BankRow:
    """One channel's money by the bank's word, and the ledger's.

    Credits, interest and debits are all lines of the account from the plan's first day to its last, or to that of a
    line that came later. ``own_fen`` is what this period's ledger says of the account, ``others_fen`` what lines on
    these days did that are in other periods' books.
    """

    channel: str
    opening_fen: int
    credits_fen: int
    interest_fen: int
    debits_fen: int
    closing_fen: int
    own_fen: int
    others_fen: int = 0

    @property
    def ledger_fen(self) -> int:
        """The balance by the books: what stood before came from the bank, a period's ledger knows its movements."""
        return self.opening_fen + self.own_fen + self.others_fen


@dataclass(frozen=True)
class BalanceRow:
    """One account of the trial balance; debits and credits as sums >= 0. ``sealed_fen``: its balance by the chain of
    sealed segments, which ``hangpai ledger check`` recomputes."""

    account: str
    debit_fen: int
    credit_fen: int
    sealed_fen: int


@dataclass(frozen=True)
class Posted:
    """What one kind of entry did to one account on one day, added up: the lines of vouchers are made of it."""

    day: date
    kind: str
    account: str
    debit_fen: int
    credit_fen: int
    entries: int


@dataclass(frozen=True)
class Month:
    """Everything that the workbook shows. ``results``: class -> what the auction announced (prices in whole yuan).

    Rows that may be many come in their order as often as they are gone through, and need not lie in memory.
    """

    period: str
    title: str
    made_on: date
    applicants: int = 0
    qualified: int = 0
    activated: int = 0
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    credits: Collection[CreditRow] = ()
    deposits: Collection[DepositRow] = ()
    refunds: Collection[RefundRow] = ()
    notices: tuple[NoticeRow, ...] = ()
    receipts: tuple[ReceiptRow, ...] = ()
    surplus: tuple[SurplusRow, ...] = ()
    unmatched: tuple[UnmatchedRow, ...] = ()
    banks: tuple[BankRow, ...] = ()
    balances: tuple[BalanceRow, ...] = ()
    posted: tuple[Posted, ...] = ()
    entries: int = 0
