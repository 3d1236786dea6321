"""Campaigns: every template fits its audience, chunks go once, receipts are gathered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.auctions.records import Standing, save_standings
from chalicelib.deposits.records import DepositRecord, DepositState, deposit_key
from chalicelib.kernel.clock import SetClock, SystemClock
from chalicelib.kernel.errors import InvalidInput, Pending, TooMany
from chalicelib.kernel.files import MemoryFiles, read_json
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.messages import audiences, chunks, tasks
from chalicelib.messages.campaigns import CAMPAIGNS
from chalicelib.messages.records import messages
from chalicelib.messages.sender import QUIET_MS, WORK_FOR_MS
from chalicelib.periods.plan import compress
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.refunds.rules import RefundState
from chalicelib.treasury.records import NoticeRecord, notice_key
from chalicelib.treasury.rules import NoticeStatus
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.codec import send_params
from integrations.aliyun_sms.profile import profile
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import Sms, SmsReceipt
from tests.applicants.applicants_office import LI, PERIOD, VAULT, WANG, plan, qualify, take_in

pytestmark = pytest.mark.usefixtures("aws")


def deposit(code: str) -> None:
    pk, sk = deposit_key(PERIOD, code)
    DepositRecord(
        pk,
        sk,
        period=PERIOD,
        code=code,
        channel="hangzhou",
        serial="S1",
        amount_fen=200_000,
        excess_fen=0,
        value_date="2026-03-10",
        state=DepositState.HELD,
    ).save()


def notice(code: str, status: NoticeStatus) -> None:
    pk, sk = notice_key(PERIOD, code)
    NoticeRecord(
        pk,
        sk,
        period=PERIOD,
        code=code,
        bidder_class="individual",
        rank=1,
        pay_code="33010026300000000001",
        amount_fen=1_600_000,
        issued_on="2026-03-25",
        due_on="2026-03-30",
        due_at_ms=plan().at("settlement_closes"),
        message_id="m",
        state=status.value,
    ).save()


@pytest.fixture
def month(aws: None) -> None:
    """Wang: deposit, qualified, won, price open. Li: nothing but the application."""
    take_in(WANG, LI)
    save_plan(plan(), PeriodState.RUNNING, "planner")
    deposit(WANG.code)
    qualify(WANG.code)
    notice(WANG.code, NoticeStatus.REGISTERED)
    save_standings(
        PERIOD,
        [
            Standing(WANG.code, "individual", 1_600_000, 1, 1, won=True),
            Standing(LI.code, "individual", 1_500_000, 2, 2, won=False),
        ],
    )


def asked(name: str) -> dict[str, dict[str, str]]:
    return {each.code: dict(each.params) for each in CAMPAIGNS[name].audience(plan())}


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize(
    ("campaign", "code", "params"),
    [
        ("deposit_unpaid", LI.code, {"until": "3月17日17:00"}),
        ("activate", WANG.code, {"period": PERIOD, "until": "3月24日17:00"}),
        ("not_activated", WANG.code, {"until": "3月24日17:00"}),
        ("pay_price", WANG.code, {"price": "16000", "pay_code": "33010026300000000001", "until": "3月30日17:00"}),
        ("price_unpaid", WANG.code, {"price": "16000", "pay_code": "33010026300000000001", "until": "3月30日17:00"}),
    ],
)
def test_given_the_month_then_each_reminder_reaches_those_it_is_for(
    campaign: str, code: str, params: dict[str, str]
) -> None:
    assert asked(campaign) == {code: {"application": code, **params}}


@pytest.mark.usefixtures("month")
def test_given_the_result_then_winners_and_losers_hear_it() -> None:
    assert {code: params["result"] for code, params in asked("result").items()} == {
        WANG.code: "已竞得指标",
        LI.code: "未竞得指标",
    }


@pytest.mark.usefixtures("month")
def test_given_a_price_paid_in_the_meantime_then_its_reminder_goes_to_nobody() -> None:
    notice(WANG.code, NoticeStatus.PAID)
    assert asked("price_unpaid") == {}


def refund(ref: str, code: str, state: RefundState, principal_fen: int) -> Any:
    return SimpleNamespace(our_ref=ref, code=code, state=state.value, principal_fen=principal_fen, interest_fen=123)


def test_given_refunds_then_those_all_paid_hear_the_sum_and_those_sent_back_are_asked_for_an_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = [
        refund("1", "paid-twice", RefundState.PAID, 200_000),
        refund("2", "paid-twice", RefundState.PAID, 5_000),
        refund("3", "one-failed", RefundState.PAID, 200_000),
        refund("4", "one-failed", RefundState.FAILED, 5_000),
        refund("5", "under-way", RefundState.SENT, 200_000),
        refund("6", "again", RefundState.REPLACED, 200_000),
        refund("7", "again", RefundState.PAID, 200_000),
        refund("8", "", RefundState.PAID, 200_000),
    ]
    monkeypatch.setattr(audiences, "refunds", lambda period: iter(given))
    assert asked("refund_done") == {
        "paid-twice": {"application": "paid-twice", "amount": "2052.46"},
        "again": {"application": "again", "amount": "2001.23"},
    }
    assert asked("refund_failed") == {"one-failed": {"application": "one-failed"}}


@pytest.mark.usefixtures("month")
def test_given_any_campaign_then_its_template_takes_exactly_what_its_audience_gives() -> None:
    for name, campaign in CAMPAIGNS.items():
        assert campaign.template in profile().templates
        for code, params in asked(name).items():
            assert send_params(Sms(code, "13800000001", campaign.template, params), profile())


def test_given_a_compressed_month_then_a_deadline_is_the_day_alone() -> None:
    whole = plan()
    instants = (
        {name: each.at_ms for name, each in whole.milestones.items()}
        | {f"broadcast-{number}": each.at_ms for number, each in enumerate(whole.broadcasts, start=1)}
        | {f"statement-{each.channel}-{each.day}": each.due.at_ms for each in whole.statements}
    )
    first = min(instants.values())
    offsets = {name: (at_ms - first) // 10_000 for name, at_ms in instants.items()}
    short = compress(whole, offsets, 1_790_000_000_000)
    assert audiences.until_text(short, "deposits_close") == "3月17日"


class Room:
    """The steps over a carrier that speaks real HTTP; the hub's clock is set, the carrier's is real."""

    def __init__(self, simulator: SmsSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.book = simulator.book
        self.files = MemoryFiles()
        self.clock = SetClock(SystemClock().now_ms())
        self.slow_ms = 0
        room = self

        class Slow(AliyunSms):
            def send(self, sms: Sms) -> str:
                room.clock.advance(room.slow_ms)
                return super().send(sms)

            def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
                room.clock.advance(room.slow_ms)
                return super().ask(out_id, phone, day)

        carrier = Slow(simulator.url, "secret", SystemClock(), SystemEntropy())
        parts = SimpleNamespace(
            clock=self.clock,
            files=self.files,
            carrier=lambda: carrier,
            keys=SimpleNamespace(vault=lambda: VAULT),
        )
        monkeypatch.setattr(tasks, "hub", lambda: parts)

    def step(self, name: str, campaign: str = "deposit_unpaid", **more: str) -> Any:
        return tasks.handle({"step": name, "period": PERIOD, "campaign": campaign, **more}, None)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    with SmsSimulator("secret") as simulator:
        yield Room(simulator, monkeypatch)


def many(count: int) -> None:
    save_plan(plan(), PeriodState.RUNNING, "planner")
    take_in(*(replace(WANG, line=n, code=f"33012600{n:05d}", phone=f"138{n:08d}") for n in range(1, count + 1)))


def test_given_a_campaign_then_it_goes_in_chunks_once_each_whatever_is_repeated(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "RECIPIENTS_A_CHUNK", 50)
    many(60)
    audience = room.step("audience")
    assert (audience["count"], len(audience["chunks"])) == (60, 2)
    first, second = (each["key"] for each in audience["chunks"])
    assert "138" not in str([each["params"] for each in read_json(room.files, "work", first)])
    assert room.step("send", key=first) == {"sent": 50}
    assert room.step("send", key=first) == {"sent": 50}
    assert room.step("send", key=second) == {"sent": 10}
    assert room.book.state()["taken"] == 60
    assert room.step("receipts") == {"sent": 0, "delivered": 60, "failed": 0, "pending": 0}
    assert room.step("audience") == audience


def test_given_lost_answers_and_requests_then_the_chunk_is_pending_until_every_phone_has_exactly_one_text(
    room: Room,
) -> None:
    many(4)
    (chunk,) = room.step("audience")["chunks"]
    room.book.set_faults({"lose_answers": 1, "lose_requests": 2})
    with pytest.raises(Pending):
        room.step("send", key=chunk["key"])
    room.clock.advance(QUIET_MS)
    assert sum(room.step("send", key=chunk["key"]).values()) == 4
    assert [len(room.book.texts(f"138{number:08d}")) for number in range(1, 5)] == [1] * 4


def test_given_a_phone_that_fails_and_a_limit_then_both_are_told_apart(room: Room) -> None:
    many(2)
    room.book.set_faults({"fail_phones": ["13800000002"]})
    (chunk,) = room.step("audience")["chunks"]
    room.step("send", key=chunk["key"])
    assert room.step("receipts") == {"sent": 0, "delivered": 1, "failed": 1, "pending": 0}
    for record in messages(PERIOD, "deposit_unpaid"):
        record.delete()
    room.book._messages.extend(room.book._messages * 50)
    with pytest.raises(TooMany):
        room.step("send", key=chunk["key"])


def test_given_a_carrier_too_slow_for_one_function_then_the_step_ends_in_time_and_the_rest_goes_with_the_next(
    room: Room,
) -> None:
    many(3)
    (chunk,) = room.step("audience")["chunks"]
    room.slow_ms = WORK_FOR_MS // 2
    with pytest.raises(TooMany):
        room.step("send", key=chunk["key"])
    assert room.book.state()["taken"] == 2
    assert room.step("send", key=chunk["key"]) == {"sent": 3}
    assert [len(room.book.texts(f"138{number:08d}")) for number in range(1, 4)] == [1] * 3
    # Receipts, too, are asked for only as long as there is time
    assert room.step("receipts") == {"sent": 1, "delivered": 2, "failed": 0, "pending": 0}


def test_given_every_valid_code_then_one_machine_can_hold_the_list() -> None:
    of_all = -(-987_000 // chunks.RECIPIENTS_A_CHUNK)
    assert of_all * 8 < 25_000
    assert of_all * len('{"key":"messages/2026-03/deposit_unpaid/00001.json"},') < 256 * 1024


def test_given_a_campaign_nobody_knows_then_those_there_are_are_named(room: Room) -> None:
    save_plan(plan(), PeriodState.RUNNING, "planner")
    with pytest.raises(InvalidInput) as refused:
        room.step("audience", "birthday")
    assert "deposit_unpaid" in refused.value.message
