"""The auction day: prepared once, broadcast, closed after the drain, published; each step again changes nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from chalicelib.auctions import records
from chalicelib.auctions.bids_csv import read_bids
from chalicelib.auctions.exporting import export
from chalicelib.auctions.publishing import own_result, publish, published
from chalicelib.auctions.records import FactRecord
from chalicelib.auctions.rules import Bid
from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS, limits_of
from chalicelib.auctions.window import open_seed, prepared
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.bidding.window import read
from chalicelib.kernel.clock import at_shanghai, utc_text
from chalicelib.kernel.errors import Conflict, HubError, NotFound, TooEarlyOrLate
from chalicelib.kernel.files import read_json
from chalicelib.periods.milestones import Milestone
from tests.auctions.auction_room import PERIOD, WINDOW_KEY, AuctionRoom, month
from tests.auctions.known_auctions import KNOWN, KnownAuction


@pytest.fixture
def room(aws: None) -> AuctionRoom:
    return AuctionRoom()


def yuan(code: str, price: int, at_ms: int) -> Bid:
    return Bid(code, price * 100, at_ms)


def with_bids(room: AuctionRoom) -> AuctionRoom:
    """Three individuals for two quotas, of whom A came down and C came up; one unit."""
    room.prepare()
    room.lay(
        [
            yuan("A", 20_000, room.opens + 1),
            yuan("A", 15_000, room.opens + 5),
            yuan("B", 15_000, room.opens + 2),
            yuan("C", 10_000, room.opens + 3),
            yuan("C", 18_000, room.closes - 1),
        ]
    )
    room.lay([yuan("U", 30_000, room.opens)], "unit")
    return room


class TestPrepare:
    def test_given_a_plan_when_prepared_then_the_bid_function_can_believe_the_window(self, room: AuctionRoom) -> None:
        room.plan = month(last_average_fen={"individual": 1_600_000})

        waits = room.prepare()

        signed = room.table.window(PERIOD)
        assert signed is not None
        found = read(signed, WINDOW_KEY)
        assert (found.opens_at_ms, found.closes_at_ms, found.bids_max) == (room.opens, room.closes, 3)
        assert found.limits["individual"].cap_fen == 3_200_000
        assert found.limits["unit"].cap_fen is None
        assert waits["count_from"] == utc_text(room.closes + DRAIN_MS)

    def test_given_a_plan_when_prepared_then_the_seed_is_committed_to_and_not_shown(self, room: AuctionRoom) -> None:
        room.prepare()

        notice = read_json(room.files, "public", f"auction/{PERIOD}/window.json")
        seed = open_seed(PERIOD, prepared(PERIOD), room.vault)
        assert notice["seed_commitment"] == hashlib.sha256(seed).hexdigest()
        assert seed.hex() not in FactRecord.get(PERIOD, "auction").content
        assert notice["classes"]["individual"] == {
            "quota": 2,
            "reserve": 10_000,
            "tick": 100,
            "cap": None,
            "warning": None,
        }
        assert notice["opens_at"] == "2026-03-25T09:00:00.000"

    def test_given_a_prepared_auction_when_prepared_again_then_nothing_moves(self, room: AuctionRoom) -> None:
        first, standing = room.prepare(), prepared(PERIOD)

        assert room.prepare() == first
        assert prepared(PERIOD) == standing

    def test_given_a_moved_plan_before_the_opening_when_prepared_then_the_window_moves_and_the_seed_stays(
        self, room: AuctionRoom
    ) -> None:
        room.prepare()
        commitment = prepared(PERIOD)["seed_commitment"]
        self._move_close(room)

        room.prepare()

        assert prepared(PERIOD)["closes_at_ms"] == room.closes
        assert prepared(PERIOD)["seed_commitment"] == commitment

    def test_given_an_open_window_when_the_plan_moves_then_it_is_refused(self, room: AuctionRoom) -> None:
        room.prepare()
        self._move_close(room)
        room.clock.at_ms = room.opens

        with pytest.raises(Conflict) as refused:
            room.prepare()

        assert refused.value.code == "WINDOW_STANDS"

    @staticmethod
    def _move_close(room: AuctionRoom) -> None:
        closes = room.plan.milestones["auction_closes"]
        moved = {**room.plan.milestones, "auction_closes": Milestone(closes.at_ms + 60_000, closes.date)}
        room.plan = replace(room.plan, milestones=moved)


class TestBroadcast:
    def test_given_revisions_around_the_instant_when_broadcast_late_then_what_stood_then_counts(
        self, room: AuctionRoom
    ) -> None:
        room.prepare()
        eleven = at_shanghai("2026-03-25T11:00:00.000")
        room.lay([yuan("A", 20_000, eleven - 2), yuan("A", 40_000, eleven), yuan("B", 10_100, eleven - 1)])
        room.clock.at_ms = eleven + BROADCAST_DRAIN_MS

        shown = room.broadcast(1)

        assert shown == {
            "period": PERIOD,
            "number": 1,
            "phase": "bidding",
            "at": "2026-03-25T11:00:00.000",
            "classes": {"individual": {"bidders": 2, "average": 15_050}, "unit": {"bidders": 0, "average": None}},
        }
        assert read_json(room.files, "public", f"auction/{PERIOD}/broadcast-1.json") == shown

    def test_given_a_broadcast_when_repeated_then_it_stays_as_it_was(self, room: AuctionRoom) -> None:
        room.prepare()
        room.clock.at_ms = room.plan.broadcasts[0].at_ms + BROADCAST_DRAIN_MS
        first = room.broadcast(1)
        room.lay([yuan("A", 20_000, room.opens)])

        assert room.broadcast(1) == first

    @pytest.mark.parametrize("number", [0, 1, 3])
    def test_given_a_number_too_early_or_not_planned_when_broadcast_then_it_is_refused(
        self, room: AuctionRoom, number: int
    ) -> None:
        room.prepare()
        room.clock.at_ms = room.plan.broadcasts[0].at_ms + BROADCAST_DRAIN_MS - 1
        with pytest.raises(HubError):
            room.broadcast(number)


class TestClose:
    def test_given_bids_when_closed_then_the_latest_of_each_is_ranked(self, room: AuctionRoom) -> None:
        with_bids(room).after_the_drain()

        shown = room.close()

        individual = shown["classes"]["individual"]
        assert [(one.code, one.rank, one.price_fen) for one in records.winners(PERIOD)] == [
            ("C", 1, 1_800_000), ("B", 2, 1_500_000), ("U", 1, 3_000_000),
        ]  # fmt: skip
        assert (individual["lowest"], individual["at_lowest"], individual["won_at_lowest"]) == (15_000, 2, 1)
        assert (individual["qualified"], individual["bidders"], individual["average"]) == (9, 3, 16_500)
        assert individual["last_winner_at"] == "2026-03-25T09:00:00.002"

    def test_given_a_closed_auction_when_closed_again_then_every_byte_is_the_same(self, room: AuctionRoom) -> None:
        with_bids(room).after_the_drain()
        first, files = room.close(), dict(room.files.held)
        room.clock.advance(3_600_000)

        assert room.close() == first
        assert room.files.held == files

    def test_given_a_result_when_the_table_was_changed_since_then_the_result_and_ranks_stand(
        self, room: AuctionRoom
    ) -> None:
        with_bids(room).after_the_drain()
        room.close()
        ranks = sorted(records.standings(PERIOD), key=lambda one: one.code)
        room.lay([yuan("Z", 90_000, room.opens + 9)])

        with pytest.raises(Conflict) as refused:
            room.close()

        assert refused.value.code == "AUCTION_FACT_STANDS"
        assert sorted(records.standings(PERIOD), key=lambda one: one.code) == ranks

    def test_given_bids_may_be_under_way_when_closed_then_it_is_too_early(self, room: AuctionRoom) -> None:
        with_bids(room).after_the_drain()
        room.clock.at_ms -= 1

        with pytest.raises(TooEarlyOrLate) as refused:
            room.close()

        assert refused.value.code == "STILL_DRAINING"

    def test_given_nothing_was_prepared_when_closed_then_it_is_said(self, room: AuctionRoom) -> None:
        with pytest.raises(NotFound):
            room.close()

    @pytest.mark.parametrize(
        ("price", "at_ms", "bidder_class", "found"),
        [
            (9_900, 5, "individual", "BELOW_RESERVE"),
            (15_050, 5, "individual", "OFF_TICK"),
            (15_000, -1, "individual", "2026-03-25T08:59:59.999"),
            (15_000, 6 * 3_600_000, "individual", "2026-03-25T15:00:00.000"),
            (15_000, 5, "ghost", "ghost"),
        ],
    )
    def test_given_a_bid_that_the_bid_function_can_not_have_taken_when_closed_then_it_is_named_and_nothing_counts(
        self, room: AuctionRoom, price: int, at_ms: int, bidder_class: str, found: str
    ) -> None:
        with_bids(room).lay([yuan("X", price, room.opens + at_ms)], bidder_class)
        room.after_the_drain()

        with pytest.raises(Conflict) as refused:
            room.close()

        assert refused.value.code == "BIDS_INCONSISTENT"
        assert [(one.field, one.found) for one in refused.value.problems] == [("X", found)]
        assert records.fact(PERIOD, "result") is None

    def test_given_demand_and_prices_are_high_when_closed_then_more_quota_is_awarded(self, aws: None) -> None:
        room = AuctionRoom(
            month(
                quotas={"individual": 2, "unit": 0},
                lows_fen={"individual": (1_000_000,) * 12},
                last_mean_fen={"individual": 1_000_000},
            )
        )
        room.prepare()
        prices = (30_000, 30_000, 10_000, 10_000, 10_000, 10_000)
        room.lay([yuan(f"B{place}", price, room.opens + place) for place, price in enumerate(prices)])
        room.after_the_drain()

        shown = room.close()["classes"]["individual"]

        assert (shown["more_quota"]["announced"], shown["more_quota"]["added"]) == (2, 1)
        assert (shown["quota"], shown["winners"], shown["lowest"]) == (3, 3, 10_000)

    @pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
    def test_given_a_known_auctions_bids_in_the_table_when_closed_then_its_published_result_comes_out(
        self, aws: None, known: KnownAuction
    ) -> None:
        quotas = {"individual": 0, "unit": 0, known.bidder_class: known.quota}
        room = AuctionRoom(month(known.city, quotas))
        shift = room.opens - at_shanghai(known.opens_at)
        room.prepare()
        room.lay([bid._replace(bid_at_ms=bid.bid_at_ms + shift) for bid in known.bids()], known.bidder_class)
        room.after_the_drain()

        shown = room.close()["classes"][known.bidder_class]

        time_of_day = known.last_winner_at.partition("T")[2]
        assert {name: shown[name] for name in known.published} == {
            **known.published, "last_winner_at": f"2026-03-25T{time_of_day}",
        }  # fmt: skip
        assert len(list(records.winners(PERIOD))) == known.quota


class TestPublish:
    def test_given_a_closed_auction_when_published_then_the_seed_fits_its_commitment(self, room: AuctionRoom) -> None:
        with_bids(room).after_the_drain()
        room.close()

        key = publish(PERIOD, room.files)["key"]

        shown = json.loads(room.files.read("public", key))
        assert shown == published(PERIOD)
        assert hashlib.sha256(bytes.fromhex(shown["seed"])).hexdigest() == shown["seed_commitment"]
        assert publish(PERIOD, room.files) == {"key": key}

    def test_given_a_published_result_when_a_bidder_asks_then_he_sees_his_own_rank(self, room: AuctionRoom) -> None:
        with_bids(room).after_the_drain()
        room.close()
        publish(PERIOD, room.files)

        own = own_result(PERIOD, "A")
        announced = own.pop("announced")
        assert (announced["lowest"], announced["winners"], announced["bidders"]) == (15_000, 2, 3)
        assert own == {
            "period": PERIOD,
            "bidder_class": "individual",
            "price": 15_000,
            "bid_at": "2026-03-25T09:00:00.005",
            "rank": 3,
            "won": False,
        }
        with pytest.raises(NotFound) as refused:
            own_result(PERIOD, "nobody")
        assert refused.value.code == "NO_BID"

    def test_given_a_closed_auction_when_not_yet_published_then_nobody_sees_a_rank(self, room: AuctionRoom) -> None:
        with_bids(room).after_the_drain()
        room.close()

        with pytest.raises(NotFound) as refused:
            own_result(PERIOD, "A")
        assert refused.value.code == "RESULT_NOT_PUBLISHED"

    def test_given_an_open_auction_when_published_then_it_is_refused(self, room: AuctionRoom) -> None:
        room.prepare()
        with pytest.raises(TooEarlyOrLate):
            publish(PERIOD, room.files)

    def test_given_a_closed_auction_when_exported_then_the_files_hold_what_a_recount_needs(
        self, room: AuctionRoom
    ) -> None:
        with_bids(room).after_the_drain()
        shown = room.close()

        listed = {entry["name"]: entry["key"] for entry in export(room.plan, "city = 'x'\n", room.files)["files"]}

        assert sorted(listed) == [
            "bid-log.csv", "bids-individual.csv", "bids-unit.csv", "history.json", "result.json", "rules.toml",
            "seed.txt", "tree-heads.json", "window.json",
        ]  # fmt: skip
        bids = read_bids(
            room.files.read("work", listed["bids-individual.csv"]), limits_of(prepared(PERIOD))["individual"], 3
        )
        assert (len(bids.bids), bids.problems) == (5, ())
        assert room.files.read("work", listed["seed.txt"]).decode().strip() == shown["seed"]
