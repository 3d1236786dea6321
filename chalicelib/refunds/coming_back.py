"""A payment that comes back: it failed, its money is in transit no more, and it stands with those to be sent again."""

from __future__ import annotations

from chalicelib.applicants.records import name_lookup
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import records as ledger
from chalicelib.refunds import postings, records
from chalicelib.refunds.records import FailedRecord, RefundRecord
from chalicelib.refunds.rules import RefundState


def come_back(refund: RefundRecord, code: str, reason: str, *, to_own: bool, vault: Vault, now_ms: int) -> None:
    """Move a payment from sent to failed, once. ``code`` and ``reason`` are the bank's own words.

    ``to_own``: nothing is wrong with its payee. His own account is given already then, so that the next batch that
    sends again, which a second person approves, has it under a new number; he may still give another before.
    """
    if refund.state != RefundState.SENT:
        return
    account_no, name = refund.payee(vault)
    failure = FailedRecord(
        records.failed_pk(refund.period),
        refund.our_ref,
        code=refund.code,
        payee_lookup=name_lookup(vault, name),
        bank_code=code,
        reason=reason,
    )
    if to_own:
        failure.answered_at_ms = now_ms
        failure.sealed_account_no = vault.seal(account_no, failure.owner, period=refund.period)
        failure.sealed_account_name = vault.seal(name, failure.owner, period=refund.period)
    transaction = Transaction()
    records.move_refund(transaction, refund.our_ref, RefundState.SENT, RefundState.FAILED, bank_code=code)
    transaction.put(failure, FailedRecord.pk.does_not_exist())
    ledger.post(postings.failed(refund, now_ms), transaction)
