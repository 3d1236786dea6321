"""The carrier: Aliyun's own signature example, and the client against the simulator over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import requests

from chalicelib.kernel.clock import SystemClock, local_date
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.ids import SystemEntropy
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.codec import details_params, form, read_details, read_send, send_params
from integrations.aliyun_sms.profile import profile
from integrations.aliyun_sms.signature import sign
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import Sms, SmsReceipt
from integrations.sms_profile import CHARACTERS_MAX, Template, parts

PHONE = "13800000001"
CODE = Sms("o-1", PHONE, "code", {"code": "123456"})
NOTICE = Sms("o-2", PHONE, "refund_failed", {"application": "3301260000001"})


@pytest.fixture
def simulator() -> Iterator[SmsSimulator]:
    with SmsSimulator("secret") as running:
        yield running


@pytest.fixture
def client(simulator: SmsSimulator) -> AliyunSms:
    return AliyunSms(simulator.url, "secret", SystemClock(), SystemEntropy())


def today() -> date:
    return local_date(SystemClock().now_ms())


def test_given_aliyuns_published_example_then_the_signature_is_theirs() -> None:
    params = {
        "AccessKeyId": "testId",
        "Timestamp": "2017-07-12T02:42:19Z",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "Format": "XML",
        "Action": "SendSms",
        "Version": "2017-05-25",
        "RegionId": "cn-hangzhou",
        "PhoneNumbers": "15300000001",
        "SignName": "阿里云短信测试专用",
        "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}',
        "OutId": "123",
    }
    assert sign("GET", params, "testSecret") == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


def test_given_an_instant_then_the_timestamp_is_written_in_utc() -> None:
    whole = form(details_params(PHONE, date(2026, 3, 25), 2), profile(), nonce="n", now_ms=1_774_400_400_000)
    assert whole["Timestamp"] == "2026-03-25T01:00:00Z"
    assert (whole["SendDate"], whole["CurrentPage"]) == ("20260325", "2")


@pytest.mark.parametrize(("length", "expected"), [(62, 1), (63, 2), (126, 2), (127, 3)])
def test_given_a_text_then_parts_count_the_sign_with_its_brackets(length: int, expected: int) -> None:
    assert parts("字" * length, "六个字的签名") == expected  # 6 + 2 brackets


@pytest.mark.parametrize("template", [*profile().templates.values(), Template("twice", "${code},即${code}。")])
def test_given_a_template_then_a_text_s_length_is_known_before_it_is_written(template: Template) -> None:
    params = {name: "值" * (3 + number) for number, name in enumerate(sorted(template.variables))}
    assert template.characters(params) == len(template.filled(params))


@pytest.mark.parametrize("too_long", [False, True])
def test_given_the_longest_text_with_its_sign_then_one_character_more_is_too_long(too_long: bool) -> None:
    own = profile()
    left = CHARACTERS_MAX - len(f"【{own.sign}】") - own.templates["code"].characters({"code": ""})
    sms = Sms("o", PHONE, "code", {"code": "1" * (left + too_long)})
    if too_long:
        with pytest.raises(InvalidInput, match="SMS_TOO_LONG"):
            send_params(sms, own)
    else:
        assert send_params(sms, own)["PhoneNumbers"] == PHONE
        assert len(own.preview("code", sms.params).text) == CHARACTERS_MAX


@pytest.mark.parametrize(
    ("sms", "code"),
    [
        (Sms("o", PHONE, "greeting", {}), "SMS_TEMPLATE_UNKNOWN"),
        (Sms("o", PHONE, "code", {}), "SMS_PARAMS"),
        (Sms("o", PHONE, "code", {"code": "1", "more": "2"}), "SMS_PARAMS"),
        (Sms("o", PHONE, "code", {"code": "1" * 500}), "SMS_TOO_LONG"),
    ],
)
def test_given_a_message_that_can_never_go_then_it_is_refused_before_it_leaves(sms: Sms, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        send_params(sms, profile())
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"Code":"isv.BUSINESS_LIMIT_CONTROL"}', TooMany),
        (b'{"Code":"isv.DAY_LIMIT_CONTROL"}', TooMany),
        (b'{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}', InvalidInput),
        (b'{"Code":"isv.AMOUNT_NOT_ENOUGH"}', NotAllowed),
        (b'{"Code":"isp.SYSTEM_ERROR"}', Pending),
        (b'{"Code":"isv.NEW_IN_2027"}', Pending),
        (b'{"Code":"OK"}', Pending),
        (b'["OK"]', Pending),
        (b"<html>502 Bad Gateway</html>", Pending),
        (b"", Pending),
    ],
)
def test_given_an_answer_then_only_an_explicit_word_ends_the_message(body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read_send(body, profile())


@pytest.mark.parametrize(
    "body", [b'{"Code":"OK"}', b'{"Code":"isv.DAY_LIMIT_CONTROL"}', b'{"Code":"OK","TotalCount":1}']
)
def test_given_details_without_their_content_then_nothing_is_known(body: bytes) -> None:
    with pytest.raises(Pending):
        read_details(body, "o-1", profile())


def test_given_a_message_then_the_phone_shows_it_and_the_carrier_knows_it(
    client: AliyunSms, simulator: SmsSimulator
) -> None:
    assert client.send(CODE)
    texts = requests.get(f"{simulator.url}_phones/{PHONE}", timeout=5).json()
    assert texts == ["【杭州小客车竞价】您的验证码为123456,5分钟内有效,请勿告知他人。"]
    assert client.ask("o-1", PHONE, today()) == SmsReceipt("o-1", "delivered", "DELIVERED")
    assert client.ask("o-unknown", PHONE, today()) is None


def test_given_a_second_code_within_a_minute_then_the_carrier_says_wait(client: AliyunSms) -> None:
    client.send(CODE)
    with pytest.raises(TooMany):
        client.send(Sms("o-9", PHONE, "code", {"code": "654321"}))


def test_given_more_messages_than_a_page_then_the_one_looked_for_is_still_found(client: AliyunSms) -> None:
    client.send(Sms("first", PHONE, "refund_failed", NOTICE.params))
    for template in ("refund_done", "result"):
        extra = {"refund_done": {"amount": "1"}, "result": {"period": "2026-03", "result": "未竞得"}}[template]
        for number in range(30):
            client.send(Sms(f"{template}-{number}", PHONE, template, {**NOTICE.params, **extra}))
    assert client.ask("first", PHONE, today()) == SmsReceipt("first", "delivered", "DELIVERED")


def test_given_fifty_notices_of_one_template_in_a_day_then_the_next_has_to_wait(client: AliyunSms) -> None:
    for number in range(50):
        client.send(Sms(f"o-{number}", PHONE, "refund_failed", NOTICE.params))
    with pytest.raises(TooMany):
        client.send(NOTICE)


def test_given_an_answer_lost_then_the_message_is_pending_and_found_when_asked(
    client: AliyunSms, simulator: SmsSimulator
) -> None:
    requests.post(f"{simulator.url}_faults", json={"lose_answers": 1}, timeout=5)
    with pytest.raises(Pending):
        client.send(NOTICE)
    assert client.ask("o-2", PHONE, today()) == SmsReceipt("o-2", "delivered", "DELIVERED")
    assert requests.get(f"{simulator.url}_state", timeout=5).json()["taken"] == 1


def test_given_a_request_lost_then_the_carrier_says_it_never_took_it(
    client: AliyunSms, simulator: SmsSimulator
) -> None:
    requests.post(f"{simulator.url}_faults", json={"lose_requests": 1}, timeout=5)
    with pytest.raises(Pending):
        client.send(NOTICE)
    assert client.ask("o-2", PHONE, today()) is None


def test_given_a_phone_that_fails_then_the_receipt_says_so(client: AliyunSms, simulator: SmsSimulator) -> None:
    requests.post(f"{simulator.url}_faults", json={"fail_phones": [PHONE]}, timeout=5)
    client.send(NOTICE)
    assert client.ask("o-2", PHONE, today()) == SmsReceipt("o-2", "failed", "MK:0001")


def test_given_a_carrier_that_withholds_then_who_asks_learns_the_end_only_after_the_push(
    client: AliyunSms, simulator: SmsSimulator
) -> None:
    requests.post(f"{simulator.url}_faults", json={"withhold": True}, timeout=5)
    client.send(NOTICE)
    assert client.ask("o-2", PHONE, today()) == SmsReceipt("o-2", "sent", "")

    simulator.book.take_reports()

    assert client.ask("o-2", PHONE, today()) == SmsReceipt("o-2", "delivered", "DELIVERED")


def test_given_another_secret_then_the_account_is_refused_loudly(simulator: SmsSimulator) -> None:
    with pytest.raises(NotAllowed):
        AliyunSms(simulator.url, "wrong", SystemClock(), SystemEntropy()).send(NOTICE)
    assert simulator.book.state()["refused"] == {"SignatureDoesNotMatch": 1}


def test_given_nobody_listens_then_the_message_is_pending() -> None:
    with pytest.raises(Pending):
        AliyunSms("http://127.0.0.1:9/", "secret", SystemClock(), SystemEntropy()).send(NOTICE)
