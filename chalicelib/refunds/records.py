"""The refunds' table: every payment under its number, every file, and the payments that came back.

| item | pk | sk |
|---|---|---|
| payment | ``{period}#{shard of our_ref}`` | ``refund#{our_ref}`` |
| batch, frozen once its files are made | ``{period}#batches`` | ``batch#{batch}`` |
| file of a batch | ``{period}#batches`` | ``file#{batch_no}`` |
| payment that came back | ``{period}#failed`` | ``{our_ref}`` |
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.refunds.rules import BatchStatus, RefundState, Source

REFUND = "refund#"
FILE = "file#"


class RefundRecord(Model):
    """One payment. ``account`` is the ledger's account it is paid from; payee's account and name are sealed.

    ``unsent``: it stands in no file, since the bank's file can't hold its payee, and waits for another account.
    """

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("REFUNDS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    our_ref = UnicodeAttribute()
    period = UnicodeAttribute()
    batch = UnicodeAttribute()
    channel = UnicodeAttribute()
    source = UnicodeAttribute()
    source_key = UnicodeAttribute()
    code = UnicodeAttribute(default="")
    attempt = NumberAttribute()
    account = UnicodeAttribute()
    principal_fen = NumberAttribute()
    interest_fen = NumberAttribute()
    value_date = UnicodeAttribute()
    leaves_on = UnicodeAttribute()
    sealed_account_no = UnicodeAttribute()
    sealed_account_name = UnicodeAttribute()
    memo = UnicodeAttribute()
    state = UnicodeAttribute()
    bank_code = UnicodeAttribute(default="")
    credit = UnicodeAttribute(default="")
    unsent = BooleanAttribute(default=False)

    @property
    def amount_fen(self) -> int:
        """Principal and interest together: what leaves the bank."""
        return int(self.principal_fen) + int(self.interest_fen)

    @property
    def day(self) -> date:
        """The accounting day it leaves on."""
        return date.fromisoformat(self.leaves_on)

    def payee(self, vault: Vault) -> tuple[str, str]:
        """The payee's account number and name, in clear."""
        return vault.open(self.sealed_account_no, self.our_ref), vault.open(self.sealed_account_name, self.our_ref)


class BatchRecord(Model):
    """One file of a batch: ``count`` payments from the ``start``-th of its channel on; ``digest`` is the file's.
    ``refused``: our numbers of what the bank turned away of a file that it took otherwise; ``handed`` and
    ``handing_since_ms``: how many runs began to hand it over, and when the last one did, 0 once it is at its end."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("REFUNDS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    batch_no = UnicodeAttribute()
    period = UnicodeAttribute()
    batch = UnicodeAttribute()
    channel = UnicodeAttribute()
    start = NumberAttribute()
    count_of_lines = NumberAttribute()
    principal_fen = NumberAttribute()
    interest_fen = NumberAttribute()
    file_name = UnicodeAttribute()
    key = UnicodeAttribute()
    digest = UnicodeAttribute()
    state = UnicodeAttribute()
    approved_by = UnicodeAttribute(default="")
    handed = NumberAttribute(default=0)
    handing_since_ms = NumberAttribute(default=0)
    refused = UnicodeSetAttribute(null=True)
    refusal_code = UnicodeAttribute(default="")
    refusal = UnicodeAttribute(default="")

    @property
    def refused_refs(self) -> frozenset[str]:
        """``refused``; none where the bank took all."""
        return frozenset(self.refused or ())


class BatchHead(Model):
    """Says that a batch is complete: nothing is added to it any more. ``cut``: its files are made."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("REFUNDS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    lines = NumberAttribute(default=0)
    files = NumberAttribute(default=0)
    cut = BooleanAttribute(default=False)


class FailedRecord(Model):
    """A payment that came back, and the other account for it, sealed under ``failed/{our_ref}``.

    ``proposed_lookup`` is a keyed hash of the account that the operator ``proposed_by`` has keyed in; a second one,
    ``confirmed_by``, keys the same in again, and only then it counts.
    """

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("REFUNDS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    code = UnicodeAttribute(default="")
    payee_lookup = UnicodeAttribute()
    bank_code = UnicodeAttribute()
    reason = UnicodeAttribute()
    sealed_account_no = UnicodeAttribute(default="")
    sealed_account_name = UnicodeAttribute(default="")
    answered_at_ms = NumberAttribute(default=0)
    proposed_lookup = UnicodeAttribute(default="")
    proposed_by = UnicodeAttribute(default="")
    confirmed_by = UnicodeAttribute(default="")

    @property
    def owner(self) -> str:
        """What the other account is sealed under."""
        return f"failed/{self.sk}"

    @property
    def period(self) -> str:
        """Whose key it is sealed with: the period of the payment's number."""
        return period_of(str(self.sk))


def period_of(our_ref: str) -> str:
    """The period that stands in a payment's number."""
    return f"{our_ref[2:6]}-{our_ref[6:8]}"


def refund_key(our_ref: str) -> tuple[str, str]:
    """The table key of a payment; the period stands in its number."""
    return f"{period_of(our_ref)}#{shard_of(our_ref)}", f"{REFUND}{our_ref}"


def batches_pk(period: str) -> str:
    """The partition of a period's batches and files."""
    return f"{period}#batches"


def failed_pk(period: str) -> str:
    """The partition of a period's payments that came back."""
    return f"{period}#failed"


def find_refund(our_ref: str) -> RefundRecord | None:
    """The payment under one of our numbers."""
    try:
        return RefundRecord.get(*refund_key(our_ref), consistent_read=True)
    except RefundRecord.DoesNotExist:
        return None


def refunds(period: str) -> Iterator[RefundRecord]:
    """Every payment of a period, in no particular order."""
    for shard in SHARDS:
        yield from RefundRecord.query(f"{period}#{shard}", RefundRecord.sk.startswith(REFUND), consistent_read=True)


_FILE_ORDER = {source: place for place, source in enumerate(Source)}


def lines_of_batch(period: str, batch: str) -> list[RefundRecord]:
    """A batch's payments in the order of its files: by channel, kind of source and number."""
    found = [refund for refund in refunds(period) if refund.batch == batch and not refund.unsent]
    return sorted(found, key=lambda each: (each.channel, _FILE_ORDER[Source(each.source)], each.our_ref))


def lines_of_file(file: BatchRecord) -> list[RefundRecord]:
    """A file's payments, in its order."""
    channel = [line for line in lines_of_batch(file.period, file.batch) if line.channel == file.channel]
    start = int(file.start)
    return channel[start : start + int(file.count_of_lines)]


def find_head(period: str, batch: str) -> BatchHead | None:
    """The mark that a batch is complete."""
    try:
        return BatchHead.get(batches_pk(period), f"batch#{batch}", consistent_read=True)
    except BatchHead.DoesNotExist:
        return None


def batch_files(period: str, batch: str | None = None) -> list[BatchRecord]:
    """The files of a batch, or of all of a period's, by number."""
    found = BatchRecord.query(batches_pk(period), BatchRecord.sk.startswith(FILE), consistent_read=True)
    return [file for file in found if batch in (None, file.batch)]


def get_file(period: str, batch_no: str) -> BatchRecord:
    """A batch file by number; ``NotFound`` (``BATCH_MISSING``) where the hub made none."""
    try:
        return BatchRecord.get(batches_pk(period), f"{FILE}{batch_no}", consistent_read=True)
    except BatchRecord.DoesNotExist:
        raise NotFound("BATCH_MISSING", f"没有编号为 {batch_no} 的退款文件") from None


def has_file(period: str, batch_no: str) -> bool:
    """Whether the hub made a batch file of this number."""
    with suppress(NotFound):
        return bool(get_file(period, batch_no))
    return False


def find_failed(our_ref: str) -> FailedRecord | None:
    """A payment that came back, also one that was sent again since."""
    try:
        return FailedRecord.get(failed_pk(period_of(our_ref)), our_ref, consistent_read=True)
    except FailedRecord.DoesNotExist:
        return None


def failed(period: str) -> list[FailedRecord]:
    """Every payment of a period that came back, also those that were sent again since; by number."""
    return list(FailedRecord.query(failed_pk(period), consistent_read=True))


def complete(period: str, batch: str) -> BatchHead:
    """Say that a batch is complete, once; whoever says it again is given what stands."""
    head = BatchHead(batches_pk(period), f"batch#{batch}")
    transaction = Transaction()
    transaction.put(head, BatchHead.pk.does_not_exist())
    try:
        transaction.commit()
    except Conflict:
        return BatchHead.get(head.pk, head.sk, consistent_read=True)
    return head


def move_refund(
    transaction: Transaction, our_ref: str, standing: RefundState, becomes: RefundState, *, bank_code: str = ""
) -> None:
    """Add a step of a payment to a transaction, on condition that it stands where it is thought to."""
    actions = [RefundRecord.state.set(becomes)]
    if bank_code:
        actions.append(RefundRecord.bank_code.set(bank_code))
    transaction.update(RefundRecord(*refund_key(our_ref)), actions, RefundRecord.state == standing)


def move_file(file: BatchRecord, standing: BatchStatus, becomes: BatchStatus, *, by: str = "") -> None:
    """Move a file on; raises ``Conflict`` (``CONDITION_FAILED``) where it does not stand where it is thought to.

    Somebody else may have moved it as far or farther in between: then that stands, and nothing is wrong. Only into
    ``sending`` there is one who moves it, since he alone hands it over.
    """
    actions = [BatchRecord.state.set(becomes)]
    if by:
        actions.append(BatchRecord.approved_by.set(by))
    transaction = Transaction()
    transaction.update(BatchRecord(file.pk, file.sk), actions, BatchRecord.state == standing)
    try:
        transaction.commit()
    except Conflict:
        file.refresh(consistent_read=True)
        if becomes is BatchStatus.SENDING or not BatchStatus(file.state).reached(becomes):
            raise
        return
    file.state = becomes
