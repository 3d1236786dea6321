"""The code lane: handed over without a word to the carrier, texted at most once, sealed on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.kernel.clock import SetClock, SystemClock
from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.messages import code_tasks
from chalicelib.messages.codes import USELESS_AFTER_MS, code_lane, text_code
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import Sms
from tests.applicants.applicants_office import VAULT

pytestmark = pytest.mark.usefixtures("aws")

PHONE, CODE = "13800000001", "042713"


@dataclass
class Line:
    """A queue in memory."""

    bodies: list[str] = field(default_factory=list)

    def send(self, body: str) -> None:
        self.bodies.append(body)


@dataclass
class Carrier:
    """Takes messages, or raises ``ills`` in turn."""

    ills: list[HubError] = field(default_factory=list)
    taken: list[Sms] = field(default_factory=list)

    def send(self, sms: Sms) -> str:
        if self.ills:
            raise self.ills.pop(0)
        self.taken.append(sms)
        return "biz"


@dataclass
class Lane:
    line: Line = field(default_factory=Line)
    clock: SetClock = field(default_factory=lambda: SetClock(1_774_000_000_000))
    carriers: list[Any] = field(default_factory=lambda: [Carrier()])

    def hand_over(self, phone: str = PHONE, code: str = CODE) -> str:
        code_lane(lambda: self.line, lambda: VAULT, self.clock)("out-1", phone, code)
        return self.line.bodies[-1]

    def text(self, body: str) -> str:
        return text_code(body, self.carriers, VAULT, self.clock)


@pytest.fixture
def lane() -> Lane:
    return Lane()


def test_given_a_code_then_the_queue_shows_neither_phone_nor_code_and_the_carrier_hears_nothing_yet(lane: Lane) -> None:
    body = lane.hand_over()
    assert PHONE not in body
    assert CODE not in body
    assert lane.carriers[0].taken == []


def test_given_a_code_given_out_twice_by_the_queue_then_one_text_goes(lane: Lane) -> None:
    body = lane.hand_over()
    assert [lane.text(body), lane.text(body)] == ["sent", "repeated"]
    assert lane.carriers[0].taken == [Sms("out-1", PHONE, "code", {"code": CODE})]


def test_given_nobody_to_text_then_the_message_looks_alike_and_goes_to_nobody(lane: Lane) -> None:
    body = lane.hand_over(phone="")
    assert json.loads(body).keys() == json.loads(lane.hand_over()).keys()
    assert lane.text(body) == "nobody"
    assert lane.carriers[0].taken == []


def test_given_a_code_that_has_died_on_the_way_then_it_is_not_texted(lane: Lane) -> None:
    body = lane.hand_over()
    lane.clock.advance(USELESS_AFTER_MS + 1)
    assert lane.text(body) == "too late"


@pytest.mark.parametrize(
    "word",
    [TooMany("SMS_LIMITED", "限流"), NotAllowed("SMS_ACCOUNT", "账户"), Pending("SMS_UNREACHABLE", "无法连接")],
)
def test_given_an_express_no_or_no_connection_then_the_next_carrier_has_it_once(lane: Lane, word: HubError) -> None:
    second = Carrier()
    lane.carriers = [Carrier([word]), second]
    body = lane.hand_over()
    assert [lane.text(body), lane.text(body)] == ["sent", "repeated"]
    assert len(second.taken) == 1


def test_given_no_answer_then_no_other_carrier_is_tried_and_nothing_goes_again(lane: Lane) -> None:
    second = Carrier()
    lane.carriers = [Carrier([Pending("SMS_NO_ANSWER", "没有应答")]), second]
    body = lane.hand_over()
    assert [lane.text(body), lane.text(body)] == ["unknown", "repeated"]
    assert second.taken == []


@pytest.mark.parametrize("word", [TooMany("SMS_LIMITED", "限流"), Pending("SMS_UNREACHABLE", "无法连接")])
def test_given_no_carrier_has_it_then_the_queue_gives_it_out_again_and_it_goes(lane: Lane, word: HubError) -> None:
    lane.carriers = [Carrier([word])]
    body = lane.hand_over()
    with pytest.raises(type(word)):
        lane.text(body)
    assert lane.text(body) == "sent"


def test_given_a_phone_that_the_carrier_refuses_then_it_is_not_tried_again(lane: Lane) -> None:
    lane.carriers = [Carrier([InvalidInput("SMS_REFUSED", "拒收")])]
    body = lane.hand_over()
    assert [lane.text(body), lane.text(body)] == ["refused", "repeated"]


@pytest.fixture
def simulator() -> Iterator[SmsSimulator]:
    with SmsSimulator("secret") as running:
        yield running


def test_given_the_function_and_the_carrier_over_http_then_the_phone_shows_the_code(
    simulator: SmsSimulator, monkeypatch: pytest.MonkeyPatch, lane: Lane
) -> None:
    client = AliyunSms(simulator.url, "secret", SystemClock(), SystemEntropy())
    parts = SimpleNamespace(
        clock=lane.clock, carriers=lambda: {"aliyun": client}, keys=SimpleNamespace(vault=lambda: VAULT)
    )
    monkeypatch.setattr(code_tasks, "hub", lambda: parts)
    records = [{"messageId": "1", "body": lane.hand_over()}, {"messageId": "2", "body": "not ours"}]
    assert code_tasks.handle({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert CODE in simulator.book.texts(PHONE)[0]
