"""The messages' table: one item a batch, written before anything is sent; one a message's end; the dead numbers.

A batch, not a message, is what a carrier takes or does not take, so it is what is claimed (docs/decisions/0029).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, table_name
from chalicelib.messages.rules import LOOKUP_DIGITS, Batch, BatchState, batch_of

_CONDITION_FAILED = "ConditionalCheckFailedException"


class BatchRecord(Model):
    """One batch. ``members`` is JSON: code -> the cut keyed hash of its phone. ``detail``: the carrier's last code.

    Of a split one, ``pieces`` tells how many stand in for it and ``next_carrier`` which carrier is to take them.
    """

    class Meta(HubMeta):
        """The messages' table."""

        table_name = table_name("MESSAGES_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    carrier = UnicodeAttribute()
    members = UnicodeAttribute()
    attempted_at_ms = NumberAttribute(default=0)
    carrier_id = UnicodeAttribute(default="")
    detail = UnicodeAttribute(default="")
    pieces = NumberAttribute(default=0)
    next_carrier = UnicodeAttribute(default="")

    @property
    def status(self) -> BatchState:
        """The state as a word of the trade."""
        return BatchState(self.state)

    def people(self) -> dict[str, str]:
        """Code -> cut hash of its phone."""
        return dict(json.loads(self.members))


class OutcomeRecord(Model):
    """What became of one message in the end: ``delivered``, ``failed``, or ``limited`` as batch ``out_id``."""

    class Meta(HubMeta):
        """The messages' table."""

        table_name = table_name("MESSAGES_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    out_id = UnicodeAttribute()
    state = UnicodeAttribute()
    detail = UnicodeAttribute(default="")


class CarrierIdRecord(Model):
    """Which message a carrier's own id stands for, of a carrier whose pushes name nothing else."""

    class Meta(HubMeta):
        """The messages' table."""

        table_name = table_name("MESSAGES_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="carrier-id")
    out_id = UnicodeAttribute()


class DeadPhoneRecord(Model):
    """A number that a carrier said is no more, by keyed hash: nothing is sent to it again."""

    class Meta(HubMeta):
        """The messages' table."""

        table_name = table_name("MESSAGES_TABLE")

    pk = UnicodeAttribute(hash_key=True, default="dead-phones")
    sk = UnicodeAttribute(range_key=True)
    dead = BooleanAttribute(default=True)


def batches_pk(period: str, campaign: str) -> str:
    """The partition of a campaign's batches: a thousand for 100,000 people."""
    return f"{period}#{campaign}#batches"


def claim_batch(batch: Batch, state: BatchState, now_ms: int, *, split_into: int = 0) -> BatchRecord | None:
    """Write a batch down as this run's to send, or as split for its carrier; ``None`` where it stands already."""
    record = BatchRecord(
        batches_pk(batch.period, batch.campaign),
        batch.name,
        state=state.value,
        carrier=batch.carrier,
        members=json.dumps({entry.code: entry.lookup for entry in batch.entries}, separators=(",", ":")),
        attempted_at_ms=now_ms,
        pieces=split_into,
        next_carrier=batch.carrier if split_into else "",
    )
    try:
        record.save(BatchRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return None
        raise
    return record


def abandon(period: str, campaign: str, name: str) -> None:
    """Keep every run from claiming a batch from now on; one that is claimed stays as it is."""
    claim_batch(Batch(period, campaign, name, "", ()), BatchState.ABANDONED, 0)


def find_batch(period: str, campaign: str, name: str) -> BatchRecord | None:
    """A batch, read consistently."""
    try:
        return BatchRecord.get(batches_pk(period, campaign), name, consistent_read=True)
    except DoesNotExist:
        return None


def batches(period: str, campaign: str) -> Iterator[BatchRecord]:
    """Every batch of a campaign that was claimed or abandoned, by name."""
    yield from BatchRecord.query(batches_pk(period, campaign), consistent_read=True)


def move(record: BatchRecord, to: BatchState, *actions: Action) -> bool:
    """Move a batch on from where it was read; ``False`` where another run moved it first."""
    as_read = (BatchRecord.state == record.state) & (BatchRecord.attempted_at_ms == record.attempted_at_ms)
    try:
        record.update([BatchRecord.state.set(to.value), *actions], condition=as_read)
    except UpdateError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return False
        raise
    return True


def note_carrier_id(carrier: str, carrier_id: str, out_id: str) -> None:
    """Remember which batch a carrier's own id stands for."""
    CarrierIdRecord(_carrier_id_pk(carrier, carrier_id), "carrier-id", out_id=out_id).save()


def out_id_of(carrier: str, carrier_id: str) -> str:
    """Our number of what a carrier calls so; ``""`` where it was never noted."""
    try:
        return CarrierIdRecord.get(_carrier_id_pk(carrier, carrier_id), "carrier-id").out_id
    except DoesNotExist:
        return ""


def end_message(out_id: str, lookup: str, state: str, detail: str) -> bool:
    """Write down the end of the message to a phone (its cut hash) in a batch; the first word on it stands.

    ``limited`` is no last word: a later batch's receipt replaces it. ``False`` where nothing of ours fits.
    """
    named = batch_of(out_id)
    record = find_batch(*named) if named else None
    if named is None or record is None:
        return False
    codes = [code for code, phone in record.people().items() if phone == lookup]
    if not codes:
        return False
    outcome = OutcomeRecord(
        _outcomes_pk(named[0], named[1], codes[0]), codes[0], out_id=out_id, state=state, detail=detail[:100]
    )
    try:
        outcome.save(
            OutcomeRecord.pk.does_not_exist() | ((OutcomeRecord.state == "limited") & (OutcomeRecord.out_id != out_id))
        )
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
    return True


def outcomes(period: str, campaign: str) -> Mapping[str, OutcomeRecord]:
    """Code -> the end of its message, where there is one."""
    return {
        record.sk: record
        for shard in SHARDS
        for record in OutcomeRecord.query(f"{period}#{campaign}#end#{shard}", consistent_read=True)
    }


def note_dead(phone_lookup: str) -> None:
    """Remember that a number is no more."""
    DeadPhoneRecord("dead-phones", phone_lookup[:LOOKUP_DIGITS]).save()


def dead_phones() -> frozenset[str]:
    """The cut hashes of numbers that are no more."""
    return frozenset(record.sk for record in DeadPhoneRecord.query("dead-phones", consistent_read=True))


def _carrier_id_pk(carrier: str, carrier_id: str) -> str:
    return f"{carrier}-id#{carrier_id}"


def _outcomes_pk(period: str, campaign: str, code: str) -> str:
    return f"{period}#{campaign}#end#{shard_of(code)}"
