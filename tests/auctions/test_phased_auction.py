"""Shanghai's auction in the auction room: its window, the moving lowest price, and what the close checks of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.auctions import lowest, schedule, window
from chalicelib.auctions.rules import Bid
from chalicelib.auctions.schedule import LOWEST_AHEAD_MS
from chalicelib.bidding.phases import Lowest
from chalicelib.bidding.records import bidder_key, pack
from chalicelib.bidding.rules import PlacedBid
from chalicelib.bidding.window import read, read_lowest
from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import at_shanghai, utc_text
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.files import read_json
from tests.auctions.auction_room import PERIOD, WINDOW_KEY, AuctionRoom, month

OPENS = at_shanghai("2026-03-25T10:30:00.000")
ELEVEN = at_shanghai("2026-03-25T11:00:00.000")
SECOND = 1_000


def yuan(code: str, price: int, at_ms: int) -> Bid:
    return Bid(code, price * 100, at_ms)


@pytest.fixture
def room(aws: None) -> AuctionRoom:
    made = AuctionRoom(month("shanghai", warning_fen={"individual": 8_930_000, "unit": 8_930_000}))
    made.prepare()
    return made


def refresh(room: AuctionRoom) -> Lowest:
    return lowest.refresh(PERIOD, clock=room.clock, window_key=WINDOW_KEY, table=room.table, files=room.files)


def agenda(room: AuctionRoom) -> dict[str, Any]:
    found = max(lowest.kept(PERIOD), default=None)
    prepared = window.prepared(PERIOD)
    return schedule.agenda(PERIOD, prepared, now_ms=room.clock.now_ms(), told=(), lowest_at_ms=found)


def lay(room: AuctionRoom, code: str, *placed: PlacedBid) -> None:
    item = {"pk": {"S": bidder_key(PERIOD, "individual", code)}, "history": {"L": [pack(bid) for bid in placed]}}
    client("dynamodb").put_item(TableName=room.table.name, Item=item)


def test_given_a_plan_when_prepared_then_the_whole_window_is_signed(room: AuctionRoom) -> None:
    signed = room.table.window(PERIOD)
    assert signed is not None
    found = read(signed, WINDOW_KEY)

    assert [(phase.name, phase.limit, phase.bids_max, phase.newcomers) for phase in found.phases] == [
        ("first_bid", "warning_price", 1, True),
        ("changes", "around_lowest", 2, False),
    ]
    assert found.phases[0].closes_at_ms == found.phases[1].opens_at_ms == ELEVEN
    assert (found.phases[1].band_fen, found.phases[1].lowest_age_ms_max) == (30_000, 15_000)
    assert (found.limits["unit"].warning_fen, found.limits["unit"].cap_fen) == (8_930_000, None)


@pytest.mark.parametrize(
    ("prices", "expected"), [((100, 300, 200), 200), ((300,), 300), ((), None), ((200, 200, 200), 200)]
)
def test_given_bids_then_the_lowest_price_that_would_win_is_the_quotas_last(
    room: AuctionRoom, prices: tuple[int, ...], expected: int | None
) -> None:
    room.lay([yuan(f"B{place}", price, OPENS + place) for place, price in enumerate(prices)])
    room.clock.at_ms = ELEVEN

    found = refresh(room).prices_fen.get("individual")  # two win

    assert found == (None if expected is None else expected * 100)


def test_given_a_refresh_then_functions_the_record_and_everybody_have_the_same(room: AuctionRoom) -> None:
    room.lay([yuan("A", 89_300, OPENS), yuan("B", 88_000, OPENS + 1), yuan("B", 95_000, ELEVEN)])
    room.clock.at_ms = ELEVEN

    found = refresh(room)

    signed = room.table.lowest(PERIOD)
    assert signed is not None
    assert read_lowest(signed, WINDOW_KEY) == found == Lowest(PERIOD, ELEVEN, {"individual": 8_800_000})
    assert lowest.kept(PERIOD) == {ELEVEN: {"individual": 8_800_000}}
    shown = read_json(room.files, "public", f"auction/{PERIOD}/lowest.json")
    assert (shown["phase"], shown["at"]) == ("changes", "2026-03-25T11:00:00.000")
    assert shown["classes"] == {"individual": {"lowest": 88_000, "from": 87_700, "to": 88_300}}


def test_given_the_price_found_before_its_phase_opens_then_everybody_is_shown_the_band_of_that_phase(
    room: AuctionRoom,
) -> None:
    room.lay([yuan("A", 89_300, OPENS), yuan("B", 88_000, OPENS + 1)])
    room.clock.at_ms = ELEVEN - LOWEST_AHEAD_MS

    refresh(room)

    shown = read_json(room.files, "public", f"auction/{PERIOD}/lowest.json")
    assert shown["phase"] == "changes"
    assert shown["classes"] == {"individual": {"lowest": 88_000, "from": 87_700, "to": 88_300}}


def test_given_the_second_phase_then_the_machine_finds_the_price_every_three_seconds_until_it_ends(
    room: AuctionRoom,
) -> None:
    room.clock.at_ms = OPENS
    assert agenda(room) == {"do": "lowest", "at": utc_text(ELEVEN - LOWEST_AHEAD_MS), "number": 0}
    room.clock.at_ms = ELEVEN - LOWEST_AHEAD_MS
    refresh(room)
    assert agenda(room)["at"] == utc_text(ELEVEN - LOWEST_AHEAD_MS + 3 * SECOND)
    room.clock.at_ms = room.closes - 3 * SECOND
    refresh(room)
    assert agenda(room)["do"] == "look"
    room.after_the_drain()
    assert agenda(room)["do"] == "close"


FIRST = PlacedBid("1", 8_900_000, OPENS)
CHANGE = PlacedBid("2", 8_930_000, ELEVEN + SECOND, 8_900_000, ELEVEN)


def close(room: AuctionRoom) -> dict[str, Any]:
    room.clock.at_ms = ELEVEN
    lay(room, "quiet", PlacedBid("q", 8_900_000, OPENS + 1))
    refresh(room)
    room.after_the_drain()
    return room.close()


@pytest.mark.parametrize(
    ("placed", "remedy"),
    [
        ((CHANGE,), "a bid in an earlier phase before it"),
        ((FIRST, PlacedBid("2", 8_900_000, OPENS + 9)), "at most 1 bids"),
        ((PlacedBid("1", 8_940_000, OPENS),), "a price within the limits of first_bid"),
        ((FIRST, PlacedBid("2", 8_940_000, ELEVEN + 1, 8_900_000, ELEVEN)), "a price within the limits of changes"),
        ((FIRST, PlacedBid("2", 8_930_000, ELEVEN + 1)), "a price within the limits of changes"),
        (
            (FIRST, PlacedBid("2", 9_930_000, ELEVEN + 1, 9_900_000, ELEVEN)),
            "a lowest winning price that was given out then",
        ),
    ],
)
def test_given_a_bid_that_no_phase_allows_when_closed_then_it_is_named_and_nothing_counts(
    room: AuctionRoom, placed: tuple[PlacedBid, ...], remedy: str
) -> None:
    lay(room, "X", *placed)

    with pytest.raises(Conflict) as refused:
        close(room)

    assert [(one.field, one.remedy) for one in refused.value.problems] == [("X", remedy)]


def test_given_a_closed_phased_auction_when_the_notary_recounts_then_every_byte_is_the_closes(
    room: AuctionRoom, tmp_path: Path
) -> None:
    lay(room, "X", FIRST, CHANGE)
    shown = close(room)["classes"]["individual"]
    counted = room.recount(tmp_path, 2)

    assert counted == {name: shown[name] for name in counted}
    assert (counted["lowest"], counted["winners"]) == (89_000, 2)
    assert json.loads((tmp_path / "lowest.json").read_text()) == {str(ELEVEN): {"individual": 8_900_000}}
