"""Sending a message once: written down, claimed, sent; without an answer it is asked about, not sent again blindly."""

from __future__ import annotations

import json
from dataclasses import dataclass

from chalicelib.kernel.clock import Clock, local_date
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.messages.records import UNCLEAR, MessageRecord, MessageState, move
from integrations.ports import Sms, SmsCarrier, SmsReceipt

# Longer than any request of ours can be under way: before that, "never heard of it" may only mean "not yet".
QUIET_MS = 60_000

# How long one step goes on beginning with messages. A function has 300 s, and against a carrier that does not answer
# the last message may take 55 s more: it is asked about on two days, sent, and asked about on two days.
WORK_FOR_MS = 200_000

_RECEIPT_STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "failed": MessageState.FAILED,
}


@dataclass(frozen=True)
class Sender:
    """What sending takes."""

    carrier: SmsCarrier
    clock: Clock

    def send(self, record: MessageRecord, phone: str) -> MessageState:
        """Bring one message as far as it goes now and return where it stands; any number of times, it is sent once.

        ``PLANNED`` means that the carrier's limits ask to wait. Raises ``NotAllowed`` where the carrier does not serve
        our account: nothing went, and the message is as planned as before.
        """
        if record.status in UNCLEAR and not self._may_send_again(record, phone):
            return record.status
        if record.status not in (MessageState.PLANNED, *UNCLEAR):
            return record.status
        claimed = MessageRecord.attempted_at_ms.set(max(self.clock.now_ms(), int(record.attempted_at_ms) + 1))
        if not move(record, MessageState.SENDING, claimed):
            return MessageState.SENDING
        return self._send_claimed(record, phone)

    def settle(self, record: MessageRecord, phone: str) -> SmsReceipt | None:
        """Ask the carrier about a message and write down its word; ``None`` where it does not have it.

        Raises ``Pending`` where it does not answer.
        """
        receipt = self._ask(record, phone)
        if receipt is not None and _RECEIPT_STATES[receipt.state] != record.status:
            move(record, _RECEIPT_STATES[receipt.state], MessageRecord.detail.set(receipt.code))
        return receipt

    def _ask(self, record: MessageRecord, phone: str) -> SmsReceipt | None:
        # Begun before midnight, it may stand in the carrier's books under the next day.
        begun_ms = int(record.attempted_at_ms)
        for day in dict.fromkeys((local_date(begun_ms), local_date(begun_ms + QUIET_MS))):
            receipt = self.carrier.ask(record.out_id, phone, day)
            if receipt is not None:
                return receipt
        return None

    def _may_send_again(self, record: MessageRecord, phone: str) -> bool:
        """Whether an earlier attempt came to nothing: the quiet time is over, and the carrier does not have it."""
        if self.clock.now_ms() - record.attempted_at_ms < QUIET_MS:
            return False
        try:
            return self.settle(record, phone) is None
        except Pending:
            return False

    def _send_claimed(self, record: MessageRecord, phone: str) -> MessageState:
        sms = Sms(record.out_id, phone, record.template, json.loads(record.params))
        try:
            carrier_id = self.carrier.send(sms)
        except Pending as error:
            self._ask_at_once(record, phone, error)
        except InvalidInput as error:
            move(record, MessageState.FAILED, MessageRecord.detail.set(error.code))
        except TooMany as error:
            move(record, MessageState.PLANNED, MessageRecord.detail.set(error.code))
        except NotAllowed as error:
            move(record, MessageState.PLANNED, MessageRecord.detail.set(error.code))
            raise
        else:
            move(record, MessageState.SENT, MessageRecord.carrier_id.set(carrier_id))
        return record.status

    def _ask_at_once(self, record: MessageRecord, phone: str, error: Pending) -> None:
        try:
            if self.settle(record, phone) is not None:
                return
        except Pending:
            pass
        move(record, MessageState.PENDING, MessageRecord.detail.set(error.code))
