"""Sending once: against carriers that lose answers, limit, refuse, and take one request for one number only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from messages.campaign_desk import CAMPAIGN, Carrier, Desk, people, phone_of, shut, silence

from chalicelib.kernel.errors import NotAllowed, Pending, TooMany
from chalicelib.messages.lists import read_chunk
from chalicelib.messages.records import batches
from chalicelib.messages.rules import BatchState
from chalicelib.messages.sender import QUIET_MS, Sender
from tests.applicants.applicants_office import PERIOD, VAULT

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch, Carrier(batch_max=4))


def states() -> list[str]:
    return sorted(record.state for record in batches(PERIOD, CAMPAIGN))


def test_given_people_then_each_has_the_text_meant_for_him_and_nobody_elses(desk: Desk) -> None:
    codes = people(10)
    assert desk.run() == {"sent": 10}
    assert {sms.phone: sms.params["application"] for sms in desk.carrier.taken} == {
        phone_of(number): code for number, code in enumerate(codes, start=1)
    }
    assert desk.carrier.requests == 3


def test_given_a_sealed_phone_of_another_when_it_is_put_into_a_list_then_it_does_not_open(desk: Desk) -> None:
    people(2)
    (key,) = desk.chunks(desk.step("audience"))
    (batch,) = read_chunk(desk.files, PERIOD, CAMPAIGN, key, "aliyun")
    one, other = batch.entries
    swapped = replace(batch, entries=(replace(one, phone=other.phone), other))
    sender = Sender(desk.carriers, desk.clock, VAULT, CAMPAIGN)
    with pytest.raises(InvalidTag):
        list(sender.send(swapped))
    assert desk.carrier.taken == []


def test_given_a_chunk_sent_again_or_the_campaign_started_again_then_nobody_has_two(desk: Desk) -> None:
    people(6)
    (key,) = desk.chunks(desk.step("audience"))
    assert desk.send(key) == {"sent": 6}
    assert desk.send(key) == {"sent": 6}
    assert desk.run() == {}
    assert set(desk.carrier.texts.values()) == {1}


def test_given_an_answer_lost_after_the_carrier_took_the_batch_then_asking_finds_it(desk: Desk) -> None:
    people(3)
    desk.carrier.ills, desk.carrier.takes = [silence()], True
    assert desk.run() == {"sent": 3}
    assert set(desk.carrier.texts.values()) == {1}


def test_given_a_request_lost_then_it_goes_again_only_after_the_quiet_time_and_a_no_for_each_phone(desk: Desk) -> None:
    people(3)
    desk.carrier.ills = [silence()]
    (key,) = desk.chunks(desk.step("audience"))
    with pytest.raises(Pending):
        desk.step("send", key=key)
    desk.clock.advance(QUIET_MS - 1)
    with pytest.raises(Pending):
        desk.step("send", key=key)
    assert desk.carrier.taken == []
    desk.clock.advance(1)
    assert desk.step("send", key=key) == {"sent": 3}
    assert desk.carrier.asked == 3
    assert set(desk.carrier.texts.values()) == {1}


def test_given_total_silence_then_people_are_reported_as_pending_and_get_nothing_more(desk: Desk) -> None:
    people(3)
    desk.carrier.ills, desk.carrier.takes, desk.carrier.answers = [silence()], True, False
    assert desk.run() == {"unclear": 1}
    assert desk.standing()["pending"] == {"aliyun": 3}
    # Started anew: still nobody knows, so still nothing goes
    assert desk.run() == {"unclear": 1}
    assert set(desk.carrier.texts.values()) == {1}
    # Once the carrier answers, the next start clears up what the first one left
    desk.carrier.answers = True
    assert desk.run() == {"sent": 3}
    assert set(desk.carrier.texts.values()) == {1}


def test_given_two_runs_at_once_then_one_sends(desk: Desk) -> None:
    people(2)
    (key,) = desk.chunks(desk.step("audience"))
    (batch,) = read_chunk(desk.files, PERIOD, CAMPAIGN, key, "aliyun")
    runs = [Sender(desk.carriers, desk.clock, VAULT, CAMPAIGN) for _ in range(2)]
    assert [list(run.send(batch)) for run in runs] == [[(BatchState.SENT, 2)]] * 2
    assert desk.carrier.requests == 1


def test_given_a_straggler_of_a_closed_round_then_it_sends_nothing_that_the_next_round_sends(desk: Desk) -> None:
    # Given the first round's list, of which no batch was sent when the campaign was started again
    people(6)
    (old,) = desk.chunks(desk.step("audience"))
    (new,) = desk.chunks(desk.step("audience"))
    assert desk.send(new) == {"sent": 6}
    assert desk.send(old) == {"abandoned": 6}
    assert set(desk.carrier.texts.values()) == {1}


def test_given_a_limited_number_then_the_others_go_at_once_and_it_goes_in_the_next_round(desk: Desk) -> None:
    people(4)
    desk.carrier.limited = {phone_of(2)}
    assert desk.run() == {"sent": 3, "limited": 1}
    stands = desk.standing()
    assert (stands["waiting"], stands["again"], stands["not_before"]) == (1, True, "2026-03-12T03:00:00.000Z")
    desk.carrier.limited = set()
    assert desk.run() == {"sent": 1}
    assert set(desk.carrier.texts.values()) == {1}
    assert desk.standing()["again"] is False


def test_given_the_accounts_day_limit_then_the_batch_waits_whole(desk: Desk) -> None:
    people(4)
    desk.carrier.ills = [TooMany("SMS_LIMITED", "日限额")]
    assert desk.run() == {"limited": 4}
    assert desk.run() == {"sent": 4}


def test_given_a_dead_number_then_it_has_failed_and_the_others_go(desk: Desk) -> None:
    people(4)
    desk.carrier.dead = {phone_of(3)}
    assert desk.run() == {"sent": 3, "failed": 1}
    assert desk.run() == {}
    assert desk.standing()["failed"] == {"SMS_REFUSED": 1}


def test_given_an_account_that_is_shut_then_it_is_said_loudly_and_the_next_start_sends(desk: Desk) -> None:
    people(3)
    desk.carrier.ills = [shut()]
    (key,) = desk.chunks(desk.step("audience"))
    with pytest.raises(NotAllowed):
        desk.step("send", key=key)
    assert desk.run() == {"sent": 3}


def test_given_an_express_no_then_the_second_carrier_has_them_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Carrier(ills=[shut()]), Carrier("tencent", batch_max=1)
    desk = Desk(monkeypatch, first, second)
    people(5)
    assert desk.run() == {"sent": 5}
    assert (len(first.taken), second.requests) == (0, 5)
    assert set(second.texts.values()) == {1}


def test_given_no_answer_then_no_other_carrier_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Carrier(ills=[silence()], takes=True, answers=False), Carrier("tencent", batch_max=1)
    desk = Desk(monkeypatch, first, second)
    people(3)
    assert desk.run() == {"unclear": 1}
    assert second.taken == []
    assert desk.standing()["pending"] == {"aliyun": 3}
