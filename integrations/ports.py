"""What the hub asks of its counterparties. Rooms know these; settings choose who stands behind.

Every request goes out under a number of the hub's own that was stored first. A call whose outcome is not known raises
``Pending``: it is asked about under the same number and never sent anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from chalicelib.kernel.errors import Problem


class Direction(StrEnum):
    """What a line of a statement did to the account."""

    CREDIT = "credit"
    DEBIT = "debit"
    INTEREST = "interest"


@dataclass(frozen=True)
class StatementLine:
    """One booking on the bank's statement. ``our_ref`` is the hub's own number on payments that it ordered."""

    line: int
    serial: str
    booked_at_ms: int
    value_date: date
    direction: Direction
    amount_fen: int
    account_no: str
    account_name: str
    memo: str
    our_ref: str


@dataclass(frozen=True)
class Statement:
    """A T+1 statement: what could be read, and what was wrong with the rest, line by line."""

    batch_no: str
    account_no: str
    day: date
    opening_fen: int
    closing_fen: int
    lines: tuple[StatementLine, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class RefundLine:
    """One payment that a bank is told to make. ``our_ref`` was stored before the file was written."""

    our_ref: str
    account_no: str
    account_name: str
    principal_fen: int
    interest_fen: int
    memo: str


@dataclass(frozen=True)
class BatchFile:
    """A file as it goes over the wire, and its digest for the sidecar."""

    name: str
    content: bytes
    digest: str


class PaymentOutcome(StrEnum):
    """What a bank says became of a payment. Only an explicit word ends one: a code nobody knows leaves it pending."""

    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True)
class ReturnLine:
    """What became of one payment. ``code`` and ``reason`` are the bank's own."""

    line: int
    our_ref: str
    amount_fen: int
    outcome: PaymentOutcome
    code: str
    reason: str


@dataclass(frozen=True)
class BatchReturn:
    """A bank's return file for one refund batch."""

    batch_no: str
    lines: tuple[ReturnLine, ...]
    problems: tuple[Problem, ...]


class BatchState(StrEnum):
    """What a bank says of a batch file when asked."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"


class DepositBank(Protocol):
    """A bank that holds the deposit account."""

    channel: str

    def read_statement(self, content: bytes, sidecar: bytes) -> Statement:
        """Decode a statement. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        ...

    def write_batch(self, batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
        """Encode a refund batch (at most ``lines_max`` lines)."""
        ...

    @property
    def lines_max(self) -> int:
        """How many lines one batch file may hold."""
        ...

    def send_batch(self, file: BatchFile) -> None:
        """Hand the file to the bank. ``Pending`` where it is not known whether it arrived."""
        ...

    def ask_batch(self, file_name: str) -> BatchState:
        """Ask what became of a file. ``Pending`` where the bank does not answer."""
        ...

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        """Decode a return file. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        ...


@dataclass(frozen=True)
class Notice:
    """A payment notice for a winner, as the treasury is told of it. ``amount_fen`` is the price."""

    pay_code: str
    payer_name: str
    amount_fen: int
    issued_on: date
    due_on: date


class NoticeState(StrEnum):
    """What the treasury says of a notice when asked."""

    UNKNOWN = "unknown"
    UNPAID = "unpaid"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True)
class Confirmation:
    """The treasury's word that a notice was paid (message 5996)."""

    message_id: str
    pay_code: str
    amount_fen: int
    confirmed_at_ms: int
    bank_serial: str


class TreasuryLink(Protocol):
    """The treasury's non-tax system."""

    def register(self, notice: Notice, message_id: str) -> None:
        """Upload a notice (8994) under our message id; a repeat changes nothing. ``Pending`` where no answer came."""
        ...

    def ask(self, pay_code: str, message_id: str) -> NoticeState:
        """Ask a notice's state (8997). ``Pending`` where no answer came."""
        ...

    def read_confirmation(self, frame: bytes) -> Confirmation:
        """Check and decode an inbound 5996 frame. Raises ``InvalidInput`` naming what is wrong with it."""
        ...

    def acknowledge(self, message_ref: str, work_date: date) -> bytes:
        """The frame (8001) that answers an inbound message."""
        ...

    def refuse(self, message_ref: str, work_date: date, reason: str) -> bytes:
        """The frame (5001) that answers an inbound message that is wrong."""
        ...


@dataclass(frozen=True)
class Sms:
    """One message. ``out_id`` is ours and stored first; ``template`` names an entry of the carrier's profile."""

    out_id: str
    phone: str
    template: str
    params: dict[str, str]


@dataclass(frozen=True)
class SmsReceipt:
    """What the carrier knows of a message. ``state``: ``sent`` (accepted), ``delivered`` or ``failed``."""

    out_id: str
    state: str
    code: str


class SmsCarrier(Protocol):
    """A carrier of text messages. Its sending is not idempotent: after a time-out ask, then send."""

    def send(self, sms: Sms) -> str:
        """Send one message and return the carrier's own id.

        Raises ``TooMany`` (its limits: wait), ``InvalidInput`` (it will never go), ``NotAllowed`` (our account there is
        shut or set up wrong: nothing went, a person has to look) or ``Pending`` (not known).
        """
        ...

    def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
        """What became of a message; ``None`` where the carrier never took it. ``Pending`` where it does not answer."""
        ...


@dataclass(frozen=True)
class ApplicantRow:
    """One row of the regulator's applicant list.

    ``bidder_class``: ``individual`` | ``unit``; ``id_type``: ``id_card`` | ``uscc``.
    """

    line: int
    code: str
    bidder_class: str
    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class ApplicantFile:
    """The regulator's applicant list: what could be read, and what was wrong with the rest, line by line."""

    rows: tuple[ApplicantRow, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class QualificationRow:
    """The regulator's word on one application code."""

    line: int
    code: str
    passed: bool
    reason: str


@dataclass(frozen=True)
class QualificationFile:
    """The audit's results: what could be read, and what was wrong with the rest, line by line."""

    rows: tuple[QualificationRow, ...]
    problems: tuple[Problem, ...]


class Regulator(Protocol):
    """The office that lists who applied and audits who may bid. It sends files, ``.csv`` or ``.xlsx``."""

    def read_applicants(self, content: bytes, file_name: str) -> ApplicantFile:
        """Decode an applicant list. Raises ``FileRefused`` where it is no table with the agreed columns."""
        ...

    def read_qualification(self, content: bytes, file_name: str) -> QualificationFile:
        """Decode the audit's results. Raises ``FileRefused`` where it is no table with the agreed columns."""
        ...


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
    ``paid_at_ms`` is when it was paid, where the wallet says so.
    """

    our_ref: str
    serial: str
    state: TradeState
    amount_fen: int
    paid_at_ms: int | None
    buyer_ref: str = field(repr=False)


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

    def read_notification(self, body: bytes, amount_of: Callable[[str], int | None]) -> WalletNotification:
        """Check and decode a notification. ``amount_of`` gives what the hub asked for under a number, in fen.

        Raises ``NotAuthenticated`` (signature) or ``InvalidInput`` (app, seller, number or amount are not ours).
        """
        ...

    def fetch_bill(self, day: date) -> bytes:
        """A day's bill as the wallet gives it. ``NotFound`` where there is none (yet, or nothing was booked)."""
        ...

    def read_bill(self, content: bytes) -> WalletBill:
        """Decode a bill. Raises ``FileRefused`` where the archive, the head or a control total is wrong."""
        ...
