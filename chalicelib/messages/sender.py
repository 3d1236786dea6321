"""Sending a batch once: written down, claimed, sent; without an answer it is asked about, not sent again blindly.

Only a carrier's express "not taken" lets anybody of a batch be sent to again, in pieces, by another carrier or in the
campaign's next round (docs/decisions/0029).
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.applicants.records import owner_of
from chalicelib.kernel.clock import Clock, local_date
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.privacy import Vault
from chalicelib.messages.records import BatchRecord, claim_batch, find_batch, move, note_carrier_id
from chalicelib.messages.rules import NUMBER_LIMITED, UNCLEAR, UNREACHABLE, Batch, BatchState, pieces
from integrations.ports import Sms, SmsCarrier

# Longer than any request of ours can be under way: before that, "never heard of it" may only mean "not yet".
QUIET_MS = 60_000
# How old a claim may be when its request leaves; an older one, of a machine that stood still, is asked about instead.
CLAIM_MS = 15_000


@dataclass
class Sender:
    """What sending takes; several threads may share it.

    ``carriers`` by name, in the order they are tried in; ``gap_s`` lies between two requests; from ``until_ms`` on no
    batch and no piece of one is begun with.
    """

    carriers: Mapping[str, SmsCarrier]
    clock: Clock
    vault: Vault
    template: str
    gap_s: float = 0.0
    until_ms: int = sys.maxsize
    pause: Callable[[float], None] = time.sleep
    _due_ms: float = field(default=0.0, init=False)
    _pace: threading.Lock = field(default_factory=threading.Lock, init=False)

    def send(self, batch: Batch) -> Iterator[tuple[BatchState, int]]:
        """Bring a batch as far as it goes now: (state, people) of it, or of each piece that stands in for it.

        Any number of times, by any number of runs at once, each message goes once. Raises ``NotAllowed`` where no
        carrier serves our account: nothing of this batch went; ``TooMany`` where there is no time left to begin.
        """
        if self.clock.now_ms() >= self.until_ms:
            raise TooMany("SMS_WAITING", "短信待发")
        record = self._claim(batch)
        if record is None:
            record = find_batch(batch.period, batch.campaign, batch.name)
            if record is None:
                raise RuntimeError(f"batch {batch.name} was written down and is gone")
            if record.status in UNCLEAR:
                self._clear_up(record, batch)
        else:
            self._post(record, batch)
        if record.status is BatchState.SPLIT:
            # What is claimed stays with whom it was claimed for; a carrier that was taken out gets nothing new.
            to = record.next_carrier if record.next_carrier in self.carriers else next(iter(self.carriers))
            for piece in pieces(batch, int(record.pieces), to):
                yield from self.send(piece)
            return
        if record.status is BatchState.REFUSED:
            raise NotAllowed("SMS_ACCOUNT", f"没有短信平台受理: {record.detail}")
        yield record.status, len(batch.entries)

    def _claim(self, batch: Batch) -> BatchRecord | None:
        size = self.carriers[batch.carrier].batch_max
        now_ms = self.clock.now_ms()
        if len(batch.entries) <= size:
            return claim_batch(batch, BatchState.SENDING, now_ms)
        count = -(-len(batch.entries) // size)
        return claim_batch(batch, BatchState.SPLIT, now_ms, split_into=count)

    def _clear_up(self, record: BatchRecord, batch: Batch) -> None:
        """An earlier attempt: after the quiet time the carrier is asked, and what it never took is sent."""
        # A carrier that was taken out of the settings can't be asked: pending, until it is there again.
        if self.clock.now_ms() - record.attempted_at_ms < QUIET_MS or record.carrier not in self.carriers:
            return
        try:
            taken = self._taken(record, batch)
        except (Pending, NotAllowed):
            return
        if taken:
            move(record, BatchState.SENT)
            return
        again = BatchRecord.attempted_at_ms.set(max(self.clock.now_ms(), int(record.attempted_at_ms) + 1))
        if move(record, BatchState.SENDING, again):
            self._post(record, batch)

    def _taken(self, record: BatchRecord, batch: Batch) -> bool:
        """Whether the carrier has any of the batch; "no" only when it said so for each phone. Raises ``Pending``."""
        carrier, begun_ms = self.carriers[record.carrier], int(record.attempted_at_ms)
        # Begun before midnight, it may stand in the carrier's books under the next day.
        days = tuple(dict.fromkeys((local_date(begun_ms), local_date(begun_ms + QUIET_MS))))
        return any(
            carrier.ask(batch.out_id, sms.phone, day) is not None for sms in self._messages(batch) for day in days
        )

    def _post(self, record: BatchRecord, batch: Batch) -> None:
        if record.status is not BatchState.SENDING:
            return
        messages = self._messages(batch)
        self._keep_pace()
        if self.clock.now_ms() - record.attempted_at_ms > CLAIM_MS:
            return
        carrier = self.carriers[record.carrier]
        try:
            carrier_id = carrier.send_batch(batch.out_id, messages)
        except Pending as error:
            if error.code == UNREACHABLE and self._later(record):
                self._hand_on(record, batch, error.code)
            else:
                move(record, BatchState.PENDING, BatchRecord.detail.set(error.code))
        except InvalidInput as error:
            self._narrow(record, batch, BatchState.FAILED, error.code)
        except TooMany as error:
            if error.code == NUMBER_LIMITED:
                self._narrow(record, batch, BatchState.LIMITED, error.code)
            else:
                move(record, BatchState.LIMITED, BatchRecord.detail.set(error.code))
        except NotAllowed as error:
            self._hand_on(record, batch, error.code)
        else:
            if carrier.reports_by_its_id:
                note_carrier_id(record.carrier, carrier_id, batch.out_id)
            move(record, BatchState.SENT, BatchRecord.carrier_id.set(carrier_id))

    def _narrow(self, record: BatchRecord, batch: Batch, end: BatchState, code: str) -> None:
        """Nothing went because of one of them: halves, until it is the one message that has this end."""
        detail = BatchRecord.detail.set(code)
        if len(batch.entries) == 1:
            move(record, end, detail)
        else:
            halves = (BatchRecord.pieces.set(2), BatchRecord.next_carrier.set(record.carrier))
            move(record, BatchState.SPLIT, detail, *halves)

    def _hand_on(self, record: BatchRecord, batch: Batch, code: str) -> None:
        """The carrier has nothing of it, by its own word or for want of a way to it: the next one is to have it.

        Under a name of its own, written down with the move: no run sees the batch at both.
        """
        detail, later = BatchRecord.detail.set(code), self._later(record)
        if not later:
            move(record, BatchState.REFUSED, detail)
            return
        count = -(-len(batch.entries) // self.carriers[later[0]].batch_max)
        move(
            record,
            BatchState.SPLIT,
            detail,
            BatchRecord.pieces.set(count),
            BatchRecord.next_carrier.set(later[0]),
        )

    def _later(self, record: BatchRecord) -> list[str]:
        """The carriers that are tried after a batch's own."""
        names = list(self.carriers)
        return names[names.index(record.carrier) + 1 :]

    def _messages(self, batch: Batch) -> list[Sms]:
        """In clear, for the carrier only. A sealed phone opens for the code that it was sealed for, and no other."""
        return [
            Sms(
                batch.out_id,
                self.vault.open(entry.phone, owner_of(batch.period, entry.code)),
                self.template,
                entry.params,
            )
            for entry in batch.entries
        ]

    def _keep_pace(self) -> None:
        if not self.gap_s:
            return
        with self._pace:
            now_ms = self.clock.now_ms()
            due_ms = max(float(now_ms), self._due_ms)
            self._due_ms = due_ms + self.gap_s * 1_000
        if due_ms > now_ms:
            self.pause((due_ms - now_ms) / 1_000)
