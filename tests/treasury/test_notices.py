"""Notices for winners: one each, pay codes without gaps, registered under a number that was stored first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import requests
from treasury_room import BY_RANK, LOSER, PERIOD, PLAN, WINNERS, TreasuryRoom

from chalicelib.auctions.records import StandingRecord, Winner, winners
from chalicelib.kernel.errors import Conflict, Pending
from chalicelib.kernel.files import read_json
from chalicelib.kernel.shards import shard_of
from chalicelib.periods.problems import list_problems
from chalicelib.treasury import notices, records, tasks
from chalicelib.treasury.paycodes import take_block
from chalicelib.treasury.rules import NoticeStatus, pay_code_rule

RULE = pay_code_rule("hangzhou")


def test_given_winners_when_issued_then_pay_codes_follow_the_result_without_gaps(room: TreasuryRoom) -> None:
    issued = room.issue()

    assert issued == {
        "count": 4,
        "amount_fen": 12_600_000,
        "chunks": [{"key": "treasury/2026-03/register/0001.json"}],
    }
    assert [room.notice(code).pay_code for code in BY_RANK] == [f"3301002630000000000{n}" for n in (1, 2, 3, 4)]
    assert records.find_notice(PERIOD, LOSER) is None
    assert read_json(room.files, "work", issued["chunks"][0]["key"]) == {"codes": list(BY_RANK)}
    first = room.notice(BY_RANK[0])
    assert (first.issue_day, first.due_day) == (PLAN.day("auction_closes"), PLAN.day("settlement_closes"))
    assert records.notice_by_pay_code(first.pay_code).code == BY_RANK[0]  # type: ignore[union-attr]


def test_given_notices_when_issued_again_then_nothing_changes(room: TreasuryRoom) -> None:
    room.open_settlement()
    before = {notice.code: notice.attribute_values for notice in records.notices(PERIOD)}

    room.issue()

    assert {notice.code: notice.attribute_values for notice in records.notices(PERIOD)} == before


def test_given_a_run_that_broke_off_when_issued_again_then_the_rest_follows_with_the_same_codes(
    room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_NOTICES_A_TRANSACTION", 2)
    put, calls = notices._put, []

    def break_off(some: list[records.NoticeRecord]) -> None:
        calls.append(some)
        if len(calls) == 2:
            raise RuntimeError("the function ran out of time")
        put(some)

    monkeypatch.setattr(notices, "_put", break_off)
    with pytest.raises(RuntimeError):
        room.issue()
    assert len(list(records.notices(PERIOD))) == 2
    room.issue()

    assert [room.notice(code).pay_code[-1] for code in BY_RANK] == ["1", "2", "3", "4"]


def test_given_another_result_when_issued_again_then_refused(room: TreasuryRoom) -> None:
    room.issue()
    changed = [Winner(each.code, each.bidder_class, each.price_fen + 1, 0, each.rank) for each in winners(PERIOD)]

    with pytest.raises(Conflict, match="NOTICE_DIFFERS"):
        notices.issue_notices(room.files, PLAN, changed, room.closed_at_ms)
    with pytest.raises(Conflict, match="PAY_CODES_TAKEN"):
        notices.issue_notices(room.files, PLAN, changed[:2], room.closed_at_ms)


def test_given_fewer_ranks_than_the_result_names_when_issued_then_nobody_gets_a_notice(room: TreasuryRoom) -> None:
    """The result is kept before everybody's rank: a read in between would leave winners out."""
    StandingRecord(f"{PERIOD}#{shard_of(BY_RANK[1])}", f"standing#{BY_RANK[1]}").delete()

    with pytest.raises(Conflict, match="RESULT_MISSING"):
        room.issue()
    assert list(records.notices(PERIOD)) == []


def test_given_no_winner_when_issued_then_no_code_is_taken(room: TreasuryRoom) -> None:
    assert notices.issue_notices(room.files, PLAN, [], room.closed_at_ms) == {"count": 0, "amount_fen": 0, "chunks": []}
    assert take_block("2026-04", RULE, 2026, 1).first == 1


def test_given_two_periods_when_blocks_are_taken_then_they_meet_without_gap(aws: None) -> None:
    first, second = take_block("2026-03", RULE, 2026, 4), take_block("2026-04", RULE, 2026, 3)

    assert (first.first, first.count, second.first) == (1, 4, 5)
    assert take_block("2026-03", RULE, 2026, 4) == first
    assert take_block("2027-01", RULE, 2027, 2).code(0) == "33010027300000000001"
    with pytest.raises(ValueError, match="none at 4"):
        first.code(4)


def test_given_notices_when_registered_then_the_treasury_has_name_and_price(room: TreasuryRoom) -> None:
    room.issue()

    assert room.register() == {"registered": 4, "already": 0, "refused": 0}
    assert {notice.state for notice in records.notices(PERIOD)} == {NoticeStatus.REGISTERED}
    amounts = {each["pay_code"]: each["amount"] for each in treasury_state(room)["notices"]}
    assert amounts[room.notice(BY_RANK[0]).pay_code] == "35000.00"
    assert room.simulator.books.notices[room.notice(WINNERS[0][0]).pay_code].payer == "张0"
    assert room.register() == {"registered": 0, "already": 4, "refused": 0}


def test_given_a_treasury_that_falls_silent_when_registered_then_pending_and_the_repeat_ends_it(
    room: TreasuryRoom,
) -> None:
    room.issue()
    room.control("_silent", requests=2)

    with pytest.raises(Pending, match="REGISTRATION_PENDING"):
        room.register()
    assert room.register() == {"registered": 2, "already": 2, "refused": 0}
    uploads = sorted(each["uploads"] for each in treasury_state(room)["notices"])
    assert uploads == [1, 1, 2, 2]


def test_given_a_notice_that_is_refused_when_registered_then_it_is_listed_and_stays_issued(room: TreasuryRoom) -> None:
    room.issue()
    taken = room.notice(BY_RANK[0])
    room.register()
    taken.pay_code, taken.state, taken.amount_fen = taken.pay_code, NoticeStatus.ISSUED, 1
    taken.save()

    assert room.register() == {"registered": 0, "already": 3, "refused": 1}
    [listed] = list_problems(PERIOD)
    assert (listed.code, listed.source) == ("NOTICE_REFUSED", f"treasury/notices/{taken.pay_code}")
    assert room.notice(BY_RANK[0]).state == NoticeStatus.ISSUED


def treasury_state(room: TreasuryRoom) -> dict[str, list[dict[str, object]]]:
    return dict(requests.get(f"{room.simulator.url}/_state", timeout=5).json())


def test_given_an_auction_that_a_pause_made_longer_when_notices_are_issued_then_they_open_when_it_really_closed(
    room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_at_ms = PLAN.at("auction_closes") + 20 * 60_000
    monkeypatch.setattr(tasks, "hub", lambda: SimpleNamespace(files=room.files, auction_closes=lambda _: closed_at_ms))
    monkeypatch.setattr(tasks, "load_plan", lambda _: PLAN)

    tasks.handle({"step": "issue_notices", "period": PERIOD}, None)

    assert {int(notice.opens_at_ms) for notice in records.notices(PERIOD)} == {closed_at_ms}
