"""What bidders' pages poll: one object that follows window, pauses, broadcasts, lowest price and result."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.auctions import live, lowest, pauses, publishing
from chalicelib.auctions.live import publish_current, publish_live
from chalicelib.auctions.rules import Bid
from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import InvalidInput, NotFound
from chalicelib.kernel.files import MemoryFiles, read_json
from tests.auctions.auction_room import PERIOD, WINDOW_KEY, AuctionRoom, month

ELEVEN = at_shanghai("2026-03-25T11:00:00.000")
MINUTE_MS = 60_000


class CachedFiles(MemoryFiles):
    """Files in memory that remember how long each may be cached."""

    def __init__(self) -> None:
        super().__init__()
        self.caches: dict[str, str] = {}

    def write(self, bucket: str, key: str, body: bytes, content_type: str = "", cache: str = "") -> None:
        super().write(bucket, key, body, content_type)
        self.caches[key] = cache


def shown(room: AuctionRoom) -> dict[str, Any]:
    made = publish_live(PERIOD, room.clock.now_ms(), room.files)
    assert read_json(room.files, "public", f"auction/{PERIOD}/live.json") == made
    return made


@pytest.fixture
def room(aws: None) -> AuctionRoom:
    made = AuctionRoom(month(last_average_fen={"individual": 1_144_800}))
    made.files = CachedFiles()
    made.prepare()
    return made


def test_given_a_window_then_the_object_says_when_and_at_what_prices(room: AuctionRoom) -> None:
    assert shown(room) == {
        "period": PERIOD,
        "version": 1,
        "opens_at": "2026-03-25T09:00:00.000",
        "closes_at": "2026-03-25T15:00:00.000",
        "opens_at_ms": room.opens,
        "closes_at_ms": room.closes,
        "bids_max": 3,
        "limits": {
            "individual": {"reserve": 10_000, "tick": 100, "cap": 22_896, "warning": None},
            "unit": {"reserve": 10_000, "tick": 100, "cap": None, "warning": None},
        },
        "phases": [],
        "paused_at": None,
        "resumes_at": None,
        "broadcasts": [],
        "lowest": None,
        "closed": False,
    }
    assert isinstance(room.files, CachedFiles)
    assert room.files.caches[live.live_key(PERIOD)] == "public, max-age=0, s-maxage=1"


def test_given_broadcasts_and_a_result_then_it_follows_them_in_order(room: AuctionRoom) -> None:
    room.lay([Bid(code, 1_600_000, room.opens + at) for at, code in enumerate(("A", "B", "C"))])
    for number in (2, 1):
        room.clock.at_ms = room.plan.broadcasts[number - 1].at_ms + BROADCAST_DRAIN_MS
        room.broadcast(number)
    told = shown(room)["broadcasts"]
    assert [(each["number"], each["at"]) for each in told] == [
        (1, "2026-03-25T11:00:00.000"),
        (2, "2026-03-25T13:00:00.000"),
    ]
    assert told[0]["classes"]["individual"] == {"bidders": 3, "average": 16_000}

    room.after_the_drain()
    room.close()
    assert not shown(room)["closed"]
    publishing.publish(PERIOD, room.files)
    assert shown(room)["closed"]


def test_given_a_pause_then_it_says_from_when_until_when_and_what_moved(room: AuctionRoom) -> None:
    def held(do: Any, *given: object) -> dict[str, Any]:
        do(PERIOD, 1, *given, clock=room.clock, window_key=WINDOW_KEY, table=room.table, files=room.files)
        return shown(room)

    room.clock.at_ms = ELEVEN
    paused = held(pauses.begin_pause, "系统维护")
    assert (paused["paused_at"], paused["resumes_at"]) == ("2026-03-25T11:00:10.000", None)

    room.clock.at_ms = ELEVEN + 5 * MINUTE_MS
    ending = held(pauses.end_pause)
    assert (ending["paused_at"], ending["resumes_at"]) == ("2026-03-25T11:00:10.000", "2026-03-25T11:15:00.000")
    assert (ending["closes_at"], ending["version"]) == ("2026-03-25T15:14:50.000", 3)

    room.clock.at_ms = ELEVEN + 15 * MINUTE_MS
    assert (shown(room)["paused_at"], shown(room)["resumes_at"]) == (None, None)


@pytest.mark.usefixtures("aws")
def test_given_a_window_of_phases_then_they_and_the_moving_price_are_in_it() -> None:
    room = AuctionRoom(month("shanghai", warning_fen={"individual": 8_930_000, "unit": 8_930_000}))
    room.prepare()
    room.lay(
        [Bid(code, price, room.opens + 1) for code, price in (("A", 8_900_000), ("B", 8_800_000), ("C", 8_700_000))]
    )
    room.clock.at_ms = ELEVEN
    lowest.refresh(PERIOD, clock=room.clock, window_key=WINDOW_KEY, table=room.table, files=room.files)
    made = shown(room)

    assert [(phase["name"], phase["opens_at"], phase["band"]) for phase in made["phases"]] == [
        ("first_bid", "2026-03-25T10:30:00.000", 0),
        ("changes", "2026-03-25T11:00:00.000", 300),
    ]
    assert made["limits"]["individual"]["warning"] == 89_300
    assert made["lowest"]["at_ms"] == ELEVEN
    assert made["lowest"]["classes"] == {"individual": {"lowest": 88_000, "from": 87_700, "to": 88_300}}


def test_given_somebody_writes_over_a_pause_with_what_he_read_before_then_it_is_written_again(
    room: AuctionRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a reader who was overtaken by a pause between reading and writing
    room.clock.at_ms = ELEVEN
    real, begun = live.write_json, []

    def slow(*given: Any) -> None:
        if not begun:
            begun.append(
                pauses.begin_pause(
                    PERIOD, 1, "停", clock=room.clock, window_key=WINDOW_KEY, table=room.table, files=room.files
                )
            )
        real(*given)

    monkeypatch.setattr(live, "write_json", slow)
    # Then what everybody sees in the end is paused
    assert shown(room)["paused_at"] == "2026-03-25T11:00:10.000"


def test_given_no_prepared_auction_then_there_is_nothing_to_show(aws: None) -> None:
    with pytest.raises(NotFound, match="AUCTION_NOT_PREPARED"):
        publish_live(PERIOD, 0, MemoryFiles())


def test_given_plans_published_then_pages_find_the_latest_period_and_never_an_earlier_one() -> None:
    files = CachedFiles()
    assert [publish_current(period, files)["period"] for period in ("2026-03", "2026-04", "2026-03")] == [
        "2026-03",
        "2026-04",
        "2026-04",
    ]
    assert read_json(files, "public", "current.json") == {"period": "2026-04"}
    assert files.caches == {"current.json": "public, max-age=60"}
    with pytest.raises(InvalidInput, match="PERIOD_INVALID"):
        publish_current("../x", files)
