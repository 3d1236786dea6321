"""The treasury's non-tax system: payment notices out, confirmations in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


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
