"""Sessions that were ended: the bid's own write refuses them, whether or not the bidder has bid before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.bidding.listing import all_bidders
from chalicelib.bidding.rules import WindowPhase
from chalicelib.bidding.voiding import void_sessions
from chalicelib.bidlog.leaves import entries_in
from chalicelib.kernel.aws import client
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import Transaction
from chalicelib.kernel.tokens import Session, issue
from tests.bidding.aws_server import aws_server
from tests.bidding.bid_desk import CLOSES, KEYS, OPENS, PERIOD, WINDOW, BidDesk, request_id

RESET = OPENS + 500
ITEM = f"{PERIOD}#individual#A"


@pytest.fixture
def at(aws: None) -> Iterator[BidDesk]:
    with aws_server() as server:
        yield BidDesk(server)


def end_sessions(from_ms: int = RESET, code: str = "A") -> None:
    transaction = Transaction()
    void_sessions(transaction, PERIOD, "individual", code, sessions_from_ms=from_ms)
    transaction.commit()


def bid(at: BidDesk, price: int, request: int = 1, *, since: int = 0, at_ms: int | None = None) -> tuple[int, Any]:
    session = Session("A", "bid", PERIOD, "individual", CLOSES + 60_000, sessions_from_ms=since)
    token = issue(session, "k1", KEYS["k1"])
    event = at.event(price, request, at_ms=at_ms) | {"headers": {"Authorization": f"Bearer {token}"}}
    return at.send(event)


def test_given_a_reset_before_the_first_bid_then_the_old_token_bids_no_more_and_the_new_one_does(at: BidDesk) -> None:
    end_sessions()
    at.calls.clear()

    assert bid(at, 16_000)[1]["code"] == "TOKEN_VOID"
    assert at.calls == {"UpdateItem": 1, "GetItem": 1}  # the window's, which every second needs
    assert all_bidders(at.table, PERIOD) == []
    status, shown = bid(at, 16_000, since=RESET)

    assert (status, shown["receipt"]["bid_number"], shown["receipt"]["bids_left"]) == (201, 1, 2)
    assert [bidder.code for bidder in all_bidders(at.table, PERIOD)] == ["A"]


def test_given_a_reset_after_a_bid_then_the_bid_stands_and_only_the_new_token_goes_on(at: BidDesk) -> None:
    first = bid(at, 16_000)
    at.clock.advance(10)
    end_sessions()

    assert bid(at, 17_000, 2)[1]["code"] == "TOKEN_VOID"
    assert bid(at, 16_000)[1]["code"] == "TOKEN_VOID", "no receipt either"
    assert bid(at, 16_000, since=RESET) == first, "the same request gets the same receipt"
    assert bid(at, 17_000, 2, since=RESET)[1]["receipt"]["bids_left"] == 1


def test_given_a_reset_when_the_window_has_closed_then_an_old_token_learns_nothing_of_the_bids(at: BidDesk) -> None:
    bid(at, 16_000)
    end_sessions()
    at.clock.at_ms = CLOSES + 1_000

    assert bid(at, 16_000)[1]["code"] == "TOKEN_VOID"
    assert bid(at, 16_000, since=RESET)[0] == 201


def test_given_a_second_reset_then_the_mark_only_rises(at: BidDesk) -> None:
    end_sessions(RESET + 5)
    with pytest.raises(Conflict):
        end_sessions(RESET)

    assert bid(at, 16_000, since=RESET)[1]["code"] == "TOKEN_VOID"
    assert bid(at, 16_000, since=RESET + 5)[0] == 201


@pytest.mark.parametrize(("newcomers", "code"), [(True, None), (False, "FIRST_BID_MISSING")])
def test_given_a_mark_and_no_bid_when_a_phase_opens_then_the_bidder_is_a_newcomer_still(
    at: BidDesk, newcomers: bool, code: str | None
) -> None:
    phases = (
        WindowPhase("first", OPENS, OPENS + 10, 1, newcomers=True, limit="cap"),
        WindowPhase("second", OPENS + 10, CLOSES, 2, newcomers=newcomers, limit="cap"),
    )
    at.lay_window(WINDOW.__class__(**{**WINDOW.__dict__, "phases": phases}))
    end_sessions()

    assert bid(at, 16_000)[1]["code"] == "TOKEN_VOID"
    assert bid(at, 16_000, since=RESET)[1].get("code") == code


def test_given_a_mark_and_no_bid_then_the_stream_brings_no_leaf(at: BidDesk) -> None:
    end_sessions()
    marked = client("dynamodb").get_item(TableName="bids_table", Key={"pk": {"S": ITEM}})["Item"]

    assert set(marked) == {"pk", "sessions_from_ms"}, "what the API's policy lets be written"
    assert list(entries_in([{"dynamodb": {"NewImage": marked}}])) == []


def test_given_a_token_of_another_version_of_the_hub_then_its_holder_signs_in_again(at: BidDesk) -> None:
    event = at.event(16_000, request_id(1))
    claims = {"subject": "A", "audience": "bid", "roles": [], "issued_at_ms": 1}
    event["headers"] = {"Authorization": f"Bearer {_signed(claims)}"}

    assert at.send(event)[1]["code"] == "TOKEN_INVALID"


def _signed(claims: dict[str, Any]) -> str:
    from chalicelib.kernel import tokens

    signed = f"v1.k1.{tokens._encode(json.dumps(claims).encode())}"
    return f"{signed}.{tokens._encode(tokens._signature(KEYS['k1'], signed))}"
