"""The messages' table: one item a campaign and application code, written before anything is sent.

States: planned -> sending -> sent -> delivered or failed; ``pending`` where the carrier's answer is missing. Only the
carrier's express refusal for now (its limits) takes a message from sending back to planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kernel.ids import id_from
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, table_name

_CONDITION_FAILED = "ConditionalCheckFailedException"


class MessageState(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    SENDING = "sending"
    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


# The carrier may or may not have it: asked about, not sent.
UNCLEAR = (MessageState.SENDING, MessageState.PENDING)
ENDED = (MessageState.DELIVERED, MessageState.FAILED)


class MessageRecord(Model):
    """One message. ``out_id`` is our number at the carrier; ``params`` (JSON) fill the template.

    ``detail`` is the last code that the carrier gave it.
    """

    class Meta(HubMeta):
        """The messages' table."""

        table_name = table_name("MESSAGES_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    campaign = UnicodeAttribute()
    code = UnicodeAttribute()
    out_id = UnicodeAttribute()
    template = UnicodeAttribute()
    params = UnicodeAttribute()
    state = UnicodeAttribute(default=MessageState.PLANNED.value)
    attempted_at_ms = NumberAttribute(default=0)
    carrier_id = UnicodeAttribute(default="")
    detail = UnicodeAttribute(default="")

    @property
    def status(self) -> MessageState:
        """The state as a word of the trade."""
        return MessageState(self.state)


def message_key(period: str, campaign: str, code: str) -> tuple[str, str]:
    """The table key of a message."""
    return f"{period}#{campaign}#{shard_of(code)}", code


def plan_message(period: str, campaign: str, code: str, template: str, params: str) -> MessageRecord:
    """Write a message down, or find it as it was written down before: the first text stands."""
    pk, sk = message_key(period, campaign, code)
    record = MessageRecord(
        pk,
        sk,
        period=period,
        campaign=campaign,
        code=code,
        out_id=id_from("sms", period, campaign, code),
        template=template,
        params=params,
    )
    try:
        record.save(MessageRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        return MessageRecord.get(pk, sk, consistent_read=True)
    return record


def find_message(period: str, campaign: str, code: str) -> MessageRecord | None:
    """A message, read consistently."""
    try:
        return MessageRecord.get(*message_key(period, campaign, code), consistent_read=True)
    except DoesNotExist:
        return None


def messages(period: str, campaign: str) -> Iterator[MessageRecord]:
    """Every message of a campaign, in no particular order."""
    for shard in SHARDS:
        yield from MessageRecord.query(f"{period}#{campaign}#{shard}", consistent_read=True)


def move(record: MessageRecord, to: MessageState, *actions: Action) -> bool:
    """Move a message on from where it was read; ``False`` where another run moved it first."""
    as_read: Condition = (MessageRecord.state == record.state) & (
        MessageRecord.attempted_at_ms == record.attempted_at_ms
    )
    changes: Sequence[Action] = (MessageRecord.state.set(to.value), *actions)
    try:
        record.update(list(changes), condition=as_read)
    except UpdateError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return False
        raise
    return True
