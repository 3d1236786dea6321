"""A wallet that bidders pay from and are refunded to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from chalicelib.kernel.errors import Problem


class TradeState(StrEnum):
    """What a wallet says of a trade. ``FINISHED``: paid, and past its time for refunds. ``CLOSED``: not paid in time,
    or all of it refunded; ``WalletTrade.paid_at_ms`` tells the two apart.
    """

    NOT_FOUND = "not_found"
    WAITING = "waiting"
    PAID = "paid"
    FINISHED = "finished"
    CLOSED = "closed"


@dataclass(frozen=True)
class WalletOrder:
    """A trade that the hub wants paid. ``our_ref`` was stored first; ``buyer_ref`` is the wallet's id of the user."""

    our_ref: str
    amount_fen: int
    buyer_ref: str = field(repr=False)
    title: str
    expires_at_ms: int | None = None


@dataclass(frozen=True)
class WalletTrade:
    """A trade as the wallet has it. ``serial`` is the wallet's own number, empty where it knows of no trade;
    ``paid_at_ms`` is when it was paid, where the wallet says so. ``pay_token``: what the user's device pays with, where
    that is not ``serial``; it is nobody else's business.
    """

    our_ref: str
    serial: str
    state: TradeState
    amount_fen: int
    paid_at_ms: int | None
    buyer_ref: str = field(repr=False)
    pay_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class WalletNotification:
    """The wallet's signed word about a trade. ``id`` stays the same when it is sent again.

    ``refunded_fen`` is what was given back of the trade so far, all refunds together.
    """

    id: str
    told_at_ms: int
    trade: WalletTrade
    refunded_fen: int


class WalletOutcome(StrEnum):
    """What became of money that was to leave. ``NOT_FOUND``: the wallet knows of nothing under this number, so the same
    request, unchanged, may be sent under it again. What is not known is no outcome: it raises ``Pending``.
    """

    PAID = "paid"
    FAILED = "failed"
    NOT_FOUND = "not_found"


@dataclass(frozen=True)
class WalletRefund:
    """Money to give back of one trade. ``our_ref`` (the refund's own number) was stored first."""

    our_ref: str
    trade_ref: str
    amount_fen: int
    reason: str


@dataclass(frozen=True)
class WalletTransfer:
    """Money to send to a user's wallet, such as interest. ``our_ref`` was stored first."""

    our_ref: str
    payee_ref: str = field(repr=False)
    amount_fen: int
    title: str
    memo: str


@dataclass(frozen=True)
class WalletPayment:
    """What became of a refund or a transfer. ``code`` and ``reason`` are the wallet's own, where it failed."""

    our_ref: str
    outcome: WalletOutcome
    amount_fen: int
    serial: str = ""
    code: str = ""
    reason: str = ""


class BillKind(StrEnum):
    """What a line of a wallet's bill books."""

    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True)
class WalletBillLine:
    """One booking on a wallet's daily bill. Amounts are >= 0 and ``kind`` gives the direction; ``refund_ref`` is the
    refund's own number. ``fee_fen`` keeps the wallet's sign: negative is what it kept.
    """

    line: int
    kind: BillKind
    serial: str
    our_ref: str
    refund_ref: str
    amount_fen: int
    received_fen: int
    fee_fen: int
    created_at_ms: int
    finished_at_ms: int


@dataclass(frozen=True)
class WalletBill:
    """A day's bill: what could be read, and what was wrong with the rest, line by line."""

    account_no: str
    day: date
    payments_fen: int
    refunds_fen: int
    lines: tuple[WalletBillLine, ...]
    problems: tuple[Problem, ...]


class Wallet(Protocol):
    """A wallet that takes payments and gives them back. Only its signed answer or notification is a word."""

    channel: str

    def user(self, auth_code: str) -> str:
        """The wallet's id of the user who signed in. ``NotAuthenticated`` for a code that is wrong or used up."""
        ...

    def create(self, order: WalletOrder) -> WalletTrade:
        """Open a trade; a repeat opens no second one.

        Raises ``Conflict`` (the number has other content, or was paid or closed), ``InvalidInput`` or ``Pending``.
        """
        ...

    def ask(self, our_ref: str) -> WalletTrade:
        """What the wallet has of a trade. ``Pending`` where no clear answer came."""
        ...

    def ask_after(self, our_ref: str, client_code: str) -> WalletTrade:
        """Ask, knowing what the user's own device was told. Its word proves nothing: ``Pending`` while the device says
        paid, in progress or unknown and the wallet does not have the payment yet.
        """
        ...

    def refund(self, refund: WalletRefund) -> WalletPayment:
        """Give money back; a repeat under the same number gives it back once. ``Pending`` without an explicit word,
        ``TooMany`` where nothing went and the same may be sent later, ``NotAllowed`` where our account there is wrong.
        """
        ...

    def ask_refund(self, refund: WalletRefund) -> WalletPayment:
        """What became of a refund. ``Conflict`` where the wallet has it with another amount."""
        ...

    def transfer(self, transfer: WalletTransfer) -> WalletPayment:
        """Send money; raises as ``refund`` does."""
        ...

    def ask_transfer(self, transfer: WalletTransfer) -> WalletPayment:
        """What became of a transfer. ``Conflict`` where the wallet has it with another amount."""
        ...

    def read_notification(
        self, body: bytes, amount_of: Callable[[str], int | None], signature: str = ""
    ) -> WalletNotification:
        """Check and decode a notification. ``amount_of`` gives what the hub asked for under a number, in fen;
        ``signature`` is the header that bears one, where the body does not. A trade that is ``PAID`` without
        ``paid_at_ms`` has to be asked about.

        Raises ``NotAuthenticated`` (signature) or ``InvalidInput`` (app, seller, number or amount are not ours).
        """
        ...

    def fetch_bill(self, day: date) -> bytes:
        """A day's bill as the wallet gives it. ``NotFound`` where there is none (yet, or nothing was booked)."""
        ...

    def read_bill(self, content: bytes) -> WalletBill:
        """Decode a bill. Raises ``FileRefused`` where the archive, the head or a control total is wrong."""
        ...
