"""Sending once: against a carrier that loses answers, loses requests, limits, refuses; and the real one over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from chalicelib.kernel.clock import SetClock, SystemClock, at_shanghai
from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.ids import SystemEntropy, id_from
from chalicelib.messages.records import MessageRecord, MessageState, find_message, move, plan_message
from chalicelib.messages.sender import QUIET_MS, Sender
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import Sms, SmsReceipt

pytestmark = pytest.mark.usefixtures("aws")

PERIOD, CAMPAIGN, CODE, PHONE = "2026-03", "refund_failed", "3301260000001", "13800000001"
PARAMS = '{"application":"3301260000001"}'


@dataclass
class Carrier:
    """A carrier in memory: ``ills`` are raised in turn, after taking the message where ``takes`` says so."""

    ills: list[HubError] = field(default_factory=list)
    takes: bool = False
    answers: bool = True
    taken: list[str] = field(default_factory=list)
    asked: int = 0

    def send(self, sms: Sms) -> str:
        if self.ills:
            ill = self.ills.pop(0)
            if self.takes:
                self.taken.append(sms.out_id)
            raise ill
        self.taken.append(sms.out_id)
        return "biz-1"

    def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
        self.asked += 1
        if not self.answers:
            raise Pending("SMS_NO_ANSWER", "短信平台没有应答")
        return SmsReceipt(out_id, "delivered", "DELIVERED") if out_id in self.taken else None


@dataclass
class Desk:
    """A carrier, a clock and one message to send."""

    carrier: Carrier = field(default_factory=Carrier)
    clock: SetClock = field(default_factory=lambda: SetClock(1_774_000_000_000))

    def send(self) -> MessageState:
        record = plan_message(PERIOD, CAMPAIGN, CODE, CAMPAIGN, PARAMS)
        return Sender(self.carrier, self.clock).send(record, PHONE)

    @property
    def stored(self) -> MessageRecord:
        record = find_message(PERIOD, CAMPAIGN, CODE)
        assert record is not None
        return record


@pytest.fixture
def desk() -> Desk:
    return Desk()


def silence() -> Pending:
    return Pending("SMS_NO_ANSWER", "短信平台没有应答")


def test_given_a_message_then_it_is_written_down_under_a_number_of_its_own_and_sent_once(desk: Desk) -> None:
    assert [desk.send(), desk.send(), desk.send()] == [MessageState.SENT] * 3
    assert desk.carrier.taken == [id_from("sms", PERIOD, CAMPAIGN, CODE)]
    assert desk.stored.carrier_id == "biz-1"


def test_given_a_text_that_the_carrier_took_after_midnight_then_it_is_found_there_and_not_sent_again() -> None:
    # Given 23:59:59.500 here, and the next day at the carrier
    taken_on = date(2026, 3, 11)

    class NextDay(Carrier):
        def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
            return super().ask(out_id, phone, day) if day == taken_on else None

    desk = Desk(NextDay([silence()], takes=True), SetClock(at_shanghai("2026-03-10T23:59:59.500")))
    # Then it is found, and sent once
    assert desk.send() == MessageState.DELIVERED
    desk.clock.advance(QUIET_MS)
    assert desk.send() == MessageState.DELIVERED
    assert len(desk.carrier.taken) == 1


def test_given_an_answer_lost_after_the_carrier_took_it_then_asking_finds_it_and_nothing_goes_twice(
    desk: Desk,
) -> None:
    desk.carrier.ills, desk.carrier.takes = [silence()], True
    assert desk.send() == MessageState.DELIVERED
    desk.clock.advance(QUIET_MS)
    assert desk.send() == MessageState.DELIVERED
    assert len(desk.carrier.taken) == 1


def test_given_total_silence_then_the_message_is_pending_and_is_not_sent_again_while_nobody_answers(
    desk: Desk,
) -> None:
    desk.carrier.ills, desk.carrier.takes, desk.carrier.answers = [silence()], True, False
    assert desk.send() == MessageState.PENDING
    desk.clock.advance(10 * QUIET_MS)
    assert desk.send() == MessageState.PENDING
    desk.carrier.answers = True
    assert desk.send() == MessageState.DELIVERED
    assert len(desk.carrier.taken) == 1


def test_given_a_request_lost_on_its_way_then_it_goes_again_only_after_the_quiet_time_and_an_express_no(
    desk: Desk,
) -> None:
    desk.carrier.ills = [silence()]
    assert desk.send() == MessageState.PENDING
    desk.clock.advance(QUIET_MS - 1)
    assert desk.send() == MessageState.PENDING
    assert desk.carrier.taken == []
    desk.clock.advance(1)
    assert desk.send() == MessageState.SENT
    assert len(desk.carrier.taken) == 1


def test_given_a_run_that_died_while_sending_then_the_next_one_asks_first(desk: Desk) -> None:
    record = plan_message(PERIOD, CAMPAIGN, CODE, CAMPAIGN, PARAMS)
    claimed_at = MessageRecord.attempted_at_ms.set(desk.clock.now_ms())
    assert move(record, MessageState.SENDING, claimed_at)
    desk.carrier.taken.append(record.out_id)
    assert desk.send() == MessageState.SENDING
    assert desk.carrier.asked == 0
    desk.clock.advance(QUIET_MS)
    assert desk.send() == MessageState.DELIVERED
    assert len(desk.carrier.taken) == 1


def test_given_two_runs_that_read_the_same_message_then_one_sends(desk: Desk) -> None:
    plan_message(PERIOD, CAMPAIGN, CODE, CAMPAIGN, PARAMS)
    one, other = desk.stored, desk.stored
    sender = Sender(desk.carrier, desk.clock)
    assert sender.send(one, PHONE) == MessageState.SENT
    assert sender.send(other, PHONE) == MessageState.SENDING
    assert len(desk.carrier.taken) == 1


def test_given_the_carriers_limits_then_the_message_waits_and_goes_later(desk: Desk) -> None:
    desk.carrier.ills = [TooMany("SMS_LIMITED", "短信平台限流")]
    assert desk.send() == MessageState.PLANNED
    assert desk.stored.detail == "SMS_LIMITED"
    assert desk.send() == MessageState.SENT


def test_given_a_message_that_will_never_go_then_it_has_failed_for_good(desk: Desk) -> None:
    desk.carrier.ills = [InvalidInput("SMS_REFUSED", "短信平台拒收")]
    assert [desk.send(), desk.send()] == [MessageState.FAILED] * 2
    assert desk.carrier.taken == []


def test_given_an_account_that_is_shut_then_it_is_said_loudly_and_the_message_stays_planned(desk: Desk) -> None:
    desk.carrier.ills = [NotAllowed("SMS_ACCOUNT", "短信平台账户有误")]
    with pytest.raises(NotAllowed):
        desk.send()
    assert desk.stored.status == MessageState.PLANNED
    assert desk.send() == MessageState.SENT


def test_given_another_text_for_the_same_person_then_the_one_written_down_first_stands(desk: Desk) -> None:
    plan_message(PERIOD, CAMPAIGN, CODE, CAMPAIGN, PARAMS)
    again = plan_message(PERIOD, CAMPAIGN, CODE, CAMPAIGN, '{"application":"other"}')
    assert again.params == PARAMS


@pytest.fixture
def simulator() -> Iterator[SmsSimulator]:
    with SmsSimulator("secret") as running:
        yield running


@pytest.mark.parametrize("fault", ["lose_answers", "lose_requests"])
def test_given_the_carrier_over_http_that_hangs_up_then_the_phone_shows_one_text_in_the_end(
    simulator: SmsSimulator, fault: str
) -> None:
    simulator.book.set_faults({fault: 1})
    real = SystemClock()
    clock = SetClock(real.now_ms())
    sender = Sender(AliyunSms(simulator.url, "secret", real, SystemEntropy()), clock)
    for _ in range(3):
        state = sender.send(plan_message(PERIOD, CAMPAIGN, CODE, CAMPAIGN, PARAMS), PHONE)
        clock.advance(QUIET_MS)
    assert state in (MessageState.SENT, MessageState.DELIVERED)
    assert len(simulator.book.texts(PHONE)) == 1
