"""Queues between a door and the work behind it: put in here, given out by SQS at least once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Queue(Protocol):
    """Where work waits."""

    def send(self, body: str) -> None:
        """Put a message in; whoever takes it out may get it more than once."""
        ...


@dataclass(frozen=True)
class SqsQueue:
    """A queue on SQS."""

    sqs: Any
    url: str

    def send(self, body: str) -> None:
        """Put a message in."""
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)
