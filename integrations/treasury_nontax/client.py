"""The treasury behind the port: its codec, and one TCP connection a message."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from chalicelib.kernel.clock import Clock, SystemClock, local_date
from chalicelib.kernel.errors import InvalidInput, Pending
from integrations.ports import Confirmation, Notice, NoticeState, PaymentGuide, Receipt
from integrations.treasury_nontax import codec, receipts
from integrations.treasury_nontax.frame import LENGTH_BYTES, read_length
from integrations.treasury_nontax.profile import Profile, default_profile

T = TypeVar("T")

_SAID_NO = ("NOTICE_REFUSED", "RECEIPT_REFUSED")


class TreasuryClient:
    """A ``TreasuryLink``. Uploading is safe to repeat under the same message id; only an explicit word is an answer."""

    def __init__(self, address: str, secret: str, profile: Profile | None = None, clock: Clock | None = None) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"the treasury's address is host:port, not {address!r}")
        self._address = (host, int(port))
        self._profile = profile or default_profile()
        self._link = codec.Link(secret, self._profile)
        self._clock = clock or SystemClock()

    @property
    def guide(self) -> PaymentGuide:
        """How prices are paid, as the profile has it."""
        return self._profile.guide

    @property
    def receipt_code(self) -> str:
        """The code of all our e-receipts, as the profile has it."""
        return self._profile.receipt_face["code"]

    def register(self, notice: Notice, message_id: str) -> str:
        """Upload a notice (8994); returns the QR code's address where the answer names one.

        Raises ``Pending`` where no clear answer came, ``InvalidInput`` (``NOTICE_REFUSED``) where it was refused.
        """
        answer = self._exchange(codec.write_notice(notice, message_id, self._link))
        return _clearly(lambda: codec.read_uploaded(answer, self._link))

    def void(self, notice: Notice, cause: str, message_id: str) -> None:
        """Void a notice (8994). Raises as ``register`` does."""
        answer = self._exchange(codec.write_void(notice, cause, message_id, self._link))
        _clearly(lambda: codec.read_uploaded(answer, self._link))

    def take_receipt_number(self, work_date: date, message_id: str) -> str:
        """Take an e-receipt number (8999). ``Pending``, ``InvalidInput`` (``RECEIPT_REFUSED``)."""
        answer = self._exchange(receipts.write_number_request(work_date, message_id, self._link))
        return _clearly(lambda: receipts.read_number(answer, self._link))

    def issue_receipt(self, receipt: Receipt, message_id: str) -> None:
        """Issue an e-receipt (8981). ``Pending``, ``InvalidInput`` (``RECEIPT_REFUSED``)."""
        answer = self._exchange(receipts.write_receipt(receipt, message_id, self._link))
        _clearly(lambda: receipts.read_issued(answer, self._link))

    def fetch_receipt(self, number: str, work_date: date, message_id: str) -> bytes:
        """An e-receipt's file (8982). ``NotFound`` (``RECEIPT_UNKNOWN``) where there is none, ``Pending``."""
        answer = self._exchange(receipts.write_download(number, work_date, message_id, self._link))
        return _clearly(lambda: receipts.read_file(answer, self._link))

    def ask(self, pay_code: str, message_id: str) -> NoticeState:
        """Ask a notice's state (8997). ``Pending`` where no clear answer came."""
        today = local_date(self._clock.now_ms())
        answer = self._exchange(codec.write_question(pay_code, message_id, today, self._link))
        return _clearly(lambda: codec.read_state(answer, pay_code, self._link))

    def read_confirmation(self, frame: bytes) -> Confirmation:
        """Check and decode an inbound 5996 frame. Raises ``InvalidInput`` naming what is wrong with it."""
        return codec.read_confirmation(frame, self._link)

    def acknowledge(self, message_ref: str, work_date: date) -> bytes:
        """The frame (8001) that answers an inbound message."""
        return codec.write_acknowledgement(message_ref, work_date, self._link)

    def refuse(self, message_ref: str, work_date: date, reason: str) -> bytes:
        """The frame (5001) that answers an inbound message that is wrong."""
        return codec.write_refusal(message_ref, work_date, reason, self._link)

    def _exchange(self, request: bytes) -> bytes:
        """Send one frame and read the one that answers it. ``Pending`` for whatever goes wrong on the way."""
        try:
            with socket.create_connection(self._address, self._profile.connect_timeout_seconds) as connection:
                connection.settimeout(self._profile.answer_timeout_seconds)
                connection.sendall(request)
                head = _receive(connection, LENGTH_BYTES)
                return head + _receive(connection, read_length(head, self._profile) - LENGTH_BYTES)
        except (OSError, EOFError) as error:
            raise _silent(type(error).__name__) from error
        except InvalidInput as error:
            raise _silent(error.code) from error


def _clearly(read: Callable[[], T]) -> T:
    """Read an answer; one that can't be read leaves the outcome unknown, so it is asked about again."""
    try:
        return read()
    except InvalidInput as error:
        if error.code in _SAID_NO:
            raise
        raise _silent(error.code) from error


def _receive(connection: socket.socket, size: int) -> bytes:
    """Exactly ``size`` bytes, however TCP cut them up. ``EOFError`` where the other side ended too early."""
    parts: list[bytes] = []
    missing = size
    while missing:
        part = connection.recv(min(missing, 65_536))
        if not part:
            raise EOFError(f"{missing} of {size} bytes are missing")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _silent(why: str) -> Pending:
    return Pending("TREASURY_SILENT", f"财政系统未明确答复 ({why})")
