"""An auction that two operators pause: to the millisecond, on record, made good by the rule, the machine following."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.auctions import pauses, schedule, window
from chalicelib.auctions.broadcast import told
from chalicelib.auctions.records import standings
from chalicelib.auctions.rules import Bid
from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS, LOOK_EVERY_MS
from chalicelib.bidding.rules import DRAIN_MS, Pause, Window, check_open
from chalicelib.bidding.window import read
from chalicelib.kernel.clock import at_shanghai, local_text, utc_text
from chalicelib.kernel.errors import Conflict, HubError, TooEarlyOrLate
from chalicelib.kernel.files import read_json
from chalicelib.kernel.ids import canonical
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.rules import PauseRule
from tests.auctions.auction_room import PERIOD, WINDOW_KEY, AuctionRoom

TEN = at_shanghai("2026-03-25T10:00:00.000")
MINUTE = 60_000


class Machines:
    """Starts nothing, and remembers what."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, dict[str, Any]]] = []

    def start(self, machine: str, name: str, given: dict[str, Any]) -> None:
        self.started.append((machine, name, given))

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        raise AssertionError("nobody waits here")


@pytest.fixture
def room(aws: None) -> AuctionRoom:
    made = AuctionRoom()
    made.prepare()
    made.clock.at_ms = TEN - 10_000  # the notice of a pause: 10 s
    return made


def pause(room: AuctionRoom, number: int = 1) -> dict[str, Any]:
    return pauses.begin_pause(
        PERIOD, number, "系统维护", clock=room.clock, window_key=WINDOW_KEY, table=room.table, files=room.files
    )


def resume(room: AuctionRoom, number: int = 1) -> dict[str, Any]:
    return pauses.end_pause(PERIOD, number, clock=room.clock, window_key=WINDOW_KEY, table=room.table, files=room.files)


def laid(room: AuctionRoom) -> Window:
    signed = room.table.window(PERIOD)
    assert signed is not None
    return read(signed, WINDOW_KEY)


def agenda(room: AuctionRoom) -> dict[str, Any]:
    return schedule.agenda(
        PERIOD, window.prepared(PERIOD), now_ms=room.clock.now_ms(), told=told(PERIOD), lowest_at_ms=None
    )


def test_given_an_open_auction_when_paused_then_everybody_is_told_and_functions_get_a_new_window(
    room: AuctionRoom,
) -> None:
    shown = pause(room)

    assert shown == {"number": 1, "from": "2026-03-25T10:00:00.000", "until": None, "version": 2}
    notice = read_json(room.files, "public", f"auction/{PERIOD}/window.json")
    assert notice["pauses"] == [{"number": 1, "reason": "系统维护", "from": "2026-03-25T10:00:00.000", "until": None}]
    assert laid(room).pauses == (Pause(TEN, None),)
    assert pause(room) == shown  # the step may be called again


@pytest.mark.parametrize(
    ("at_ms", "code"),
    [(TEN - 1, None), (TEN, "PAUSED"), (TEN + 20 * MINUTE - 1, "PAUSED"), (TEN + 20 * MINUTE, None)],
)
def test_given_a_pause_when_bid_at_its_edges_then_it_holds_to_the_millisecond(
    room: AuctionRoom, at_ms: int, code: str | None
) -> None:
    pause(room)
    room.clock.at_ms = TEN + 10 * MINUTE
    resume(room)  # ten minutes' notice: 20 minutes in all

    if code is None:
        check_open(laid(room), at_ms, at_ms)
    else:
        with pytest.raises(TooEarlyOrLate) as refused:
            check_open(laid(room), at_ms, at_ms)
        assert refused.value.code == code


def test_given_a_pause_when_resumed_then_close_and_later_broadcasts_move_by_its_length(room: AuctionRoom) -> None:
    pause(room)
    room.clock.at_ms = TEN + 10 * MINUTE

    assert resume(room)["until"] == "2026-03-25T10:20:00.000"

    notice = read_json(room.files, "public", f"auction/{PERIOD}/window.json")
    assert notice["closes_at"] == "2026-03-25T15:20:00.000"
    assert notice["broadcasts"] == ["2026-03-25T11:20:00.000", "2026-03-25T13:20:00.000"]
    assert (laid(room).closes_at_ms, laid(room).version) == (room.closes + 20 * MINUTE, 3)
    assert window.closes_at_ms(room.plan) == room.closes + 20 * MINUTE  # until when one may sign in
    assert room.prepare()["closes_at"] == utc_text(room.closes + 20 * MINUTE)  # the machine, started again


def test_given_a_pause_between_the_broadcasts_then_only_what_comes_after_it_moves(room: AuctionRoom) -> None:
    room.clock.at_ms = at_shanghai("2026-03-25T12:00:00.000") - 10_000
    pause(room)
    room.clock.advance(MINUTE)
    resume(room)

    moved = [local_text(at_ms)[11:16] for at_ms in schedule.broadcasts_of(window.prepared(PERIOD))]
    assert moved == ["11:00", "13:10"]  # 12:00:00 to 12:10:50


def test_given_the_rule_none_when_resumed_then_the_close_stays(aws: None) -> None:
    room = AuctionRoom()
    room.rules = replace(room.rules, pause=PauseRule("none", 10, 600))
    room.prepare()
    room.clock.at_ms = TEN
    pause(room)
    resume(room)

    assert laid(room).closes_at_ms == room.closes


def test_given_two_pauses_when_both_have_ended_then_both_are_made_good(room: AuctionRoom) -> None:
    for number in (1, 2):
        pause(room, number)
        room.clock.advance(10_000)
        resume(room, number)
        room.clock.advance(30 * MINUTE)

    assert laid(room).closes_at_ms == room.closes + 20 * MINUTE
    assert laid(room).version == 5


@pytest.mark.parametrize("late_ms", [0, 60_000])
def test_given_a_pause_that_would_begin_after_the_close_then_it_is_refused(room: AuctionRoom, late_ms: int) -> None:
    room.clock.at_ms = room.closes - 10_000 + late_ms

    with pytest.raises(Conflict, match="PAUSE_TOO_LATE"):
        pause(room)


class TestTheMachine:
    """What it does next, and that it follows."""

    def test_given_a_day_without_a_pause_then_broadcasts_and_close_follow_each_other(self, room: AuctionRoom) -> None:
        eleven = room.plan.broadcasts[0].at_ms
        assert agenda(room) == {"do": "look", "at": utc_text(eleven + BROADCAST_DRAIN_MS), "number": 1}
        room.clock.at_ms = eleven + BROADCAST_DRAIN_MS
        assert (agenda(room)["do"], agenda(room)["number"]) == ("broadcast", 1)
        room.broadcast(1)
        assert (agenda(room)["do"], agenda(room)["number"]) == ("look", 2)
        room.clock.at_ms = room.plan.broadcasts[1].at_ms + BROADCAST_DRAIN_MS
        room.broadcast(2)
        assert agenda(room) == {"do": "look", "at": utc_text(room.closes + DRAIN_MS), "number": 0}
        room.after_the_drain()
        assert agenda(room)["do"] == "close"

    def test_given_a_pause_without_an_end_then_it_looks_again_and_closes_nothing(self, room: AuctionRoom) -> None:
        pause(room)
        room.after_the_drain()

        assert agenda(room) == {"do": "look", "at": utc_text(room.clock.now_ms() + LOOK_EVERY_MS), "number": 0}
        with pytest.raises(TooEarlyOrLate, match="AUCTION_PAUSED"):
            room.close()

    def test_given_it_waited_for_the_planned_close_when_it_wakes_then_it_waits_for_the_new_one(
        self, room: AuctionRoom
    ) -> None:
        pause(room)
        room.clock.advance(10_000)
        resume(room)
        for broadcast in (1, 2):
            room.clock.at_ms = room.plan.broadcasts[broadcast - 1].at_ms + 10 * MINUTE + BROADCAST_DRAIN_MS
            assert room.broadcast(broadcast)["at"][14:16] == "10"
        room.after_the_drain()

        assert agenda(room) == {"do": "look", "at": utc_text(room.closes + 10 * MINUTE + DRAIN_MS), "number": 0}
        with pytest.raises(TooEarlyOrLate, match="STILL_DRAINING"):
            room.close()


class TestTheCount:
    """The close of an auction that was paused."""

    def close_of(self, room: AuctionRoom, at_ms: int) -> dict[str, Any]:
        pause(room)
        room.clock.at_ms = TEN + 10 * MINUTE
        resume(room)
        room.lay([Bid("A", 1_600_000, TEN - 1), Bid("B", 1_700_000, at_ms)])
        room.clock.at_ms = room.closes + 20 * MINUTE + DRAIN_MS
        return room.close()

    def test_given_a_bid_in_the_added_minutes_then_it_counts(self, room: AuctionRoom) -> None:
        shown = self.close_of(room, room.closes + 20 * MINUTE - 1)

        assert shown["classes"]["individual"]["last_winner_at"] == "2026-03-25T09:59:59.999"
        assert shown["classes"]["individual"]["bidders"] == 2

    def test_given_a_paused_auction_when_the_notary_recounts_then_every_byte_is_the_closes(
        self, room: AuctionRoom, tmp_path: Path
    ) -> None:
        # Given bids of one price and millisecond in the added minutes, which only the seed puts in order
        last_ms = room.closes + 20 * MINUTE - 1
        room.lay([Bid(code, 1_600_000, last_ms) for code in ("C", "D", "E")])
        shown = self.close_of(room, last_ms)["classes"]["individual"]

        counted = room.recount(tmp_path, 2)

        assert canonical(counted) == canonical({name: shown[name] for name in counted})
        assert (counted["bidders"], counted["winners"], counted["last_winner_at"]) == (5, 2, "2026-03-25T09:59:59.999")
        ranked = sorted((one for one in standings(PERIOD) if one.won), key=lambda one: one.rank)
        rows = "".join(f"{one.rank},{one.code}\n" for one in ranked)
        assert (tmp_path / "winners.csv").read_text() == "rank,application_code\n" + rows
        # And the notary sees why so late a bid counts
        notice = json.loads((tmp_path / "window.json").read_text())
        assert (notice["closes_at"], notice["pauses"][0]["until"]) == (
            "2026-03-25T15:20:00.000",
            "2026-03-25T10:20:00.000",
        )

    def test_given_a_bid_in_the_pause_then_nothing_is_counted_and_it_is_named(self, room: AuctionRoom) -> None:
        with pytest.raises(Conflict) as refused:
            self.close_of(room, TEN)
        assert [(one.field, one.remedy) for one in refused.value.problems] == [("B", "a time outside every pause")]


class TestTheProposal:
    """The first operator's part."""

    def propose(
        self, room: AuctionRoom, action: str, reason: str = "系统维护"
    ) -> list[tuple[str, str, dict[str, Any]]]:
        machines = Machines()
        pauses.propose(
            PERIOD, action, reason, actor=Actor("wang", ("planner",), room.clock.now_ms()), machines=machines
        )
        return machines.started

    def test_given_an_open_auction_when_proposed_then_a_second_person_is_asked_and_nothing_moves(
        self, room: AuctionRoom
    ) -> None:
        ((machine, _, given),) = self.propose(room, "pause")

        assert (machine, given["made_by"], given["number"]) == ("auction_pause", "wang", 1)
        assert laid(room).pauses == ()
        names = set()
        for _ in range(2):
            room.clock.advance(1)
            names.add(self.propose(room, "pause")[0][1])
        assert len(names) == 1
        # And each asking stands on the operators' trail
        acts = trail(PERIOD).acts
        assert [(act["by"], act["act"], act["after"]["reason"]) for act in acts] == [
            ("wang", "auction.pause", "系统维护")
        ] * 3

    def test_given_an_auction_that_moved_meanwhile_then_neither_entry_nor_machine_is_there(
        self, room: AuctionRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = pauses.prepared(PERIOD)
        pause(room)
        monkeypatch.setattr(pauses, "prepared", lambda period: read)
        before = len(trail(PERIOD).acts)

        with pytest.raises(Conflict, match="AUCTION_FACT_MOVED"):
            self.propose(room, "pause")
        assert len(trail(PERIOD).acts) == before

    @pytest.mark.parametrize(
        ("action", "reason", "paused", "code"),
        [
            ("resume", "好了", False, "NOT_PAUSED"),
            ("pause", "再停", True, "ALREADY_PAUSED"),
            ("stop", "停", False, "PAUSE_INVALID"),
            ("pause", " ", False, "PAUSE_INVALID"),
            ("pause", "停" * 201, False, "PAUSE_INVALID"),
        ],
    )
    def test_given_what_can_not_be_then_it_is_refused_by_name(
        self, room: AuctionRoom, action: str, reason: str, paused: bool, code: str
    ) -> None:
        if paused:
            pause(room)

        with pytest.raises(HubError) as refused:
            self.propose(room, action, reason)
        assert refused.value.code == code

    def test_given_a_closed_auction_when_proposed_then_it_is_over(self, room: AuctionRoom) -> None:
        room.clock.at_ms = room.closes

        with pytest.raises(Conflict, match="AUCTION_CLOSED"):
            self.propose(room, "pause")


def test_given_an_old_window_when_it_is_stale_then_no_function_takes_a_bid_in_the_pause() -> None:
    from chalicelib.bidding.rules import CLOCK_SKEW_MS_MAX
    from chalicelib.bidding.signed import STALE_MS_MAX
    from chalicelib.periods.rules import PAUSE_RULE

    assert PAUSE_RULE.notice_seconds * 1_000 > STALE_MS_MAX + 2 * CLOCK_SKEW_MS_MAX
