"""E-receipts (财政电子票据) in the treasury's table, one item a receipt and turn, forward only.

    planned -> numbered -> issued -> written off
                                  -> reversed (by a receipt of its own, whose ``reverses`` is this one's number)

| item | pk | sk |
|---|---|---|
| receipt | ``{period}#{shard of code}`` | ``receipt#{code}#{turn}`` |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, commit_noted

RECEIPT = "receipt#"

_CONDITION_FAILED = "ConditionalCheckFailedException"


class ReceiptState(StrEnum):
    """Where a receipt stands; it only moves down this list, and never from one end state to another."""

    PLANNED = "planned"
    NUMBERED = "numbered"
    ISSUED = "issued"
    WRITTEN_OFF = "written_off"
    REVERSED = "reversed"


class ReceiptRecord(Model):
    """A receipt. Our numbers for its messages are stored with it, the treasury's number before it is used.

    ``sent_at_ms`` is when it was first sent to be issued, 0 before; ``file_sha256`` is of the treasury's file, which
    lies sealed in the work bucket. ``reversal_*``: two persons' word that it is to be reversed.
    """

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    code = UnicodeAttribute()
    turn = NumberAttribute()
    pay_code = UnicodeAttribute()
    amount_fen = NumberAttribute()
    reverses = UnicodeAttribute(default="")
    state = UnicodeAttribute(default=ReceiptState.PLANNED)
    number_message_id = UnicodeAttribute()
    issue_message_id = UnicodeAttribute()
    number = UnicodeAttribute(default="")
    check_code = UnicodeAttribute(default="")
    face_at_ms = NumberAttribute(default=0)
    sent_at_ms = NumberAttribute(default=0)
    issued_at_ms = NumberAttribute(default=0)
    file_sha256 = UnicodeAttribute(default="")
    written_off_at_ms = NumberAttribute(default=0)
    reversed_at_ms = NumberAttribute(default=0)
    reversal_cause = UnicodeAttribute(default="")
    reversal_proposed_by = UnicodeAttribute(default="")
    reversal_confirmed_by = UnicodeAttribute(default="")

    @property
    def status(self) -> ReceiptState:
        """The state as a word of the trade."""
        return ReceiptState(self.state)

    @property
    def stands(self) -> bool:
        """Whether it is, or will be, the receipt of a payment."""
        return not self.reverses and self.status != ReceiptState.REVERSED

    @property
    def file_key(self) -> str:
        """Where the treasury's file lies, sealed, in the work bucket."""
        return f"treasury/{self.period}/receipts/{self.pay_code}-{int(self.turn)}.sealed"


def receipt_key(period: str, code: str, turn: int) -> tuple[str, str]:
    """The table key of a receipt."""
    return f"{period}#{shard_of(code)}", f"{RECEIPT}{code}#{turn:03d}"


def receipts_of(period: str, code: str) -> list[ReceiptRecord]:
    """A winner's receipts, the first first."""
    found = ReceiptRecord.query(
        f"{period}#{shard_of(code)}", ReceiptRecord.sk.startswith(f"{RECEIPT}{code}#"), consistent_read=True
    )
    return list(found)


def receipts(period: str) -> Iterator[ReceiptRecord]:
    """Every receipt of a period, in no particular order."""
    for shard in SHARDS:
        yield from ReceiptRecord.query(f"{period}#{shard}", ReceiptRecord.sk.startswith(RECEIPT), consistent_read=True)


def advance_receipt(
    record: ReceiptRecord, actions: Iterable[Action], condition: Condition, noted: tuple[Actor, Act] | None = None
) -> bool:
    """Move a receipt on and read it anew; ``False`` where it no longer stood where it was thought to.

    ``noted``: the operator whose act it is, and the act, for the audit trail.
    """
    if noted is not None:
        transaction = Transaction()
        transaction.update(ReceiptRecord(record.pk, record.sk), actions, condition)
        moved = commit_noted(transaction, *noted)
        record.refresh(consistent_read=True)
        return moved
    try:
        record.update(list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        record.refresh(consistent_read=True)
        return False
    return True
