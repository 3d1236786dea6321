"""A bank's return file: each payment paid, failed, or still pending. States only move forward (money rule 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from chalicelib.deposits.records import CreditState, DepositState, move_credit, move_deposit
from chalicelib.kernel.errors import Conflict, FileRefused, Pending, Problem
from chalicelib.kernel.fetched import put_fetched
from chalicelib.kernel.files import Files
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import records as ledger
from chalicelib.periods.problems import record_problems, record_refusal
from chalicelib.refunds import postings, records
from chalicelib.refunds.coming_back import come_back
from chalicelib.refunds.preparing import Means, encode
from chalicelib.refunds.records import BatchRecord, RefundRecord
from chalicelib.refunds.rules import BatchStatus, RefundState, Source
from integrations.ports import AskedBank, BatchFile, BatchReturn, PaymentOutcome, ReturnLine

SIDECAR = ".sm3"
DIGEST_DIFFERS = "DIGEST_DIFFERS"
_ENDS = {PaymentOutcome.PAID: (RefundState.PAID,), PaymentOutcome.FAILED: (RefundState.FAILED, RefundState.REPLACED)}


def fetch_return(batch_no: str, after: int, means: Means) -> str:
    """Fetch what became of a batch file's payments from a counterparty that delivers no return files, into the inbox.

    Returns the file's key; empty where the bank delivers by itself. ``after``: so many return files were taken before.
    Raises ``Pending`` while there is no answer, or none that differs from the last.
    """
    file = records.get_file(means.plan.period, batch_no)
    bank = means.bank(file.channel)
    if not isinstance(bank, AskedBank):
        return ""
    folder = f"{file.channel}/return/{file.period}/{batch_no}"

    def fetch() -> BatchFile:
        fetched = bank.fetch_return(encode(file, means), file.refused_refs)
        before = _files_of(file, means)
        if before and means.files.read("inbox", before[-1]) == fetched.content:
            raise Pending("RETURN_SAME", f"退款文件 {batch_no} 仍有款项未有最终结果")
        return fetched

    return put_fetched(means.files, folder, after, fetch)


def apply_return(batch_no: str, key: str, means: Means) -> dict[str, int]:
    """Take in a return file and count where the batch file's payments stand: ``{"paid", "failed", "pending"}``.

    The same file again changes nothing; one that was overwritten under its key counts as each that stood there. A line
    for a payment that is not in the file, with another amount, or against an earlier word of the bank's changes nothing
    either and is put on the operator's list. Raises ``FileRefused`` for a file that is wrong as a whole, ``Conflict``
    (``RETURN_UNEXPECTED``) for a file that never left.
    """
    period = means.plan.period
    file = records.get_file(period, batch_no)
    if file.state in (BatchStatus.PLANNED, BatchStatus.APPROVED, BatchStatus.REFUSED):
        raise Conflict("RETURN_UNEXPECTED", f"退款文件 {batch_no} 尚未发出,不应有回盘")
    # Two may have come before anybody looked: each says something, and saying it again changes nothing.
    for earlier in _files_of(file, means):
        if earlier < key:
            with suppress(FileRefused):
                _apply(file, earlier, means)
    _apply(file, key, means)
    counts = _count(file)
    if counts["pending"]:
        open_lines = Problem(0, "pending", str(counts["pending"]), "a further return file that names their end")
        record_problems(period, key, [open_lines], "RETURN_PENDING", "回盘文件中仍有款项未有最终结果")
    return counts


def _files_of(file: BatchRecord, means: Means) -> list[str]:
    folder = f"{file.channel}/return/{file.period}/{file.batch_no}/"
    return sorted(key for key in means.files.keys("inbox", folder) if not key.endswith(SIDECAR))


def _apply(file: BatchRecord, key: str, means: Means) -> None:
    for lines, problems in _tellings(file, key, means):
        refunds = {refund.our_ref: refund for refund in records.lines_of_file(file)}
        for line in lines:
            fault = _fault(refunds.get(line.our_ref), line)
            if fault is not None:
                problems.append(fault)
            elif line.outcome is PaymentOutcome.PAID:
                _paid(refunds[line.our_ref], line, means)
            elif line.outcome is PaymentOutcome.FAILED:
                to_own = line.our_ref in file.refused_refs
                come_back(
                    refunds[line.our_ref],
                    line.code,
                    line.reason,
                    to_own=to_own,
                    vault=means.vault,
                    now_ms=means.now_ms,
                )
        if problems:
            record_problems(file.period, key, problems, "RETURN_LINES", "回盘文件部分明细未采用")


def hear_overwritten(period: str, means: Means) -> int:
    """Look at return files once more that were overwritten after they were taken in: what they say against the bank's
    earlier word is put on the operators' list, and changes nothing. Returns how many there are."""
    overwritten = [
        (file, key)
        for file in records.batch_files(period)
        if file.state == BatchStatus.RETURNED
        for key in _files_of(file, means)
        if len(set(means.files.versions("inbox", key))) > 1
    ]
    for file, key in overwritten:
        with suppress(FileRefused):
            _apply(file, key, means)
    return len(overwritten)


def list_unknown(files: Files, period: str, channels: tuple[str, ...]) -> int:
    """Put return files for batches that the hub never made on the operators' list; returns how many there are."""
    unknown = 0
    for channel in channels:
        for key in files.keys("inbox", f"{channel}/return/{period}/"):
            batch_no = key.split("/")[3]
            if key.endswith(SIDECAR) or records.has_file(period, batch_no):
                continue
            unknown += 1
            problem = Problem(0, "batch_no", batch_no[:40], "the number of a batch that the hub sent; ask the bank")
            record_problems(period, key, [problem], "RETURN_UNKNOWN", "回盘文件对应的退款批次不存在,未采用")
    return unknown


def _tellings(file: BatchRecord, key: str, means: Means) -> Iterator[tuple[tuple[ReturnLine, ...], list[Problem]]]:
    """What a return file says, and what it said before it was overwritten under its key, the oldest first.

    Raises ``FileRefused`` where the latest is wrong as a whole; all that are stand on the operator's list.
    """
    contents, sidecars = (means.files.versions("inbox", each) for each in (key, key + SIDECAR))
    for content in contents:
        try:
            told = _read(file, content, sidecars, means)
        except FileRefused as refused:
            record_refusal(file.period, key, refused)
            if content == contents[-1]:
                raise
        else:
            yield told.lines, list(told.problems)


def _read(file: BatchRecord, content: bytes, sidecars: list[bytes], means: Means) -> BatchReturn:
    """Read by the sidecar that was written with it: the latest that fits."""
    for sidecar in reversed(sidecars):
        try:
            told = means.bank(file.channel).read_return(content, sidecar)
        except FileRefused as refused:
            if refused.code != DIGEST_DIFFERS or sidecar == sidecars[0]:
                raise
        else:
            break
    if told.batch_no != file.batch_no:
        problem = Problem(1, "batch_no", told.batch_no, f"{file.batch_no}, the batch it was delivered for")
        raise FileRefused("BATCH_NO_DIFFERS", "回盘文件的批次号不符", problems=(problem,))
    return told


def _fault(refund: RefundRecord | None, line: ReturnLine) -> Problem | None:
    if refund is None:
        return Problem(line.line, "our_ref", line.our_ref, "the number of a payment in this batch")
    if refund.amount_fen != line.amount_fen:
        return Problem(line.line, "amount_fen", str(line.amount_fen), f"{refund.amount_fen}, as it was ordered")
    ended = refund.state not in (RefundState.PLANNED, RefundState.SENT)
    if ended and line.outcome is not PaymentOutcome.PENDING and refund.state not in _ENDS[line.outcome]:
        remedy = f"{refund.state}, which the bank said before; ask the bank"
        return Problem(line.line, "code", line.code, remedy)
    return None


def _paid(refund: RefundRecord, line: ReturnLine, means: Means) -> None:
    if refund.state != RefundState.SENT:
        return
    transaction = Transaction()
    records.move_refund(transaction, refund.our_ref, RefundState.SENT, RefundState.PAID, bank_code=line.code)
    if refund.source == Source.DEPOSIT:
        move_deposit(transaction, refund.period, refund.source_key, DepositState.REFUNDING, DepositState.REFUNDED)
    elif refund.source == Source.CREDIT:
        move_credit(transaction, refund.period, refund.source_key, CreditState.RETURNING, CreditState.RETURNED)
    ledger.post(postings.paid(refund, means.now_ms), transaction)


def _count(file: BatchRecord) -> dict[str, int]:
    states = [refund.state for refund in records.lines_of_file(file)]
    paid = states.count(RefundState.PAID)
    failed = states.count(RefundState.FAILED) + states.count(RefundState.REPLACED)
    pending = len(states) - paid - failed
    if pending == 0 and file.state in (BatchStatus.SENDING, BatchStatus.SENT):
        records.move_file(file, BatchStatus(file.state), BatchStatus.RETURNED)
    return {"paid": paid, "failed": failed, "pending": pending}
