"""A chunk of a campaign's list: sent batch by batch, as far as it goes now; harmless to send again."""

from __future__ import annotations

from collections import Counter

from chalicelib.kernel.errors import NotAllowed, Pending, TooMany
from chalicelib.messages.rules import UNCLEAR, Batch, BatchState
from chalicelib.messages.sender import Sender

# How long one turn goes on beginning with batches. A function has 300 s, and against a carrier that does not answer a
# batch may take 11 s more.
WORK_FOR_MS = 200_000


def send_batches(batches: list[Batch], sender: Sender) -> dict[str, int]:
    """Send a chunk's batches and count their people by state.

    When all had their turn, or the time for it is over: raises ``TooMany`` where time was short, ``Pending`` where it
    is not known of some whether they went. Run again, it goes on with just these. Raises ``NotAllowed`` where no
    carrier serves our account.
    """
    counts: Counter[BatchState] = Counter()
    until_ms = sender.clock.now_ms() + WORK_FOR_MS
    refused: NotAllowed | None = None
    for number, batch in enumerate(batches):
        if sender.clock.now_ms() >= until_ms:
            raise TooMany("SMS_WAITING", f"{len(batches) - number}批短信待发")
        try:
            for state, people in sender.send(batch):
                counts[state] += people
        except NotAllowed as error:
            refused = error
    if refused:
        raise refused
    unclear = sum(counts[state] for state in UNCLEAR)
    if unclear:
        raise Pending("SMS_UNCLEAR", f"{unclear}条短信是否发出尚不明确")
    return {state.value: counts[state] for state in sorted(counts)}
