"""Two carriers over real HTTP: the second one has what the first surely has not; both push to the hub's own door."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from chalice.test import Client
from messages.campaign_desk import CAMPAIGN, Desk, people, phone_of

from app import app
from chalicelib import wiring
from chalicelib.kernel.clock import SystemClock
from chalicelib.kernel.errors import NotAllowed
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.settings import Settings
from chalicelib.messages import routes
from chalicelib.messages.records import batches
from chalicelib.messages.sender import QUIET_MS
from chalicelib.messages.standing import standing
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.simulated import HttpSimulator, Reply, Request, as_json
from integrations.tencent_sms.client import TencentSms
from integrations.tencent_sms.simulator import TencentSimulator
from tests.applicants.applicants_office import PERIOD, VAULT

pytestmark = pytest.mark.usefixtures("aws")

SHUT = "isv.AMOUNT_NOT_ENOUGH"


class SmallBatches(AliyunSms):
    """Two messages a request, so that a few people are several batches."""

    @property
    def batch_max(self) -> int:
        return 2


class Carriers:
    """Both carriers running, and a campaign's desk that knows them in this order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, first: SmsSimulator, second: TencentSimulator) -> None:
        self.desk, self.first, self.second = Desk(monkeypatch), first, second
        self.desk.carriers = {
            "aliyun": AliyunSms(first.url, "secret", self.desk.clock, SystemEntropy()),
            "tencent": TencentSms(second.url, "secret", self.desk.clock),
        }

    def texts(self) -> Counter[str]:
        """How many messages each phone shows, whoever brought them."""
        phones = [phone_of(number) for number in range(1, 10)]
        return +Counter({each: len(self.first.book.texts(each) + self.second.book.texts(each)) for each in phones})

    def taken(self) -> tuple[int, int]:
        return self.first.book.state()["taken"], self.second.book.state()["taken"]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[Carriers]:
    now: list[Any] = []

    def now_s() -> float:
        return float(now[0].now_ms() / 1_000)

    with SmsSimulator("secret", now_s=now_s) as first, TencentSimulator("secret", now_s=now_s) as second:
        carriers = Carriers(monkeypatch, first, second)
        now.append(carriers.desk.clock)
        yield carriers


def each_once(count: int) -> dict[str, int]:
    return {phone_of(number): 1 for number in range(1, count + 1)}


def test_given_the_first_carrier_s_express_no_then_the_second_has_each_of_them_once(two: Carriers) -> None:
    people(5)
    two.first.book.set_faults({"refuse": SHUT})
    assert two.desk.run() == {"sent": 5}
    assert two.desk.run() == {}
    assert (two.texts(), two.taken()) == (each_once(5), (0, 5))


def test_given_no_way_to_the_first_carrier_then_the_second_has_them(two: Carriers) -> None:
    people(3)
    two.first.stop()
    two.desk.carriers["aliyun"] = AliyunSms(two.first.url, "secret", two.desk.clock, SystemEntropy())
    assert two.desk.run() == {"sent": 3}
    assert (two.texts(), two.taken()[1]) == (each_once(3), 3)


@pytest.mark.parametrize("lost", ["lose_answers", "lose_requests"])
def test_given_an_unknown_outcome_then_the_first_carrier_is_asked_and_the_second_gets_nothing(
    two: Carriers, lost: str
) -> None:
    people(4)
    two.first.book.set_faults({lost: 1})
    assert two.desk.run() == {"sent": 4}
    assert (two.texts(), two.taken()) == (each_once(4), (4, 0))


def test_given_an_unknown_outcome_when_the_first_carrier_says_not_taken_and_then_refuses_then_the_second_has_them(
    two: Carriers,
) -> None:
    people(4)
    two.first.book.set_faults({"lose_requests": 1})
    (key,) = two.desk.chunks(two.desk.step("audience"))
    assert two.desk.send(key, tries=1) == {"unclear": 1}
    two.desk.clock.advance(QUIET_MS)
    two.first.book.set_faults({"refuse": SHUT})
    # Asked, it says of each phone that it never had it; sent to again, it says no: only then the second one is tried.
    assert two.desk.send(key) == {"sent": 4}
    assert (two.texts(), two.taken()) == (each_once(4), (0, 4))


def test_given_an_unknown_outcome_when_the_first_carrier_took_them_and_then_shuts_then_the_second_gets_nothing(
    two: Carriers,
) -> None:
    people(4)
    two.first.book.set_faults({"lose_answers": 1})
    (key,) = two.desk.chunks(two.desk.step("audience"))
    two.desk.send(key, tries=1)
    two.first.book.set_faults({"refuse": SHUT})
    two.desk.clock.advance(QUIET_MS)
    assert two.desk.send(key) == {"sent": 4}
    assert two.taken() == (4, 0)


def test_given_an_answer_lost_by_the_second_carrier_too_then_he_is_pending_there_until_its_receipt_is_found(
    two: Carriers,
) -> None:
    people(1)
    two.first.book.set_faults({"refuse": SHUT})
    two.second.book.set_faults({"lose_answers": 1})
    (key,) = two.desk.chunks(two.desk.step("audience"))
    two.desk.send(key, tries=1)
    assert standing(PERIOD, CAMPAIGN)["pending"] == {"tencent": 1}
    two.desk.clock.advance(QUIET_MS)
    assert two.desk.send(key) == {"sent": 1}
    assert two.taken() == (0, 1)


def test_given_a_carrier_taken_out_of_the_settings_then_what_it_may_have_is_pending_and_the_rest_goes(
    two: Carriers,
) -> None:
    # Given two batches, of which one's answer was lost by the carrier that is tried first no more
    two.desk.carriers["aliyun"] = SmallBatches(two.first.url, "secret", two.desk.clock, SystemEntropy())
    people(3)
    two.first.book.set_faults({"lose_answers": 1})
    (key,) = two.desk.chunks(two.desk.step("audience"))
    assert two.desk.send(key, tries=1) == {"unclear": 1}
    aliyun = two.desk.carriers.pop("aliyun")
    two.desk.clock.advance(QUIET_MS)
    # Then nothing of it goes to the other one, and the step that asks for receipts does not fail either
    assert two.desk.send(key) == {"unclear": 1}
    stands = two.desk.standing()
    assert (sum(stands["pending"].values()), two.taken()) == (3 - stands["sent"] - stands["delivered"], (3, 0))
    # And once it is back, it is asked
    two.desk.carriers = {"aliyun": aliyun, **two.desk.carriers}
    assert two.desk.send(key) == {"sent": 3}
    assert two.texts() == each_once(3)


@pytest.mark.parametrize("seed", range(5))
def test_given_faults_at_random_then_nobody_has_two_and_who_has_none_is_pending_or_waits(
    two: Carriers, seed: int
) -> None:
    chance, codes = random.Random(seed), people(3)
    for _ in range(4):
        for book in (two.first.book, two.second.book):
            book.set_faults(
                {
                    "refuse": chance.choice(["", "", SHUT, "isp.SYSTEM_ERROR"]) if book is two.first.book else "",
                    "lose_answers": chance.choice([0, 0, 1, 2]),
                    "lose_requests": chance.choice([0, 0, 1, 2]),
                    "limited_phones": chance.sample([phone_of(1), phone_of(2)], chance.choice([0, 1])),
                }
            )
        # No carrier served us: a person looks, and the campaign is started again
        with contextlib.suppress(NotAllowed):
            two.desk.run()
        two.desk.clock.advance(chance.choice([0, QUIET_MS, 2 * QUIET_MS]))
    texts = two.texts()
    assert set(texts.values()) <= {1}
    stands = standing(PERIOD, CAMPAIGN)
    assert len(codes) - len(texts) <= sum(stands["pending"].values()) + stands["waiting"]


@pytest.mark.parametrize("names", ["aliyun", "tencent", "aliyun,tencent", "tencent,aliyun"])
def test_given_the_setting_then_these_carriers_are_tried_in_this_order(names: str) -> None:
    settings = Settings({"SMS_CARRIERS": names, "SMS_URL": "http://one/", "TENCENT_SMS_URL": "http://two/"})
    keys: Any = SimpleNamespace(secret=lambda variable: "secret")
    chosen = wiring._carriers(keys, settings, SystemClock(), SystemEntropy())()
    assert [each.name for each in chosen.values()] == list(chosen) == names.split(",")
    with pytest.raises(RuntimeError, match="SMS_CARRIERS"):
        wiring._carriers(keys, Settings({"SMS_CARRIERS": "aliyun,other"}), SystemClock(), SystemEntropy())()


class Door(HttpSimulator):
    """The hub's API on a socket."""

    def serve(self, request: Request) -> Reply:
        with Client(app) as client:
            headers = {"Content-Type": "application/json"}
            answer = client.http.request(request.method, request.path, headers=headers, body=request.body)
        self.answers.append(answer.json_body)
        return as_json(answer.status_code, answer.json_body)

    answers: list[Any]


@pytest.mark.parametrize("carrier", ["aliyun", "tencent"])
def test_given_reports_pushed_in_any_order_and_twice_then_operators_see_what_became_of_each(
    two: Carriers, monkeypatch: pytest.MonkeyPatch, carrier: str
) -> None:
    # Given five texts of which two do not arrive
    people(5)
    at = {"aliyun": two.first, "tencent": two.second}[carrier]
    at.book.set_faults({"fail_phones": [phone_of(2), phone_of(4)]})
    two.first.book.set_faults({"refuse": SHUT} if carrier == "tencent" else {})
    assert two.desk.run() == {"sent": 5}
    assert standing(PERIOD, CAMPAIGN)["sent"] == 5
    parts = SimpleNamespace(carriers=lambda: two.desk.carriers, keys=SimpleNamespace(vault=lambda: VAULT))
    monkeypatch.setattr(routes, "hub", lambda: parts)
    with Door() as door:
        door.answers = []
        address = f"{door.url}/sms-reports/{carrier}/{routes.report_key(carrier, VAULT)}"
        # When the carrier pushes each report twice
        pushed = requests.post(f"{at.url}_push", json={"url": address, "copies": 2, "seed": 7}, timeout=20).json()
    # Then it is answered as it wants to be, and each report counts once
    assert pushed == {"reports": 5, "pushes": 2, "taken": 2}
    wanted = {"aliyun": {"code": 0, "msg": "成功"}, "tencent": {"result": 0, "errmsg": "OK"}}[carrier]
    assert door.answers == [wanted, wanted]
    stands = standing(PERIOD, CAMPAIGN)
    assert (stands["sent"], stands["delivered"], stands["failed"]) == (0, 3, {"MK:0001": 2})
    assert {record.carrier for record in batches(PERIOD, CAMPAIGN) if record.carrier_id} == {carrier}
