"""Release a batch after approval and send its files. Money leaves at most once (money rules 2 and 3)."""

from __future__ import annotations

from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, Pending
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import records as ledger
from chalicelib.periods.problems import record_problems
from chalicelib.refunds import handing, postings, records
from chalicelib.refunds.coming_back import come_back
from chalicelib.refunds.planning import move_source
from chalicelib.refunds.preparing import Means, encode
from chalicelib.refunds.records import BatchRecord, RefundRecord
from chalicelib.refunds.rules import BatchStatus, RefundState, batch_kind
from integrations.ports import AskedBank, BatchFile, BatchState, DepositBank, RefusedInPart


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

    Where the bank definitely refuses it, its state is ``refused`` and its payments come back, to go with a later batch;
    where it refuses a part, that part does, once ``fetch_return`` has asked about it.

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
    elif file.state == BatchStatus.REFUSED:
        _take_back(file, means)
    elif file.state == BatchStatus.SENDING:
        if means.bank(file.channel).ask_batch(encode(file, means)) is BatchState.NOT_FOUND:
            _hand_over(file, means)
        else:
            records.move_file(file, BatchStatus.SENDING, BatchStatus.SENT)
    return {"batch_no": batch_no, "state": str(file.state)}


def _hand_over(file: BatchRecord, means: Means) -> None:
    ours = handing.begin(file, means.now_ms)
    try:
        word = _refusal(means.bank(file.channel), encode(file, means))
        if word is not None:
            record_problems(file.period, f"refunds/{file.batch_no}", word.problems, word.code, word.message)
            ours.refused(word)
    except Exception:
        ours.end()
        raise
    if word is None:
        records.move_file(file, BatchStatus.SENDING, BatchStatus.SENT)
    elif file.state == BatchStatus.REFUSED:
        _take_back(file, means)


def _refusal(bank: DepositBank, encoded: BatchFile) -> FileRefused | None:
    try:
        bank.send_batch(encoded)
    except FileRefused as word:
        if isinstance(bank, AskedBank) and not isinstance(word, RefusedInPart):
            # A bank that is asked says so of each part: this is not its word.
            raise
        return word
    return None


def _take_back(file: BatchRecord, means: Means) -> None:
    """Nothing of it left, and nothing will: each payment stands with those that came back. Again changes nothing."""
    for refund in records.lines_of_file(file):
        come_back(refund, file.refusal_code, file.refusal, to_own=True, vault=means.vault, now_ms=means.now_ms)


def _order(refund: RefundRecord, now_ms: int) -> None:
    if refund.state != RefundState.PLANNED:
        return
    transaction = Transaction()
    records.move_refund(transaction, refund.our_ref, RefundState.PLANNED, RefundState.SENT)
    move_source(transaction, refund)
    ledger.post(postings.sent(refund, now_ms), transaction)
