"""SQS and the bids' stream: at least once, in any order, and given out again where a consumer fails."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.simulation.clockwork import Clockwork, Killed
from local.simulation.faults import HOUR_MS, Faults
from local.simulation.functions import Functions

RECEIVED_MAX = 5


@dataclass(frozen=True)
class QueueKind:
    """A queue of the template: who works it off, and its times."""

    consumer: str
    visibility_ms: int
    delay_ms: int = 0


KINDS: Mapping[str, QueueKind] = {
    "InboxQueue": QueueKind("inbox", 360_000),
    "ConfirmationsQueue": QueueKind("confirmations", 360_000),
    "CodesQueue": QueueKind("codes", 180_000),
    "ChunksQueue": QueueKind("messages", 1_800_000, 900_000),
    "NoticesQueue": QueueKind("notices", 360_000),
}


@dataclass
class Queues:
    """All queues; ``dead`` is what a consumer could not work off."""

    clockwork: Clockwork
    faults: Faults
    functions: Functions
    rng: random.Random
    dead: list[tuple[str, str]] = field(default_factory=list)
    _numbers: int = 0
    _stream: list[dict[str, Any]] = field(default_factory=list)
    _streaming: bool = False

    def send(self, queue: str, body: str) -> None:
        """Put a message in; it may come twice, and late."""
        now_ms = self.clockwork.now_ms
        copies = 2 if self.faults.strikes("twice", now_ms) else 1
        for _ in range(copies):
            wait_ms = KINDS[queue].delay_ms + self.rng.randint(5, 400)
            if self.faults.strikes("late", now_ms):
                # A code is of no use after minutes, so that it is late by seconds.
                wait_ms += self.rng.randint(1_000, 60_000 if queue == "CodesQueue" else 2 * HOUR_MS)
            self._numbers += 1
            self._give_out(queue, body, f"message-{self._numbers}", 1, wait_ms)

    def _give_out(self, queue: str, body: str, message_id: str, received: int, wait_ms: int) -> None:
        kind = KINDS[queue]

        def work() -> None:
            event = {"Records": [{"messageId": message_id, "body": body, "eventSource": "aws:sqs"}]}
            strand = self.functions.start(kind.consumer, event)
            failed = True
            try:
                answer = self.clockwork.join(strand)
                failed = bool((answer or {}).get("batchItemFailures"))
            except Killed:
                self.functions.forget()
            except Exception:  # noqa: S110 (an exception out of the consumer gives the batch out again)
                pass
            if not failed:
                return
            if received >= RECEIVED_MAX:
                self.dead.append((queue, body))
                return
            self._give_out(queue, body, message_id, received + 1, kind.visibility_ms)

        self.clockwork.spawn(f"{queue} {message_id}", work, self.clockwork.now_ms + wait_ms)

    def stream(self, image: Mapping[str, Any]) -> None:
        """A bidder's item after a change: told to the log in order, at least once."""
        self._stream.append({"dynamodb": {"NewImage": json.loads(json.dumps(image))}})
        if not self._streaming:
            self._streaming = True
            self.clockwork.spawn("bids stream", self._follow, self.clockwork.now_ms + self.rng.randint(50, 1_500))

    def _follow(self) -> None:
        while self._stream:
            batch = self._stream[: self.rng.randint(1, 20)]
            strand = self.functions.start("bidleaves", {"Records": batch})
            try:
                self.clockwork.join(strand)
            except (Killed, Exception):
                self.functions.forget()
                self.clockwork.pause(1_000)
                continue
            if not self.faults.strikes("twice", self.clockwork.now_ms):
                del self._stream[: len(batch)]
        self._streaming = False
