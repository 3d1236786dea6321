"""``POST /bids``: one conditional ``UpdateItem``, a signed receipt.

The signed token says who bids, for which class and period; the window is a second old at most; the time is the
gateway's. Nothing is read on the way, and the same request id gets the same receipt however often it is sent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.bidding import log, receipts
from chalicelib.bidding.door import DYNAMODB, Door, Refused, SecretsDoor, Unanswered
from chalicelib.bidding.records import BidsTable, bidder_key
from chalicelib.bidding.request import read_request, receipt_response, refusal_response
from chalicelib.bidding.rules import PlacedBid, check_open, check_price, find_repeat, ingress_ms, refusal
from chalicelib.bidding.window import WindowNotSigned, Windows
from chalicelib.kernel import tokens
from chalicelib.kernel.clock import Clock, SystemClock
from chalicelib.kernel.errors import HubError, Pending, TooEarlyOrLate
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.settings import settings
from chalicelib.kernel.signing import Signer


@dataclass(frozen=True)
class Desk:
    """What taking a bid needs."""

    clock: Clock
    table: BidsTable
    windows: Windows
    session_keys: Mapping[str, bytes] = field(repr=False)
    signer: Signer


@cache
def desk() -> Desk:
    """The desk of this process: secrets are read and keys derived once."""
    keys = Keyring(SecretsDoor(), settings(), SystemEntropy())
    table = BidsTable(Door(DYNAMODB), settings().need("BIDS_TABLE"))
    return Desk(
        SystemClock(), table, Windows(table.window, keys.window_key()), keys.session_keys(), keys.receipt_signer()
    )


def take_bid(event: Mapping[str, Any], at: Desk) -> dict[str, Any]:
    """Take the bid in an API Gateway proxy event and return the receipt of ``receipts.signed_receipt``.

    Raises ``NotAuthenticated`` / ``NotAllowed`` (``TOKEN_*``), ``InvalidInput`` (``BAD_*``, ``BELOW_RESERVE``,
    ``OFF_TICK``, ``ABOVE_CAP``), ``TooEarlyOrLate`` (``NOT_OPEN``, ``CLOSED``), ``Conflict`` (``NO_BIDS_LEFT``,
    ``REQUEST_REUSED``, ``BID_OVERTAKEN``) or ``Pending`` (``CLOCK_DOUBTED``).
    """
    now_ms = at.clock.now_ms()
    session = tokens.verify(tokens.bearer(event.get("headers") or {}), "bid", at.session_keys, now_ms)
    asked = read_request(event)
    window = at.windows.current(session.period, now_ms)
    if window is None or session.bidder_class not in window.limits:
        raise TooEarlyOrLate("NOT_OPEN", "竞价尚未开始")
    key = bidder_key(session.period, session.bidder_class, session.subject)
    bid_at_ms = ingress_ms(event.get("requestContext", {}).get("requestTimeEpoch"), now_ms)
    try:
        # The clock again: a slow read of the window must not make a write that the close no longer waits for.
        check_open(window, bid_at_ms, at.clock.now_ms())
    except TooEarlyOrLate as closed:
        # The answer to a bid of the last second may have been lost: whoever asks again gets his receipt.
        placed = at.table.placed(key) if closed.code == "CLOSED" else ()
        place = find_repeat(placed, asked.request_id, asked.price_fen)
        if place is None:
            raise
        return receipts.signed_receipt(session, placed, place, window.bids_max, at.signer)
    check_price(asked.price_fen, window.limits[session.bidder_class])
    outcome = at.table.place(key, PlacedBid(asked.request_id, asked.price_fen, bid_at_ms), window.bids_max)
    place = find_repeat(outcome.placed, asked.request_id, asked.price_fen)
    if place is None:
        raise refusal(outcome.placed, bid_at_ms, window.bids_max)
    return receipts.signed_receipt(session, outcome.placed, place, window.bids_max, at.signer)


def answer(event: Mapping[str, Any], at: Desk) -> dict[str, Any]:
    """Take a bid and put the outcome into HTTP: 201 with the receipt, or a refusal as problem+json."""
    try:
        receipt = take_bid(event, at)
    except HubError as error:
        log.write("INFO", "bid refused", code=error.code)
        return refusal_response(error)
    except WindowNotSigned as error:
        log.write("ERROR", str(error))
        return refusal_response(Pending("WINDOW_DOUBTED", "竞价窗口数据异常,出价未受理,请稍后用同一请求号重试"))
    except (Refused, Unanswered) as error:
        log.write("ERROR", "bid outcome unknown", error=str(error))
        return refusal_response(Pending("OUTCOME_UNKNOWN", "出价结果未知,请用同一请求号再次提交"))
    log.write("INFO", "bid accepted", request_id=receipt["receipt"]["request_id"])
    return receipt_response(receipt)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The Lambda entry point."""
    del context
    return answer(event, desk())


# An environment that stands ready reads its secrets and opens its clients before the first bid, not in it.
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
    desk()
