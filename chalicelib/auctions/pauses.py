"""Pausing an open auction and resuming it, each by two operators: the proposal, and what the second person's word does.

The word itself is an approval like any other (``periods.approvals``), asked for by the machine ``auction_pause``, which
then calls ``begin_pause`` or ``end_pause``. Both may be called again.
"""

from __future__ import annotations

from typing import Any

from chalicelib.auctions import records
from chalicelib.auctions.schedule import pauses_of, window_of
from chalicelib.auctions.window import FACT, lay_down, prepared
from chalicelib.bidding.records import BidsTable
from chalicelib.kernel.clock import Clock, local_text
from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import id_from
from chalicelib.kernel.machines import Machines
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor, commit_noted

MACHINE = "auction_pause"
PAUSE, RESUME = "pause", "resume"
REASON_CHARACTERS_MAX = 200

_MS_PER_SECOND = 1_000
_MS_PER_MINUTE = 60_000


def propose(period: str, action: str, reason: str, *, actor: Actor, machines: Machines) -> dict[str, Any]:
    """Ask for a second person's word: ``{"period", "action", "number", "reason"}``. The reason is published.

    Asked again by the same operator within a minute it is the same proposal. Raises ``InvalidInput``
    (``PAUSE_INVALID``), ``NotFound`` (``AUCTION_NOT_PREPARED``) or ``Conflict``: ``AUCTION_CLOSED``,
    ``ALREADY_PAUSED``, ``NOT_PAUSED``, ``AUCTION_FACT_MOVED``.
    """
    if action not in (PAUSE, RESUME):
        raise _wrong("action", action[:40], f"{PAUSE} or {RESUME}")
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise _wrong("reason", "", f"1 to {REASON_CHARACTERS_MAX} characters, which everybody will read")
    auction = prepared(period)
    pauses = auction["pauses"]
    paused = bool(pauses) and pauses[-1]["until_ms"] is None
    if action == RESUME and not paused:
        raise Conflict("NOT_PAUSED", "竞价未处于暂停状态")
    if action == PAUSE and paused:
        raise Conflict("ALREADY_PAUSED", "竞价已处于暂停状态")
    if action == PAUSE and actor.at_ms >= window_of(period, auction).closes_at_ms:
        raise Conflict("AUCTION_CLOSED", "本期竞价已经结束")
    number = len(pauses) + (action == PAUSE)
    given = {"period": period, "action": action, "number": number, "reason": reason, "made_by": actor.name}
    name = id_from(period, action, number, reason, actor.name, actor.at_ms // _MS_PER_MINUTE)[:16]
    before = {"paused": paused, "version": auction["version"]}
    act = Act(f"auction.{action}", period, before, {"number": number, "reason": reason})
    # What was proposed stands on the trail only if the auction is still the one that it was proposed for. The machine
    # comes after: one that runs without an entry is worse than an entry whose operator asks again.
    noted = Transaction()
    records.check(noted, period, FACT, auction)
    if not commit_noted(noted, actor, act):
        raise Conflict("AUCTION_FACT_MOVED", f"竞价刚刚发生变化,请核对后重新提交: {period}")
    machines.start(MACHINE, f"{period}-{action}-{number}-{name}", given)
    return {"period": period, "action": action, "number": number, "reason": reason}


def begin_pause(
    period: str, number: int, reason: str, *, clock: Clock, window_key: bytes, table: BidsTable, files: Files
) -> dict[str, Any]:
    """Pause number ``number`` (from 1) begins, ``notice_seconds`` from now, but not before the opening.

    Returns the pause as it is kept. Raises ``Conflict`` (``PAUSE_TOO_LATE``) where the auction closes before that.
    """
    auction = prepared(period)
    pauses = auction["pauses"]
    if len(pauses) < number:
        window = window_of(period, auction)
        notice_ms = auction["pause_rule"]["notice_seconds"] * _MS_PER_SECOND
        from_ms = max(clock.now_ms() + notice_ms, window.opens_at_ms)
        if from_ms >= window.closes_at_ms:
            raise Conflict("PAUSE_TOO_LATE", "竞价在暂停生效之前已经结束")
        pause = {"reason": reason, "from_ms": from_ms, "until_ms": None}
        auction = _keep(period, auction, [*pauses, pause])
    lay_down(period, auction, window_key=window_key, table=table, files=files)
    return _shown(auction, number)


def end_pause(
    period: str, number: int, *, clock: Clock, window_key: bytes, table: BidsTable, files: Files
) -> dict[str, Any]:
    """Bids are taken again ``resume_notice_seconds`` from now; what is still to come moves by the rule."""
    auction = prepared(period)
    pause = auction["pauses"][number - 1]
    if pause["until_ms"] is None:
        notice_ms = auction["pause_rule"]["resume_notice_seconds"] * _MS_PER_SECOND
        until_ms = max(clock.now_ms(), pause["from_ms"]) + notice_ms
        auction = _keep(period, auction, [*auction["pauses"][: number - 1], {**pause, "until_ms": until_ms}])
    lay_down(period, auction, window_key=window_key, table=table, files=files)
    return _shown(auction, number)


def _keep(period: str, auction: dict[str, Any], pauses: list[dict[str, Any]]) -> dict[str, Any]:
    wanted = {**auction, "pauses": pauses, "version": auction["version"] + 1}
    records.replace(period, FACT, wanted, auction)
    return wanted


def _shown(auction: dict[str, Any], number: int) -> dict[str, Any]:
    pause = pauses_of(auction)[number - 1]
    until = None if pause.until_ms is None else local_text(pause.until_ms)
    return {"number": number, "from": local_text(pause.from_ms), "until": until, "version": auction["version"]}


def _wrong(name: str, found: str, remedy: str) -> InvalidInput:
    return InvalidInput("PAUSE_INVALID", f"暂停申请不正确: {name}", problems=(Problem(0, name, found, remedy),))
