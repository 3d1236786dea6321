"""``POST /bids``: one conditional ``UpdateItem``, a signed receipt.

The signed token says who bids, for which class and period; the window, and the lowest winning price where a phase is
bounded by it, are a second old at most; the time is the gateway's. Nothing is read on the way of a bid, and the same
request id gets the same receipt however often it is sent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.bidding import log, receipts
from chalicelib.bidding.door import DYNAMODB, Door, Refused, SecretsDoor, Unanswered
from chalicelib.bidding.flood import Taps
from chalicelib.bidding.phases import AROUND_LOWEST, Lowest, check_phase, lowest_for, phase_at, phase_refusal
from chalicelib.bidding.records import BidsTable, Standing, bidder_key
from chalicelib.bidding.request import BidRequest, read_request, receipt_response, refusal_response
from chalicelib.bidding.rules import (
    PlacedBid,
    Window,
    WindowPhase,
    check_open,
    check_price,
    find_repeat,
    ingress_ms,
    refusal,
)
from chalicelib.bidding.signed import Fresh, NotSigned
from chalicelib.bidding.window import lowests, windows
from chalicelib.kernel import tokens
from chalicelib.kernel.clock import Clock, SystemClock
from chalicelib.kernel.errors import HubError, Pending, TooEarlyOrLate
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.settings import settings
from chalicelib.kernel.signing import Signer

# Refusals of a bid that may have been in order when it was sent for the first time.
_TIME_MAKES = ("CLOSED", "PAUSED", "ABOVE_WARNING", "OUT_OF_BAND", "LOWEST_STALE", "FIRST_BID_MISSING")


@dataclass(frozen=True)
class Desk:
    """What taking a bid needs."""

    clock: Clock
    table: BidsTable
    windows: Fresh[Window]
    lowests: Fresh[Lowest]
    session_keys: Mapping[str, bytes] = field(repr=False)
    signer: Signer
    taps: Taps = field(default_factory=Taps)


@cache
def desk() -> Desk:
    """The desk of this process: secrets are read and keys derived once."""
    keys = Keyring(SecretsDoor(), settings(), SystemEntropy())
    table = BidsTable(Door(DYNAMODB), settings().need("BIDS_TABLE"))
    key = keys.window_key()
    return Desk(
        SystemClock(),
        table,
        windows(table.window, key),
        lowests(table.lowest, key),
        keys.session_keys(),
        keys.receipt_signer(),
    )


def take_bid(event: Mapping[str, Any], at: Desk) -> dict[str, Any]:
    """Take the bid in an API Gateway proxy event and return the receipt of ``receipts.signed_receipt``.

    Raises ``NotAuthenticated`` / ``NotAllowed`` (``TOKEN_*``), ``TooMany`` (``TOO_FAST``), ``InvalidInput`` (``BAD_*``,
    ``BELOW_RESERVE``, ``OFF_TICK``, ``ABOVE_CAP``, ``ABOVE_WARNING``, ``OUT_OF_BAND``), ``TooEarlyOrLate``
    (``NOT_OPEN``, ``PAUSED``, ``CLOSED``), ``Conflict`` (``NO_BIDS_LEFT``, ``NO_BIDS_LEFT_IN_PHASE``,
    ``FIRST_BID_MISSING``, ``REQUEST_REUSED``, ``BID_OVERTAKEN``) or ``Pending`` (``CLOCK_DOUBTED``, ``LOWEST_STALE``).
    """
    now_ms = at.clock.now_ms()
    session = tokens.verify(tokens.bearer(event.get("headers") or {}), "bid", at.session_keys, now_ms)
    at.taps.draw(session.subject, now_ms)
    asked = read_request(event)
    window = at.windows.current(session.period, now_ms)
    if window is None or session.bidder_class not in window.limits:
        raise TooEarlyOrLate("NOT_OPEN", "竞价尚未开始")
    key = bidder_key(session.period, session.bidder_class, session.subject)
    bid_at_ms = ingress_ms(event.get("requestContext", {}).get("requestTimeEpoch"), now_ms)
    try:
        bid, phase = _judge(asked, bid_at_ms, session.bidder_class, window, at)
    except HubError as no:
        # The answer to an accepted bid may have been lost: whoever asks again gets his receipt, however late.
        standing = at.table.standing(key) if no.code in _TIME_MAKES else Standing(())
        tokens.check_not_void(session, standing.sessions_from_ms)
        place = find_repeat(standing.placed, asked.request_id, asked.price_fen)
        if place is None:
            raise
        return receipts.signed_receipt(session, standing.placed, place, window.bids_max, at.signer)
    outcome = at.table.place(key, bid, window.bids_max, phase, session.sessions_from_ms)
    placed = outcome.placed
    # Before anything is said of the bids: whoever holds a void token gets no receipt either.
    tokens.check_not_void(session, outcome.sessions_from_ms)
    place = find_repeat(placed, asked.request_id, asked.price_fen)
    if place is None:
        raise phase_refusal(placed, bid_at_ms, window, phase) if phase else refusal(placed, bid_at_ms, window.bids_max)
    return receipts.signed_receipt(session, placed, place, window.bids_max, at.signer)


def _judge(
    asked: BidRequest, bid_at_ms: int, bidder_class: str, window: Window, at: Desk
) -> tuple[PlacedBid, WindowPhase | None]:
    """The bid as it is to be written, and its phase in a window of several. Raises why it must not be."""
    # The clock again: a slow read of the window must not make a write that the close no longer waits for.
    now_ms = at.clock.now_ms()
    check_open(window, bid_at_ms, now_ms)
    limits = window.limits[bidder_class]
    check_price(asked.price_fen, limits)
    phase = phase_at(window, bid_at_ms)
    if phase is None or phase.limit != AROUND_LOWEST:
        if phase is not None:
            check_phase(asked.price_fen, phase, limits, None)
        return PlacedBid(asked.request_id, asked.price_fen, bid_at_ms), phase
    lowest = at.lowests.current(window.period, now_ms)
    lowest_fen = lowest_for(phase, bidder_class, lowest, now_ms)
    check_phase(asked.price_fen, phase, limits, lowest_fen)
    lowest_at_ms = lowest.at_ms if lowest else None
    return PlacedBid(asked.request_id, asked.price_fen, bid_at_ms, lowest_fen, lowest_at_ms), phase


def answer(event: Mapping[str, Any], at: Desk) -> dict[str, Any]:
    """Take a bid and put the outcome into HTTP: 201 with the receipt, or a refusal as problem+json."""
    try:
        receipt = take_bid(event, at)
    except HubError as error:
        log.write("INFO", "bid refused", code=error.code)
        return refusal_response(error)
    except NotSigned as error:
        log.write("ERROR", str(error))
        return refusal_response(Pending("WINDOW_DOUBTED", "竞价窗口数据异常,出价未受理,请稍后用同一请求号重试"))
    except (Refused, Unanswered) as error:
        log.write("ERROR", "bid outcome unknown", error=str(error))
        return refusal_response(Pending("OUTCOME_UNKNOWN", "出价结果未知,请用同一请求号再次提交"))
    log.write("INFO", "bid accepted", request_id=receipt["receipt"]["request_id"])
    return receipt_response(receipt)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The Lambda entry point. No gateway's event has a ``step``: the auction day's machine's and the API's have."""
    del context
    if "step" in event:
        return STEPS[event["step"]](event, desk())
    return answer(event, desk())


def _receipt_key(event: Mapping[str, Any], at: Desk) -> dict[str, Any]:
    # The key to check receipts with. Nobody else is given the secret only to tell it.
    del event
    return {"public_key": at.signer.public_key}


def _receipts(event: Mapping[str, Any], at: Desk) -> dict[str, Any]:
    # ``{period, bidder_class, code}``: the receipts of what is stored, and of nothing else, whoever asks.
    session = tokens.Session(event["code"], "bid", event["period"], event["bidder_class"], 0)
    window = at.windows.current(session.period, at.clock.now_ms())
    placed = at.table.placed(bidder_key(session.period, session.bidder_class, session.subject)) if window else ()
    bids_max = window.bids_max if window else 0
    return {
        "receipts": [
            receipts.signed_receipt(session, placed, place, bids_max, at.signer) for place in range(len(placed))
        ]
    }


STEPS = {"receipt_key": _receipt_key, "receipts": _receipts}


# An environment that stands ready reads its secrets and opens its clients before the first bid, not in it.
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
    desk()
