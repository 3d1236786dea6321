"""Batches, rounds and quiet hours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
# Asia/Shanghai, without summer time since 1991.
_SHANGHAI_MS = 8 * 3_600_000

# A phone's keyed hash, cut: enough to tell a batch's hundred phones apart, and no more than that.
LOOKUP_DIGITS = 16

# A carrier's codes (integrations/ports/sms.py): a limit on one of the numbers; no connection, so nothing went; no
# receipt yet, from a carrier that tells of nothing else.
NUMBER_LIMITED, UNREACHABLE, NO_REPORT = "SMS_NUMBER_LIMITED", "SMS_UNREACHABLE", "SMS_NO_REPORT"


class BatchState(StrEnum):
    """Where a batch stands. From ``sending`` on it moves once, and from ``pending`` once more."""

    SENDING = "sending"  # claimed by a run; where that run died, asked about
    PENDING = "pending"  # no answer: the carrier may have it or not; asked about
    SENT = "sent"  # the carrier took it, all of it
    SPLIT = "split"  # the carrier took nothing of it; its pieces go on in its stead
    LIMITED = "limited"  # the carrier's express "not now": its people are asked for again in the next round
    REFUSED = "refused"  # the carrier's express "not for your account": likewise
    ABANDONED = "abandoned"  # no run had claimed it when the next round began: likewise
    FAILED = "failed"  # the carrier's express "never", about this one message


# The carrier may or may not have it.
UNCLEAR = (BatchState.SENDING, BatchState.PENDING)
# Nothing went, by the carrier's own word or because it was never claimed: only these people may be in another batch.
RELEASED = (BatchState.LIMITED, BatchState.REFUSED, BatchState.ABANDONED)


@dataclass(frozen=True)
class Entry:
    """One message of a batch: to whom, with what. ``phone`` is sealed for (period, code); ``lookup`` its keyed hash."""

    code: str
    params: dict[str, str]
    phone: str
    lookup: str


@dataclass(frozen=True)
class Batch:
    """Messages that one request carries. ``name`` is unique in the campaign; ``carrier`` the one that is to take it."""

    period: str
    campaign: str
    name: str
    carrier: str
    entries: tuple[Entry, ...]

    @property
    def out_id(self) -> str:
        """Our number of the batch at the carrier, from which a receipt finds back."""
        return f"{self.period}.{self.campaign}.{self.name}"


def batch_of(out_id: str) -> tuple[str, str, str] | None:
    """(period, campaign, batch's name) of a number of ours; ``None`` for any other text."""
    parts = out_id.split(".", 2)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else None


def batch_name(round_no: int, chunk_no: int, batch_no: int) -> str:
    """The name of a batch of a round's list, each counted from 1."""
    return f"{chunk_name(round_no, chunk_no)}-{batch_no:03d}"


def chunk_name(round_no: int, chunk_no: int) -> str:
    """What the names of a chunk's batches begin with."""
    return f"{round_no:03d}-{chunk_no:05d}"


def chunk_of(name: str) -> str:
    """The chunk that a batch, or a piece of one, belongs to."""
    return name.rpartition("-")[0]


def piece_name(name: str, piece: int) -> str:
    """The name of a split batch's piece, counted from 0."""
    return f"{name}.{piece}"


def pieces(batch: Batch, count: int, carrier: str) -> list[Batch]:
    """The batches that stand in for a split one: always the same for the same count."""
    size = -(-len(batch.entries) // count)
    cut = [batch.entries[start : start + size] for start in range(0, len(batch.entries), size)]
    return [
        Batch(batch.period, batch.campaign, piece_name(batch.name, number), carrier, part)
        for number, part in enumerate(cut)
    ]


def cut_into_batches(entries: Iterable[Entry], size: int) -> list[list[Entry]]:
    """Batches of at most ``size``, by code, no phone twice in one: a receipt names the number and the phone only."""
    batches: list[list[Entry]] = []
    again: list[Entry] = []
    batch: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda each: each.code):
        if entry.lookup in batch:
            again.append(entry)
            continue
        batch[entry.lookup] = entry
        if len(batch) == size:
            batches.append(list(batch.values()))
            batch = {}
    if batch:
        batches.append(list(batch.values()))
    return batches + cut_into_batches(again, size) if again else batches


def chunked(batches: Sequence[list[Entry]], size: int) -> list[Sequence[list[Entry]]]:
    """Batches by the chunk, as one function's turn sends them."""
    return [batches[start : start + size] for start in range(0, len(batches), size)]


@dataclass(frozen=True)
class QuietHours:
    """When nobody is texted: minutes after midnight in Shanghai, over midnight where ``until`` is not after ``since``.

    Both the same: never.
    """

    since_minute: int
    until_minute: int

    def after(self, at_ms: int) -> int:
        """The first instant from ``at_ms`` on that is not quiet."""
        minute = (at_ms + _SHANGHAI_MS) % _DAY_MS / _MINUTE_MS
        since, until = self.since_minute, self.until_minute
        quiet = since <= minute < until if since <= until else minute >= since or minute < until
        if not quiet:
            return at_ms
        midnight_ms = at_ms - (at_ms + _SHANGHAI_MS) % _DAY_MS
        ends_ms = midnight_ms + until * _MINUTE_MS
        return ends_ms if ends_ms > at_ms else ends_ms + _DAY_MS


def quiet_hours(text: str) -> QuietHours:
    """``"21:00-08:00"``; ``"none"`` for never. ``ValueError`` for anything else."""
    if text == "none":
        return QuietHours(0, 0)
    since, _, until = text.partition("-")
    return QuietHours(_minute(since), _minute(until))


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (len(hour) == len(minute) == 2 and 0 <= int(hour) <= 23 and 0 <= int(minute) <= 59):
        raise ValueError(f"a time of day such as 21:00, not {text!r}")
    return int(hour) * 60 + int(minute)


def fen_of(cost_centifen: int) -> int:
    """Whole fen, rounded up: what is announced is never less than what is charged."""
    return -(-cost_centifen // 100)
