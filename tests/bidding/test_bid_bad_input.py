"""What the issue lists as bad input and no other file here has: prices, tokens of others, two phones, floods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.bidding.bid import handler
from chalicelib.bidding.flood import BIDDERS_MAX, BURST, Taps
from chalicelib.bidding.request import PRICE_YUAN_MAX
from chalicelib.bidding.rules import Pause
from chalicelib.kernel.errors import TooMany
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tokens import Session, issue
from tests.bidding.aws_server import aws_server
from tests.bidding.bid_desk import CLOSES, KEYS, OPENS, PERIOD, WINDOW, BidDesk, token
from tests.integrations.byte_edits import EXAMPLES, TRIED, Edit, edited, edits


@pytest.fixture
def at(aws: None) -> Iterator[BidDesk]:
    with aws_server() as server:
        yield BidDesk(server)


def test_given_the_price_that_somebody_once_bid_when_on_the_tick_then_the_cap_refuses_it_in_chinese(
    at: BidDesk,
) -> None:
    status, shown = at.bid(999_999_900)

    assert (status, shown["code"]) == (400, "ABOVE_CAP")
    assert shown["detail"] == "出价不得高于最高限价 40000 元"
    assert PRICE_YUAN_MAX == 999_999_999


@pytest.mark.parametrize("price", [16_000.01, "16000.01", 1_600_001 / 100])
def test_given_a_price_off_by_a_fen_when_bid_then_it_is_no_price(at: BidDesk, price: Any) -> None:
    status, shown = at.bid(price)

    assert (status, shown["code"]) == (400, "BAD_PRICE")


def bearer(at: BidDesk, session: Session, key: bytes = KEYS["k1"]) -> dict[str, Any]:
    return {**at.event(16_000), "headers": {"authorization": f"Bearer {issue(session, 'k1', key)}"}}


@pytest.mark.parametrize(
    ("session", "key", "code"),
    [
        (Session("A", "bid", "2026-02", "individual", CLOSES), KEYS["k1"], "NOT_OPEN"),  # another period's
        (Session("A", "bid", PERIOD, "taxi", CLOSES), KEYS["k1"], "NOT_OPEN"),  # no class of this auction
        (Session("A", "operator", PERIOD, "individual", CLOSES, ("planner",)), KEYS["k1"], "TOKEN_AUDIENCE"),
        (Session("A", "bid", PERIOD, "individual", CLOSES), b"another key", "TOKEN_INVALID"),  # forged
        (Session("A", "bid", PERIOD, "individual", OPENS), KEYS["k1"], "TOKEN_EXPIRED"),
    ],
)
def test_given_a_token_for_something_else_when_bid_then_nothing_is_written(
    at: BidDesk, session: Session, key: bytes, code: str
) -> None:
    _, shown = at.send(bearer(at, session, key))

    assert shown["code"] == code
    assert re.search(r"[\u4e00-\u9fff]", shown["detail"])
    assert at.calls["UpdateItem"] == 0


def test_given_a_units_token_when_bid_then_it_bids_among_the_units_only(at: BidDesk) -> None:
    assert at.send(bearer(at, Session("A", "bid", PERIOD, "unit", CLOSES)))[0] == 201

    assert at.table.placed(f"{PERIOD}#individual#A") == ()


def test_given_two_phones_when_they_bid_at_the_same_millisecond_then_one_stands_and_the_other_is_told(
    at: BidDesk,
) -> None:
    at.bid(16_000, 1)
    now_ms = at.clock.now_ms() + 1
    events = [at.event(price, number, at_ms=now_ms) for number, price in ((2, 17_000), (3, 18_000))]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(at.send, events))

    assert sorted(status for status, _ in answers) == [201, 409]
    assert {shown.get("code") for _, shown in answers} == {None, "BID_OVERTAKEN"}
    assert len(at.table.placed(f"{PERIOD}#individual#A")) == 2


def test_given_a_hot_retry_loop_when_it_runs_then_one_bid_stands_and_the_loop_is_told_to_wait(at: BidDesk) -> None:
    answers = [at.bid(16_000, 1) for _ in range(BURST + 40)]

    assert [status for status, _ in answers] == [201] * BURST + [429] * 40
    assert answers[-1][1]["code"] == "TOO_FAST"
    assert "已受理的出价不受影响" in answers[-1][1]["detail"]
    assert at.calls["UpdateItem"] == BURST
    assert len(at.table.placed(f"{PERIOD}#individual#A")) == 1


def test_given_somebody_floods_when_another_bids_then_he_does_not_notice(at: BidDesk) -> None:
    for number in range(100):
        at.bid(16_000, number, code="flood")

    assert at.bid(16_000, 1, code="other")[0] == 201


def test_given_a_flood_without_a_good_token_then_it_empties_nobodys_tap(at: BidDesk) -> None:
    for _ in range(BURST + 1):
        at.send(bearer(at, Session("A", "bid", PERIOD, "individual", CLOSES), b"forged"))

    assert at.bid(16_000)[0] == 201


def test_given_an_empty_tap_when_time_passes_then_it_fills_and_never_above_its_size() -> None:
    taps = Taps()
    for _ in range(BURST):
        taps.draw("A", 0)
    with pytest.raises(TooMany):
        taps.draw("A", 499)
    taps.draw("A", 500)  # two a second
    for _ in range(BURST):
        taps.draw("A", 3_600_000)
    with pytest.raises(TooMany):
        taps.draw("A", 3_600_000)
    with pytest.raises(TooMany):
        taps.draw("A", 0)  # a clock that goes back fills nothing


def test_given_more_bidders_than_a_process_remembers_then_it_forgets_and_does_not_grow() -> None:
    taps = Taps()
    for number in range(BIDDERS_MAX + 1):
        taps.draw(str(number), 0)

    assert len(taps._left) == 1


def test_given_a_pause_when_bid_then_it_is_refused_and_an_earlier_receipt_still_comes(at: BidDesk) -> None:
    first = at.bid(16_000, 1)
    pause = Pause(at.clock.now_ms() + 1_000)
    at.lay_window(replace(WINDOW, pauses=(pause,), version=2))
    at.clock.advance(1_000)

    status, shown = at.bid(17_000, 2)

    assert (status, shown["code"]) == (409, "PAUSED")
    assert at.calls["UpdateItem"] == 0
    assert at.bid(16_000, 1) == first
    assert at.bid(17_000, 3, code="B", at_ms=pause.from_ms - 1)[0] == 201  # came in before it


def test_given_the_days_machine_when_it_asks_for_the_receipts_key_then_it_gets_the_public_half(
    monkeypatch: pytest.MonkeyPatch, at: BidDesk
) -> None:
    monkeypatch.setattr("chalicelib.bidding.bid.desk", lambda: at.desk)

    assert handler({"step": "receipt_key"}, None) == {"public_key": Signer(bytes(32)).public_key}


ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.none() | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        "isBase64Encoded": st.booleans(),
        "requestContext": st.sampled_from([{}, {"requestTimeEpoch": "now"}, {"requestTimeEpoch": -1}]),
    },
)


@settings(TRIED, max_examples=3 * EXAMPLES)
@given(changes=edits, header=edits, envelope=ENVELOPES)
def test_given_any_bytes_for_body_or_token_when_bid_then_the_answer_is_one_of_the_doors(
    at: BidDesk, changes: list[Edit], header: list[Edit], envelope: dict[str, Any]
) -> None:
    event = at.event(16_000)
    for changed in (
        {"body": edited(event["body"].encode(), changes).decode("latin-1")},
        {"headers": {"authorization": "Bearer " + edited(token().encode(), header).decode("latin-1")}},
        envelope,
    ):
        status, shown = at.send({**event, **changed})

        assert status == 201 or (400 <= status < 504 and re.search(r"[\u4e00-\u9fff]", shown["detail"]))
