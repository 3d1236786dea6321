"""Who hands a file over, and when a bank's refusal of it is its last word (ADR 0075).

What was refused is paid under another number. So nobody may hand it over under the old one any more: no run that comes
later, and none that began before and still lives.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from pynamodb.expressions.condition import Condition

from chalicelib.kernel.errors import Conflict, FileRefused, Pending
from chalicelib.kernel.tables import Transaction
from chalicelib.refunds.records import BatchRecord
from chalicelib.refunds.rules import BatchStatus
from integrations.ports import RefusedInPart

# The function's own time-out: a run that began longer ago is at its end, whatever became of it.
LIVES_MS_MAX = 900_000


@dataclass(frozen=True)
class Handing:
    """One run that hands a file over, since ``now_ms``. Another one may be at it since ``other_since_ms``; 0: none."""

    file: BatchRecord
    number: int
    other_since_ms: int
    now_ms: int

    def end(self) -> None:
        """Note that this run is at its end, without the bank's last word."""
        transaction = Transaction()
        actions = [BatchRecord.handing_since_ms.set(self.other_since_ms)]
        transaction.update(BatchRecord(self.file.pk, self.file.sk), actions, _is_at(self.number))
        with suppress(Conflict):
            transaction.commit()

    def refused(self, word: FileRefused) -> None:
        """Write down, in one, what the bank refused and that the file is handed over no more: ``sent`` where a part was
        refused, else ``refused``.

        Raises ``Pending``, and nothing counts, where another run began in between, or one that began before may still
        be at it: what this one was refused, that one may bring in.
        """
        unsettled = Pending("REFUSAL_UNSETTLED", f"退款文件 {self.file.batch_no} 被拒收,但另一次执行可能仍在发送")
        if self.other_since_ms and self.now_ms - self.other_since_ms < LIVES_MS_MAX:
            raise unsettled
        actions = [BatchRecord.refusal_code.set(word.code), BatchRecord.refusal.set(word.message)]
        if isinstance(word, RefusedInPart):
            actions += [BatchRecord.state.set(BatchStatus.SENT), BatchRecord.refused.set(set(word.our_refs))]
        else:
            actions.append(BatchRecord.state.set(BatchStatus.REFUSED))
        transaction = Transaction()
        alone = _is_at(self.number) & (BatchRecord.state == BatchStatus.SENDING)
        transaction.update(BatchRecord(self.file.pk, self.file.sk), actions, alone)
        try:
            transaction.commit()
        except Conflict:
            raise unsettled from None
        self.file.refresh(consistent_read=True)


def begin(file: BatchRecord, now_ms: int) -> Handing:
    """Note that a run hands a file over from now on. Raises ``Pending`` where another began at the same time, or the
    file has moved on."""
    before, since_ms = int(file.handed), int(file.handing_since_ms)
    actions = [BatchRecord.handed.set(before + 1), BatchRecord.handing_since_ms.set(now_ms)]
    transaction = Transaction()
    still = _is_at(before) & (BatchRecord.state == BatchStatus.SENDING)
    transaction.update(BatchRecord(file.pk, file.sk), actions, still)
    try:
        transaction.commit()
    except Conflict:
        raise Pending("BATCH_ON_ITS_WAY", f"退款文件 {file.batch_no} 正由另一次执行发送") from None
    return Handing(file, before + 1, since_ms, now_ms)


def _is_at(number: int) -> Condition:
    # A file of before an upgrade has no count.
    condition = BatchRecord.handed == number
    return condition if number else condition | BatchRecord.handed.does_not_exist()
