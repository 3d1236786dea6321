"""Write a batch's payments down under their numbers, before any file is made of them."""

from __future__ import annotations

from datetime import date

from chalicelib.deposits.rules import interest_fen
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts
from chalicelib.periods.rules import Interest
from chalicelib.refunds import records
from chalicelib.refunds.records import BatchHead, RefundRecord
from chalicelib.refunds.rules import BatchKind, Due, RefundState, Source, refund_number


def write_down(period: str, kind: BatchKind, due: Due, leaves_on: date, interest: Interest, vault: Vault) -> None:
    """Plan one payment, once; again changes nothing. Raises ``Conflict`` (``REFUND_STANDS``) where the same money is
    planned in another batch, ``CONDITION_FAILED`` where the batch is complete already."""
    refund = _record(period, kind, due, leaves_on, interest, vault)
    transaction = _while_open(period, kind)
    transaction.put(refund, RefundRecord.pk.does_not_exist())
    _commit(transaction, refund)


def write_down_again(
    period: str, kind: BatchKind, failed: RefundRecord, leaves_on: date, interest: Interest, vault: Vault
) -> None:
    """Plan a payment that came back anew, to the other account its owner gave; the old one is replaced by it."""
    answer = records.FailedRecord.get(records.failed_pk(period), failed.our_ref, consistent_read=True)
    due = Due(
        source=Source(failed.source),
        source_key=failed.source_key,
        code=failed.code,
        channel=failed.channel,
        account=accounts.returnable(period),
        account_no=vault.open(answer.sealed_account_no, answer.owner),
        account_name=vault.open(answer.sealed_account_name, answer.owner),
        principal_fen=int(failed.principal_fen),
        value_date=date.fromisoformat(failed.value_date),
        attempt=int(failed.attempt) + 1,
    )
    refund = _record(period, kind, due, leaves_on, interest, vault)
    transaction = _while_open(period, kind)
    transaction.put(refund, RefundRecord.pk.does_not_exist())
    records.move_refund(transaction, failed.our_ref, RefundState.FAILED, RefundState.REPLACED)
    _commit(transaction, refund)


def _while_open(period: str, kind: BatchKind) -> Transaction:
    transaction = Transaction()
    head = f"batch#{kind.name}"
    transaction.check(BatchHead, records.batches_pk(period), head, BatchHead.pk.does_not_exist())
    return transaction


def _commit(transaction: Transaction, refund: RefundRecord) -> None:
    try:
        transaction.commit()
    except Conflict:
        standing = records.find_refund(refund.our_ref)
        if standing is None:
            raise
        if standing.batch != refund.batch or standing.amount_fen != refund.amount_fen:
            raise Conflict("REFUND_STANDS", f"同一笔款项已列入其他退款: {refund.our_ref}") from None


def _record(period: str, kind: BatchKind, due: Due, leaves_on: date, interest: Interest, vault: Vault) -> RefundRecord:
    our_ref = refund_number(period, due.source, due.source_key, due.attempt)
    rates = [(rate.from_date, rate.annual_rate_ppm) for rate in interest.rates]
    return RefundRecord(
        *records.refund_key(our_ref),
        our_ref=our_ref,
        period=period,
        batch=kind.name,
        channel=due.channel,
        source=due.source,
        source_key=due.source_key,
        code=due.code,
        attempt=due.attempt,
        account=due.account,
        principal_fen=due.principal_fen,
        interest_fen=(
            0
            if due.source is Source.FORFEIT
            else interest_fen(due.principal_fen, due.value_date, leaves_on, rates, interest.day_count)
        ),
        value_date=due.value_date.isoformat(),
        leaves_on=leaves_on.isoformat(),
        sealed_account_no=vault.seal(due.account_no, our_ref),
        sealed_account_name=vault.seal(due.account_name, our_ref),
        memo=f"{period}期{kind.memo}",
        state=RefundState.PLANNED,
    )
