"""Prepare a batch: choose, write down, freeze, and make the files that a second person approves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from chalicelib.deposits.corrections import close_corrections
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.files import Files
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import Interest
from chalicelib.refunds import records
from chalicelib.refunds.advised import Listening, hear
from chalicelib.refunds.planning import Terms, write_down, write_down_again
from chalicelib.refunds.records import BatchHead, BatchRecord, RefundRecord
from chalicelib.refunds.rolling import roll_over
from chalicelib.refunds.rules import (
    FIRST,
    REMITTANCE,
    BatchKind,
    BatchStatus,
    RefundState,
    batch_kind,
    batch_number,
)
from chalicelib.refunds.selecting import Payee, select
from integrations.ports import BatchFile, DepositBank, RefundLine


@dataclass(frozen=True)
class Means:
    """What preparing and sending need. ``bank`` gives the bank behind a channel."""

    plan: Plan
    interest: Interest
    vault: Vault
    files: Files
    bank: Callable[[str], DepositBank]
    now_ms: int
    # Ways that pay back to nobody's bank account, and the bank that does it for them.
    wallets: tuple[str, ...] = ()
    paying_bank: str = ""
    # Every way that money comes in by.
    channels: tuple[str, ...] = ()


def prepare(batch: str, means: Means, treasury_account: Payee | None = None) -> dict[str, Any]:
    """Prepare a batch, once; again gives the same files under the same numbers.

    Returns ``{"batch", "files": [{"batch_no", "channel", "key", "file_name"}], "count", "principal_fen",
    "interest_fen"}``; ``key`` is in the outbox. Batch 1 first rolls over the deposits that stay.
    """
    kind, period = batch_kind(batch), means.plan.period
    head = records.find_head(period, batch)
    if head is None:
        _plan_payments(kind, means, treasury_account)
        head = records.complete(period, batch)
    if not head.cut:
        _cut_files(kind, head, means)
    files = records.batch_files(period, batch)
    for file in files:
        _hand_out(file, means)
    return {
        "batch": batch,
        "files": [
            {"batch_no": file.batch_no, "channel": file.channel, "key": file.key, "file_name": file.file_name}
            for file in files
        ],
        "count": sum(int(file.count_of_lines) for file in files),
        "principal_fen": sum(int(file.principal_fen) for file in files),
        "interest_fen": sum(int(file.interest_fen) for file in files),
    }


def encode(file: BatchRecord, means: Means) -> BatchFile:
    """A file's bytes, made from the payments on record. Raises ``Conflict`` (``BATCH_DIFFERS``) where they are not what
    they were when the batch was frozen."""
    encoded = _encode(file.batch_no, records.lines_of_file(file), means)
    if encoded.digest != file.digest:
        raise Conflict("BATCH_DIFFERS", f"退款文件 {file.batch_no} 与登记内容不一致")
    return encoded


def _plan_payments(kind: BatchKind, means: Means, treasury_account: Payee | None) -> None:
    period, leaves_on = means.plan.period, means.plan.day(kind.milestone)
    advised = hear(Listening(means.files, period, kind.name, leaves_on, means.channels, means.bank))
    terms = Terms(period, kind, leaves_on, means.interest, means.vault, means.bank, means.now_ms, advised)
    if kind.name != REMITTANCE and means.now_ms >= means.plan.at("corrections_close"):
        # A statement that came late may have brought payments which nobody could put right any more.
        close_corrections(period, means.plan.day("corrections_close"), means.now_ms)
    if kind.again:
        answered = {each.sk for each in records.failed(period) if each.answered_at_ms}
        for refund in list(records.refunds(period)):
            if refund.our_ref in answered and refund.state == RefundState.FAILED:
                channel = means.paying_bank if refund.channel in means.wallets else str(refund.channel)
                write_down_again(terms, refund, channel)
    for due in select(
        kind.name, means.plan, means.vault, treasury_account, wallets=means.wallets, bank=means.paying_bank
    ):
        write_down(terms, due)
    advised.list_problems(period)
    if kind.name == FIRST:
        roll_over(period, leaves_on, means.now_ms)


def _cut_files(kind: BatchKind, head: BatchHead, means: Means) -> None:
    # The head stands, so no payment is added any more: what is read here is what the files hold.
    lines = records.lines_of_batch(means.plan.period, kind.name)
    files = _cut(kind, lines, means)
    actions = [BatchHead.cut.set(True), BatchHead.lines.set(len(lines)), BatchHead.files.set(len(files))]
    transaction = Transaction()
    transaction.update(BatchHead(head.pk, head.sk), actions, BatchHead.cut == False)  # noqa: E712 a condition
    for file in files:
        transaction.put(file, BatchRecord.pk.does_not_exist())
    try:
        transaction.commit()
    except Conflict:
        # Somebody else cut it first: his files count, and are the same.
        head.refresh(consistent_read=True)
        if not head.cut:
            raise


def _cut(kind: BatchKind, lines: Sequence[RefundRecord], means: Means) -> list[BatchRecord]:
    files: list[BatchRecord] = []
    for channel, group in groupby(lines, key=lambda line: str(line.channel)):
        of_channel = list(group)
        size = means.bank(channel).lines_max
        for start in range(0, len(of_channel), size):
            files.append(_file(kind, len(files) + 1, of_channel[start : start + size], start, means))
    return files


def _file(kind: BatchKind, number: int, lines: Sequence[RefundRecord], start: int, means: Means) -> BatchRecord:
    period, channel = means.plan.period, str(lines[0].channel)
    batch_no = batch_number(period, kind, means.plan.at(kind.milestone), number)
    encoded = _encode(batch_no, lines, means)
    return BatchRecord(
        records.batches_pk(period),
        f"{records.FILE}{batch_no}",
        batch_no=batch_no,
        period=period,
        batch=kind.name,
        channel=channel,
        start=start,
        count_of_lines=len(lines),
        principal_fen=sum(int(line.principal_fen) for line in lines),
        interest_fen=sum(int(line.interest_fen) for line in lines),
        file_name=encoded.name,
        key=f"{channel}/batch/{period}/{encoded.name}",
        digest=encoded.digest,
        state=BatchStatus.PLANNED,
    )


def _encode(batch_no: str, lines: Sequence[RefundRecord], means: Means) -> BatchFile:
    return means.bank(str(lines[0].channel)).write_batch(batch_no, tuple(_line(line, means.vault) for line in lines))


def _line(refund: RefundRecord, vault: Vault) -> RefundLine:
    account_no, name = refund.payee(vault)
    return RefundLine(
        our_ref=refund.our_ref,
        account_no=account_no,
        account_name=name,
        principal_fen=int(refund.principal_fen),
        interest_fen=int(refund.interest_fen),
        memo=refund.memo,
    )


def _hand_out(file: BatchRecord, means: Means) -> None:
    encoded = encode(file, means)
    means.files.write_once("outbox", f"{file.key}.sm3", f"{encoded.digest}  {encoded.name}\n".encode(), "text/plain")
    means.files.write_once("outbox", file.key, encoded.content)
