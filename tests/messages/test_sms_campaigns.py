"""Campaigns: every template fits its audience, dry run, quiet hours, rounds and the queue of what was left."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from messages.campaign_desk import Carrier, Desk, people, phone_of

from chalicelib.auctions.records import Standing, save_standings
from chalicelib.deposits.records import DepositRecord, DepositState, deposit_key
from chalicelib.kernel.errors import InvalidInput, TooMany
from chalicelib.messages import audiences, tasks
from chalicelib.messages import campaigns as campaigns_of
from chalicelib.messages.campaigns import campaigns, check_templates, read_campaigns
from chalicelib.messages.dry_run import dry_run
from chalicelib.messages.lists import addressed
from chalicelib.messages.sending import WORK_FOR_MS
from chalicelib.periods.plan import compress
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.refunds.rules import RefundState
from chalicelib.treasury.records import NoticeRecord, notice_key
from chalicelib.treasury.rules import NoticeStatus
from integrations.aliyun_sms.codec import send_params
from integrations.aliyun_sms.profile import profile
from integrations.ports import Sms
from integrations.tencent_sms.profile import profile as tencent_profile
from tests.applicants.applicants_office import LI, PERIOD, WANG, plan, qualify, take_in

pytestmark = pytest.mark.usefixtures("aws")

CAMPAIGNS = campaigns("hangzhou")


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
    # Given that the deposit of one is to follow with the second batch, he hears of both at once then
    deposit("again")
    assert asked("refund_done").keys() == {"paid-twice"}
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


def test_given_the_campaigns_then_each_fits_the_carriers_templates() -> None:
    for carrier, own in (("aliyun", profile()), ("tencent", tencent_profile())):
        check_templates(CAMPAIGNS, {name: each.variables for name, each in own.templates.items()}, carrier)
    with pytest.raises(InvalidInput) as refused:
        check_templates(CAMPAIGNS, {"result": frozenset({"application"})}, "other")
    assert len(refused.value.problems) == len(CAMPAIGNS)


def test_given_a_wrong_toml_then_every_wrong_key_is_named() -> None:
    content = tomllib.loads((Path(campaigns_of.__file__).parent / "campaigns.toml").read_text())
    content["sending"]["batches_a_chunk"] = 0
    content["campaigns"]["result"] |= {"audience": "everybody", "sort": 1}
    with pytest.raises(InvalidInput) as refused:
        read_campaigns(content)
    assert {problem.field for problem in refused.value.problems} == {
        "sending.batches_a_chunk",
        "campaigns.result.audience",
        "campaigns.result.sort",
    }


def test_given_the_contracts_five_reminders_then_each_has_its_number() -> None:
    assert {each.stage: name for name, each in CAMPAIGNS.items() if each.stage} == {
        1: "deposit_unpaid",
        2: "activate",
        3: "not_activated",
        4: "pay_price",
        5: "price_unpaid",
    }


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_given_a_campaign_nobody_knows_then_those_there_are_are_named(desk: Desk) -> None:
    save_plan(plan(), PeriodState.RUNNING, "planner")
    with pytest.raises(InvalidInput) as refused:
        desk.step("audience", "birthday")
    assert "deposit_unpaid" in refused.value.message


def test_given_somebody_who_paid_while_a_limit_held_his_text_back_then_he_gets_none(desk: Desk) -> None:
    codes = people(3)
    desk.carrier.limited = {phone_of(2)}
    assert desk.run() == {"sent": 2, "limited": 1}
    deposit(codes[1])
    desk.carrier.limited = set()
    assert desk.run() == {}


def test_given_two_codes_on_one_phone_then_each_has_its_text_in_a_batch_of_its_own(desk: Desk) -> None:
    people(1)
    take_in(replace(WANG, code="3301260099999", phone=phone_of(1)))
    assert desk.run() == {"sent": 2}
    assert desk.carrier.requests == 2
    assert desk.carrier.texts == {phone_of(1): 2}


def test_given_a_dry_run_then_number_cost_and_masked_samples_and_nothing_sent(desk: Desk) -> None:
    codes = people(12)
    chosen = CAMPAIGNS["deposit_unpaid"]
    seen = dry_run(chosen, addressed(plan(), chosen, desk.carrier), desk.carrier)
    assert (seen["count"], seen["parts"], seen["cost_fen"]) == (12, 12, 54)
    assert len(seen["samples"]) == 10
    assert seen["samples"][0]["text"].startswith("【杭州小客车竞价】申请编码330126")
    assert not any(code in str(seen) for code in codes)
    assert desk.carrier.requests == 0


def test_given_a_campaign_above_the_size_then_a_second_person_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(3)
    begun = desk.step("begin")
    assert (begun["count"], begun["approval"]) == (3, False)
    small = {name: replace(each, approval_above=2) for name, each in CAMPAIGNS.items()}
    monkeypatch.setattr(campaigns_of, "campaigns", lambda city: small)
    assert desk.step("begin")["approval"] is True


def test_given_a_carrier_too_slow_for_one_function_then_the_step_ends_in_time_and_the_rest_goes_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(Carrier):
        def send_batch(self, out_id: str, messages: Sequence[Sms]) -> str:
            desk.clock.advance(WORK_FOR_MS // 2)
            return super().send_batch(out_id, messages)

    desk = Desk(monkeypatch, Slow(batch_max=1))
    one_by_one = {name: replace(each, batches_in_flight=1) for name, each in CAMPAIGNS.items()}
    monkeypatch.setattr(campaigns_of, "campaigns", lambda city: one_by_one)
    people(3)
    (key,) = desk.chunks(desk.step("audience"))
    with pytest.raises(TooMany):
        desk.step("send", key=key)
    assert len(desk.carrier.taken) == 2
    assert desk.step("send", key=key) == {"sent": 3}
    assert set(desk.carrier.texts.values()) == {1}


def test_given_a_chunk_in_the_queue_then_it_is_sent_by_the_same_rule_and_a_bad_one_comes_back(desk: Desk) -> None:
    people(3)
    (key,) = desk.chunks(desk.step("audience"))
    body = json.dumps({"period": PERIOD, "campaign": "deposit_unpaid", "key": key})
    queued = {"Records": [{"messageId": "1", "body": body}, {"messageId": "2", "body": "{}"}]}
    assert tasks.handle(queued, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert tasks.handle(queued, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert set(desk.carrier.texts.values()) == {1}
    assert len(desk.carrier.texts) == 3
