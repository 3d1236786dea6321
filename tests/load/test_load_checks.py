"""A check that can't fail is no check: each fault is planted and must be found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.auctions.records import Standing
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.signing import Signer
from local.load.bidders import Action, Script
from local.load.checks import SealedBid, Verdict, judge
from local.load.pool import Seen

SIGNER = Signer(bytes(32))
TIMES = ("2026-03-25T14:59:59.001", "2026-03-25T14:59:59.002")
WHO = Script(1, (Action(1, "bid", "r1", 20_000), Action(2, "bid", "r2", 21_000)))


def answer(number: int, **changed: Any) -> Seen:
    receipt = {
        "period": "2026-03",
        "bidder_class": "individual",
        "application_code": WHO.code,
        "request_id": f"r{number}",
        "price": 19_000 + 1_000 * number,
        "bid_at": TIMES[number - 1],
        "bid_number": number,
        "bids_left": 3 - number,
        **changed,
    }
    body = {"receipt": receipt, "signature": SIGNER.sign(receipt), "public_key": SIGNER.public_key}
    return Seen(1, "bid", f"r{number}", 19_000 + 1_000 * number, 0, 0, 0, 1, 201, json.dumps(body))


class Day:
    """A day on which all is well: one bidder, two bids."""

    def __init__(self) -> None:
        self.seen = [answer(1), answer(2)]
        bids: set[SealedBid] = {(WHO.code, 20_000, TIMES[0]), (WHO.code, 21_000, TIMES[1])}
        self.sealed = {"individual": bids, "unit": set[SealedBid]()}
        self.standings = {
            WHO.code: Standing(WHO.code, "individual", 2_100_000, at_shanghai(TIMES[1]), 1, won=True),
        }

    def judged(self) -> Verdict:
        return judge([WHO], self.seen, self.sealed, self.standings, SIGNER.public_key)


def test_given_a_day_without_fault_when_judged_then_nothing_is_lost_or_mismatched() -> None:
    verdict = Day().judged()

    assert (verdict.accepted, verdict.lost, verdict.mismatched) == (2, 0, 0)


def test_given_the_same_receipt_twice_when_judged_then_it_is_a_repeat() -> None:
    day = Day()
    day.seen.append(day.seen[0])

    verdict = day.judged()

    assert (verdict.accepted, verdict.repeats, verdict.lost, verdict.mismatched) == (2, 1, 0, 0)


def _unanswered(day: Day) -> None:
    day.seen[1] = replace(day.seen[1], status=0, body="")
    day.sealed["individual"].remove((WHO.code, 21_000, TIMES[1]))
    first = day.standings[WHO.code]
    day.standings[WHO.code] = replace(first, price_fen=2_000_000, bid_at_ms=at_shanghai(TIMES[0]))


def _receipt_without_bid(day: Day) -> None:
    day.sealed["individual"].remove((WHO.code, 20_000, TIMES[0]))


def _bid_without_receipt(day: Day) -> None:
    day.sealed["individual"].add((WHO.code, 30_000, TIMES[0]))


@pytest.mark.parametrize("plant", [_unanswered, _receipt_without_bid, _bid_without_receipt])
def test_given_something_lost_when_judged_then_it_is_counted(plant: Callable[[Day], None]) -> None:
    day = Day()
    plant(day)

    assert (day.judged().lost, day.judged().mismatched) == (1, 0)


def _forged(day: Day) -> None:
    day.seen[0] = replace(day.seen[0], body=day.seen[0].body.replace('"bids_left": 2', '"bids_left": 3'))


def _other_request(day: Day) -> None:
    day.seen[0] = replace(answer(1, request_id="r9"), request_id="r1")


def _other_rank_bid(day: Day) -> None:
    day.standings[WHO.code] = replace(day.standings[WHO.code], price_fen=2_000_000)


def _no_rank(day: Day) -> None:
    day.standings.clear()


def _rank_two_of_one(day: Day) -> None:
    day.standings[WHO.code] = replace(day.standings[WHO.code], rank=2)


def _changed_repeat(day: Day) -> None:
    day.seen.append(replace(answer(1, bids_left=1), request_id="r1"))


@pytest.mark.parametrize(
    "plant", [_forged, _other_request, _other_rank_bid, _no_rank, _rank_two_of_one, _changed_repeat]
)
def test_given_something_that_does_not_match_when_judged_then_it_is_counted(plant: Callable[[Day], None]) -> None:
    day = Day()
    plant(day)

    assert day.judged().mismatched >= 1
