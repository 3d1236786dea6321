"""Release a batch after approval and send its files. Money leaves at most once (money rules 2 and 3)."""

from __future__ import annotations

from chalicelib.applicants.records import name_lookup
from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, Pending
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import records as ledger
from chalicelib.periods.problems import record_problems
from chalicelib.refunds import postings, records
from chalicelib.refunds.planning import move_source
from chalicelib.refunds.preparing import Means, encode
from chalicelib.refunds.records import BatchRecord, FailedRecord, RefundRecord
from chalicelib.refunds.rules import BatchStatus, RefundState, batch_kind
from integrations.ports import AskedBank, BatchState


def release(period: str, batch: str, by: str) -> dict[str, int]:
    """Write down who approved a batch; its files may be sent from now on. Again changes nothing.

    Returns ``{"files"}``. Raises ``Conflict`` (``BATCH_OPEN``) for a batch that was not prepared.
    """
    if not by:
        raise InvalidInput("APPROVER_MISSING", "缺少审批人")
    head = records.find_head(period, batch_kind(batch).name)
    if head is None or not head.cut:
        raise Conflict("BATCH_OPEN", f"退款批次 {batch} 尚未生成")
    files = records.batch_files(period, batch)
    for file in files:
        if file.state == BatchStatus.PLANNED:
            records.move_file(file, BatchStatus.PLANNED, BatchStatus.APPROVED, by=by)
    return {"files": len(files)}


def send(batch_no: str, means: Means) -> dict[str, str]:
    """Send one file and return ``{"batch_no", "state"}``; a file that the bank has is not sent again.

    Where the bank definitely refuses it, its state is ``refused`` and its payments come back, to go with a later batch.

    Every payment is in transit in the ledger before the file leaves. Raises ``Pending`` where the bank's word is
    missing: call again, and the bank is asked about this number first. Raises ``Conflict`` (``BATCH_NOT_APPROVED``)
    before a second person's approval.
    """
    file = records.get_file(means.plan.period, batch_no)
    if file.state == BatchStatus.PLANNED:
        raise Conflict("BATCH_NOT_APPROVED", f"退款文件 {batch_no} 尚未经审批")
    if file.state == BatchStatus.APPROVED:
        for refund in records.lines_of_file(file):
            _order(refund, means.now_ms)
        # From here on it may have left: only the bank can say that it did not.
        try:
            records.move_file(file, BatchStatus.APPROVED, BatchStatus.SENDING)
        except Conflict:
            raise Pending("BATCH_ON_ITS_WAY", f"退款文件 {batch_no} 正由另一次执行发送") from None
        _hand_over(file, means)
    elif file.state == BatchStatus.SENDING:
        if means.bank(file.channel).ask_batch(encode(file, means)) is BatchState.NOT_FOUND:
            _hand_over(file, means)
        else:
            records.move_file(file, BatchStatus.SENDING, BatchStatus.SENT)
    return {"batch_no": batch_no, "state": str(file.state)}


def _hand_over(file: BatchRecord, means: Means) -> None:
    bank = means.bank(file.channel)
    try:
        bank.send_batch(encode(file, means))
    except FileRefused as refused:
        # Of one that is asked, a part of the file may have been taken before another was refused.
        if isinstance(bank, AskedBank):
            raise
        _take_back(file, means, refused)
        return
    records.move_file(file, BatchStatus.SENDING, BatchStatus.SENT)


def _take_back(file: BatchRecord, means: Means, refused: FileRefused) -> None:
    """Nothing left: each payment stands with those that came back, its own account given, so that the next batch that
    sends again, which a second person approves, has it under a new number."""
    for refund in records.lines_of_file(file):
        if refund.state != RefundState.SENT:
            continue
        account_no, name = refund.payee(means.vault)
        failure = FailedRecord(
            records.failed_pk(refund.period),
            refund.our_ref,
            code=refund.code,
            payee_lookup=name_lookup(means.vault, name),
            bank_code=refused.code,
            reason=refused.message,
            answered_at_ms=means.now_ms,
        )
        failure.sealed_account_no = means.vault.seal(account_no, failure.owner, period=refund.period)
        failure.sealed_account_name = means.vault.seal(name, failure.owner, period=refund.period)
        transaction = Transaction()
        records.move_refund(transaction, refund.our_ref, RefundState.SENT, RefundState.FAILED, bank_code=refused.code)
        transaction.put(failure, FailedRecord.pk.does_not_exist())
        ledger.post(postings.failed(refund, means.now_ms), transaction)
    record_problems(file.period, f"refunds/{file.batch_no}", refused.problems, refused.code, refused.message)
    records.move_file(file, BatchStatus.SENDING, BatchStatus.REFUSED)


def _order(refund: RefundRecord, now_ms: int) -> None:
    if refund.state != RefundState.PLANNED:
        return
    transaction = Transaction()
    records.move_refund(transaction, refund.our_ref, RefundState.PLANNED, RefundState.SENT)
    move_source(transaction, refund)
    ledger.post(postings.sent(refund, now_ms), transaction)
