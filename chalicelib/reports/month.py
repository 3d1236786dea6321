"""A month as finance sees it: plain rows, personal data already masked, money in fen."""

from __future__ import annotations

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


@dataclass(frozen=True)
class RefundRow:
    """A payment that a bank was told to make."""

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
class BankRow:
    """One channel's money by the bank's word, and the ledger's balance of the same account."""

    channel: str
    opening_fen: int
    credits_fen: int
    interest_fen: int
    debits_fen: int
    closing_fen: int
    ledger_fen: int


@dataclass(frozen=True)
class BalanceRow:
    """One account of the trial balance; debits and credits as sums >= 0."""

    account: str
    debit_fen: int
    credit_fen: int


@dataclass(frozen=True)
class Month:
    """Everything that the workbook shows. ``results``: class -> what the auction announced (prices in whole yuan)."""

    period: str
    title: str
    made_on: date
    applicants: int = 0
    qualified: int = 0
    activated: int = 0
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    credits: tuple[CreditRow, ...] = ()
    deposits: tuple[DepositRow, ...] = ()
    refunds: tuple[RefundRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    banks: tuple[BankRow, ...] = ()
    balances: tuple[BalanceRow, ...] = ()
