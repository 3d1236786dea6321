"""A chunk of a campaign's list: sent batch by batch, some at once, as far as it goes now; harmless to send again."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from chalicelib.kernel.errors import NotAllowed, Pending, TooMany
from chalicelib.messages.rules import UNCLEAR, Batch, BatchState
from chalicelib.messages.sender import Sender

# How long one turn goes on beginning with batches. A function has 300 s, and against a carrier that does not answer a
# batch may take 11 s more.
WORK_FOR_MS = 200_000


def send_batches(batches: list[Batch], sender: Sender, in_flight: int = 1) -> dict[str, int]:
    """Send a chunk's batches, so many at once, and count their people by state.

    When all had their turn, or the time for it is over: raises ``TooMany`` where time was short, ``Pending`` where it
    is not known of some whether they went. Run again, it goes on with just these. Raises ``NotAllowed`` where no
    carrier serves our account.
    """
    sender.until_ms = sender.clock.now_ms() + WORK_FOR_MS

    def turn(batch: Batch) -> list[tuple[BatchState, int]] | NotAllowed | None:
        """What became of a batch; ``None`` where there was no time left for all of it."""
        try:
            return list(sender.send(batch))
        except NotAllowed as error:
            return error
        except TooMany:
            return None

    with ThreadPoolExecutor(in_flight) as threads:
        turns = [threads.submit(turn, batch) for batch in batches]
        try:
            ends = [each.result() for each in turns]
        except BaseException:
            # What is under way comes to its end; nothing more begins.
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    waiting = sum(end is None for end in ends)
    if waiting:
        raise TooMany("SMS_WAITING", f"{waiting}批短信待发")
    counts: Counter[BatchState] = Counter()
    for end in ends:
        if isinstance(end, NotAllowed):
            raise end
        for state, people in end or ():
            counts[state] += people
    unclear = sum(counts[state] for state in UNCLEAR)
    if unclear:
        raise Pending("SMS_UNCLEAR", f"{unclear}条短信是否发出尚不明确")
    return {state.value: counts[state] for state in sorted(counts)}
