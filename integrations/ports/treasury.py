"""The treasury's non-tax system: payment notices out, confirmations in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class Notice:
    """A payment notice for a winner, as the treasury is told of it. ``amount_fen`` is the price."""

    pay_code: str
    payer_name: str = field(repr=False)
    amount_fen: int
    issued_on: date
    due_on: date


@dataclass(frozen=True)
class PaymentGuide:
    """What a payment notice on paper says of the treasury: who collects, where the price goes, and how to pay it.

    ``qr_text`` has ``{pay_code}`` and ``{amount}`` (yuan) where they stand.
    """

    collector: str
    item: str
    payee: str
    bank: str
    account_no: str
    ways: tuple[str, ...]
    qr_text: str


@dataclass(frozen=True)
class Receipt:
    """An e-receipt (财政电子票据) to be issued. ``number`` is the treasury's, ``check_code`` ours, both stored first.

    ``payer_ref`` is an ID card or unit code; ``reverses`` the number of the receipt that this one cancels (冲红), empty
    on an ordinary one.
    """

    number: str
    check_code: str
    pay_code: str
    payer_name: str = field(repr=False)
    payer_ref: str = field(repr=False)
    amount_fen: int
    issued_at_ms: int
    reverses: str = ""


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

    @property
    def guide(self) -> PaymentGuide:
        """How prices are paid, for the notice on paper."""
        ...

    @property
    def receipt_code(self) -> str:
        """The code (8 digits) that all of our e-receipts bear."""
        ...

    def register(self, notice: Notice, message_id: str) -> str:
        """Upload a notice (8994) under our message id; a repeat changes nothing. ``Pending`` where no answer came.

        Returns the address that the treasury wants in the notice's QR code, empty where it names none.
        """
        ...

    def void(self, notice: Notice, cause: str, message_id: str) -> None:
        """Void a notice (8994); a repeat changes nothing.

        Raises ``InvalidInput`` (``NOTICE_REFUSED``) where the treasury won't, such as for a paid one, and ``Pending``.
        """
        ...

    def take_receipt_number(self, work_date: date, message_id: str) -> str:
        """Take the next e-receipt number (8999); again under the same message id it is the same. ``Pending``,
        ``InvalidInput`` (``RECEIPT_REFUSED``).
        """
        ...

    def issue_receipt(self, receipt: Receipt, message_id: str) -> None:
        """Issue an e-receipt (8981) under its number. ``Pending``, ``InvalidInput`` (``RECEIPT_REFUSED``)."""
        ...

    def fetch_receipt(self, number: str, work_date: date, message_id: str) -> bytes:
        """The e-receipt's file (8982), which says too that it was issued.

        Raises ``NotFound`` (``RECEIPT_UNKNOWN``) where the treasury has issued none under the number; ``Pending``.
        """
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
