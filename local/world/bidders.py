"""Bidders on auction day: signing in, bidding with good and bad prices, and keeping every receipt."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from local.conduct import BidTry
from local.month import Month
from local.world.addresses import Addresses
from local.world.web import Answer, ask, each, sleep_until


@dataclass
class BidsSeen:
    """What the bidders saw. ``receipts`` are whole answers, the standing one of each bidder last."""

    tokens: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    repeats_same: int = 0
    faults: list[str] = field(default_factory=list)


def sign_in_bidders(at: Addresses, month: Month, activated: Iterable[str]) -> BidsSeen:
    """Everybody who activated and means to bid signs in with code and password; before the window opens, or in it."""
    seen = BidsSeen()
    codes = sorted(code for code in activated if month.conduct[code].bids)

    def sign_in(code: str) -> Answer:
        body = {"period": month.period, "application_code": code, "password": month.conduct[code].password}
        return ask("POST", f"{at.api}/sessions", body=body)

    for code, answer in zip(codes, each(codes, sign_in), strict=True):
        if answer.ok:
            seen.tokens[code] = str(answer.body["token"])
        else:
            seen.faults.append(f"a sign-in was refused: {answer.code}")
    return seen


def bid_all(at: Addresses, month: Month, seen: BidsSeen, heard_at_ms: int = 0) -> BidsSeen:
    """Every bidder sends all of its requests, one after another, while the window is open.

    Every fourth one waits for an average to be broadcast, at ``heard_at_ms``, before it bids.
    """

    def bid_one(code: str) -> list[tuple[BidTry, Answer]]:
        return [(bid, _bid(at, month, code, bid, seen.tokens[code])) for bid in month.conduct[code].bids]

    codes = sorted(seen.tokens)
    listeners = codes[3::4]
    for begins_ms, bidding in ((0, [code for code in codes if code not in listeners]), (heard_at_ms, listeners)):
        sleep_until(begins_ms)
        for code, answers in zip(bidding, each(bidding, bid_one), strict=True):
            for bid, answer in answers:
                _note(seen, code, bid, answer)
    return seen


def bid_out_of_time(at: Addresses, month: Month, seen: BidsSeen, expected: str) -> BidsSeen:
    """One bidder bids before the opening (``NOT_OPEN``) or after the close (``CLOSED``); it must be refused so."""
    if not seen.tokens:
        return seen
    code = sorted(seen.tokens)[0]
    price = month.prices[month.person(code).bidder_class].reserve
    bid = BidTry({"NOT_OPEN": 90, "CLOSED": 91}[expected], price, expected)
    _note(seen, code, bid, _bid(at, month, code, bid, seen.tokens[code]))
    return seen


def request_id(month: Month, code: str, request: int) -> str:
    """The client's own id of a request: the same request has the same one in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"bid/{month.period}/{month.seed}/{code}/{request}"))


def _bid(at: Addresses, month: Month, code: str, bid: BidTry, token: str) -> Answer:
    body = {"request_id": request_id(month, code, bid.request), "price": bid.price_yuan}
    return ask("POST", f"{at.api}/bids", body=body, token=token)


def _note(seen: BidsSeen, code: str, bid: BidTry, answer: Answer) -> None:
    kept = seen.receipts.setdefault(code, [])
    if bid.repeated:
        same = answer.ok and bool(kept) and answer.body == kept[-1]
        seen.repeats_same += same
        if not same:
            seen.faults.append(f"a repeated request got another answer: {answer.status} {answer.code}")
    elif answer.ok:
        seen.accepted += 1
        kept.append(answer.body)
        if bid.expected:
            seen.faults.append(f"a bid that had to be refused as {bid.expected} was accepted")
    else:
        seen.refused[answer.code] += 1
        if answer.code != bid.expected:
            seen.faults.append(f"a bid was refused as {answer.code}, expected {bid.expected or 'a receipt'}")
