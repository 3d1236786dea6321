"""Write a batch's payments down under their numbers, before any file is made of them."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Terms:
    """What all payments of a batch share: the day their money leaves, and the interest until then."""

    period: str
    kind: BatchKind
    leaves_on: date
    interest: Interest
    vault: Vault


def write_down(terms: Terms, due: Due) -> None:
    """Plan one payment, once; again changes nothing. Raises ``Conflict`` (``REFUND_STANDS``) where the same money is
    planned in another batch, ``CONDITION_FAILED`` where the batch is complete already."""
    refund = _record(terms, due)
    transaction = _while_open(terms)
    transaction.put(refund, RefundRecord.pk.does_not_exist())
    _commit(transaction, refund)


def write_down_again(terms: Terms, failed: RefundRecord) -> None:
    """Plan a payment that came back anew, to the other account its owner gave; the old one is replaced by it."""
    answer = records.FailedRecord.get(records.failed_pk(terms.period), failed.our_ref, consistent_read=True)
    due = Due(
        source=Source(failed.source),
        source_key=failed.source_key,
        code=failed.code,
        channel=failed.channel,
        account=accounts.returnable(terms.period),
        account_no=terms.vault.open(answer.sealed_account_no, answer.owner),
        account_name=terms.vault.open(answer.sealed_account_name, answer.owner),
        principal_fen=int(failed.principal_fen),
        value_date=date.fromisoformat(failed.value_date),
        attempt=int(failed.attempt) + 1,
    )
    refund = _record(terms, due)
    transaction = _while_open(terms)
    transaction.put(refund, RefundRecord.pk.does_not_exist())
    records.move_refund(transaction, failed.our_ref, RefundState.FAILED, RefundState.REPLACED)
    _commit(transaction, refund)


def _while_open(terms: Terms) -> Transaction:
    transaction = Transaction()
    head = f"batch#{terms.kind.name}"
    transaction.check(BatchHead, records.batches_pk(terms.period), head, BatchHead.pk.does_not_exist())
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


def _record(terms: Terms, due: Due) -> RefundRecord:
    our_ref = refund_number(terms.period, due.source, due.source_key, due.attempt)
    rates = [(rate.from_date, rate.annual_rate_ppm) for rate in terms.interest.rates]
    return RefundRecord(
        *records.refund_key(our_ref),
        our_ref=our_ref,
        period=terms.period,
        batch=terms.kind.name,
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
            else interest_fen(due.principal_fen, due.value_date, terms.leaves_on, rates, terms.interest.day_count)
        ),
        value_date=due.value_date.isoformat(),
        leaves_on=terms.leaves_on.isoformat(),
        sealed_account_no=terms.vault.seal(due.account_no, our_ref),
        sealed_account_name=terms.vault.seal(due.account_name, our_ref),
        memo=f"{terms.period}期{terms.kind.memo}",
        state=RefundState.PLANNED,
    )
