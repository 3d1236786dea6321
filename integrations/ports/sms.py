"""A carrier of text messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol


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
