"""A carrier of text messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True)
class Sms:
    """One message. ``out_id`` is ours and stored first; ``template`` names an entry of the carrier's profile."""

    out_id: str
    phone: str
    template: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class SmsPreview:
    """What a phone will show, sign included, how many parts it is charged as, and what those cost in 1/100 fen."""

    text: str
    parts: int
    cost_centifen: int


@dataclass(frozen=True)
class SmsReceipt:
    """What the carrier knows of a message. ``state``: ``sent`` (accepted), ``delivered``, ``failed`` or ``limited``.

    ``limited``: it was accepted, and stopped by a limit before it reached the phone. ``code`` is the carrier's word.
    """

    out_id: str
    state: str
    code: str


@dataclass(frozen=True)
class SmsReport:
    """A receipt that the carrier pushed: for which of the phones of ``out_id``. ``dead``: the number is no more.

    ``carrier_id``: what the carrier calls the message, where it says that and not our number; ``out_id`` is empty then.
    """

    receipt: SmsReceipt
    phone: str
    dead: bool = False
    carrier_id: str = ""


class SmsCarrier(Protocol):
    """A carrier of text messages. Its sending is not idempotent: after a time-out ask, then send."""

    @property
    def name(self) -> str:
        """What operators and records call it."""
        ...

    @property
    def batch_max(self) -> int:
        """How many messages one request takes."""
        ...

    @property
    def reports_by_its_id(self) -> bool:
        """Whether its pushes name a message by its own id alone, so that it has to be remembered whose that is."""
        ...

    @property
    def report_answer(self) -> Mapping[str, Any]:
        """What it wants to hear, as JSON, when a push of its was taken."""
        ...

    def preview(self, template: str, params: Mapping[str, str]) -> SmsPreview:
        """A message as it will look. Raises ``InvalidInput`` where template, variables or length do not fit."""
        ...

    def send(self, sms: Sms) -> str:
        """Send one message and return the carrier's own id.

        Raises ``TooMany`` (its limits: nothing went, wait), ``InvalidInput`` (it will never go), ``NotAllowed`` (our
        account there is shut or set up wrong: nothing went, a person has to look) or ``Pending`` (not known; with the
        code ``SMS_UNREACHABLE`` no connection came about, so nothing went).
        """
        ...

    def send_batch(self, out_id: str, messages: Sequence[Sms]) -> str:
        """Send up to ``batch_max`` messages of one template to as many phones under one number; raises as ``send``.

        The carrier takes all of them or none. ``TooMany`` with the code ``SMS_NUMBER_LIMITED``, and ``InvalidInput``,
        may be about a single one: which, only smaller batches tell.
        """
        ...

    def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
        """What became of a message; ``None`` where the carrier never took it. ``Pending`` where that is not known.

        ``Pending`` with the code ``SMS_NO_REPORT``: it answers, and only tells of messages with a receipt.
        """
        ...

    def read_reports(self, body: bytes) -> Sequence[SmsReport]:
        """What it pushed. Raises ``InvalidInput`` (``SMS_REPORT_INVALID``) where the whole is not one of its pushes."""
        ...
