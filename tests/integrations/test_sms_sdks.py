"""Both carriers' official SDKs as the other side: the simulators take what they send; they would sign ours as we do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from official_sdk import OfficialSdk

from chalicelib.kernel.clock import SystemClock, local_date
from chalicelib.kernel.ids import SystemEntropy
from integrations.aliyun_sms import codec as aliyun
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.profile import profile as aliyun_profile
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import Sms, SmsReceipt
from integrations.tencent_sms import codec as tencent
from integrations.tencent_sms.client import TencentSms
from integrations.tencent_sms.profile import profile as tencent_profile
from integrations.tencent_sms.simulator import TencentSimulator

SECRET, OUT_ID, NOW_MS = "secret", "2026-03.pay_price.001-00001-001", 1_774_400_400_000
PHONE, OTHER = "13800000001", "13800000002"
PRICE = {"application": "3301260000001", "price": "16000", "pay_code": "33010026300000000001", "until": "3月30日17:00"}
SMS = Sms(OUT_ID, PHONE, "pay_price", PRICE)
BATCH = [SMS, Sms(OUT_ID, OTHER, "pay_price", {**PRICE, "application": "a b&c=d+e%f~*\"'😀/"})]
TODAY = local_date(SystemClock().now_ms())
ALIYUN = {
    "SendSms": aliyun.send_params(SMS, aliyun_profile()),
    "SendBatchSms": aliyun.batch_params(OUT_ID, BATCH, aliyun_profile()),
    "QuerySendDetails": aliyun.details_params(PHONE, TODAY, 1),
}
TENCENT = {
    "SendSms": tencent.send_params(SMS, tencent_profile()),
    "PullSmsSendStatusByPhoneNumber": tencent.receipts_params(PHONE, 1_774_400_000, tencent_profile()),
}


@pytest.fixture(scope="module")
def sdks() -> Iterator[OfficialSdk]:
    official = OfficialSdk(Path(__file__).parent / "sms_sdks")
    yield official
    official.close()


def host(simulator: SmsSimulator | TencentSimulator) -> str:
    return urlsplit(simulator.url).netloc


@pytest.mark.parametrize("action", ALIYUN)
def test_given_our_request_to_aliyun_when_its_sdk_looks_at_it_then_fields_and_signature_are_its_own(
    sdks: OfficialSdk, action: str
) -> None:
    body = aliyun.signed(ALIYUN[action], aliyun_profile(), SECRET, nonce="n", now_ms=NOW_MS)
    sent = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = sent.pop("Signature")
    assert sdks.ask("aliyun_signature", params=sent, secret=SECRET) == signature
    assert sdks.ask("aliyun_signature", params={**sent, "OutId": "x"}, secret=SECRET) != signature
    given = {name: value for name, value in ALIYUN[action].items() if name != "Action"}
    # Numbers are numbers in its model
    known = sdks.ask("aliyun_fields", action=action, fields=given)
    assert {name: str(value) for name, value in known.items()} == given


def test_given_the_simulated_aliyun_when_its_sdk_calls_it_then_each_method_is_let_in_and_answered(
    sdks: OfficialSdk,
) -> None:
    with SmsSimulator(SECRET) as carrier:

        def call(action: str, secret: str = SECRET) -> Any:
            fields = {name: value for name, value in ALIYUN[action].items() if name != "Action"}
            given = {"host": host(carrier), "key_id": "hangpai", "secret": secret, "action": action, "fields": fields}
            return sdks.ask("aliyun_call", **given)

        assert call("SendSms")["Code"] == "OK"
        assert call("SendBatchSms")["Code"] == "OK"
        found = call("QuerySendDetails")
        assert [each["OutId"] for each in found["SmsSendDetailDTOs"]["SmsSendDetailDTO"]] == [OUT_ID] * 2
        assert call("SendSms", "another")["error"] == "SignatureDoesNotMatch"
        # What the SDK did is what our client finds, and its texts are ours
        ours = AliyunSms(carrier.url, SECRET, SystemClock(), SystemEntropy())
        assert ours.ask(OUT_ID, PHONE, TODAY) == SmsReceipt(OUT_ID, "delivered", "DELIVERED")
        assert carrier.book.texts(OTHER) == [ours.preview(BATCH[1].template, BATCH[1].params).text]


@pytest.mark.parametrize("action", TENCENT)
def test_given_our_request_to_tencent_when_its_sdk_looks_at_it_then_fields_and_signature_are_its_own(
    sdks: OfficialSdk, action: str
) -> None:
    body = json.dumps(TENCENT[action], ensure_ascii=False)
    given = {"host": "sms.tencentcloudapi.com", "key_id": "hangpai", "secret": SECRET, "now_s": NOW_MS // 1_000}
    headers = tencent.headers(action, given["host"], body.encode(), tencent_profile(), SECRET, now_ms=NOW_MS)
    signature = headers["Authorization"].rpartition("Signature=")[2]
    assert sdks.ask("tencent_signature", body=body, **given) == signature
    assert sdks.ask("tencent_signature", body=f"{body} ", **given) != signature
    assert sdks.ask("tencent_fields", action=action, fields=TENCENT[action]) == TENCENT[action]


def test_given_the_simulated_tencent_when_its_sdk_calls_it_then_each_method_is_let_in_and_answered(
    sdks: OfficialSdk,
) -> None:
    with TencentSimulator(SECRET) as carrier:

        def call(action: str, fields: dict[str, Any], secret: str = SECRET) -> Any:
            given = {"host": host(carrier), "key_id": "hangpai", "secret": secret, "action": action, "fields": fields}
            return sdks.ask("tencent_call", **given)

        fields = {**TENCENT["SendSms"], "PhoneNumberSet": [f"+86{PHONE}", f"+86{OTHER}", "+8612"]}
        statuses = call("SendSms", fields)["SendStatusSet"]
        assert [each["Code"] for each in statuses] == ["Ok", "Ok", "InvalidParameterValue.IncorrectPhoneNumber"]
        now_s = SystemClock().now_ms() // 1_000
        asked = {**TENCENT["PullSmsSendStatusByPhoneNumber"], "BeginTime": now_s - 60}
        (receipt,) = call("PullSmsSendStatusByPhoneNumber", asked)["PullSmsSendStatusSet"]
        assert (receipt["SessionContext"], receipt["SerialNo"]) == (OUT_ID, statuses[0]["SerialNo"])
        pulled = [
            call("PullSmsSendStatus", {"Limit": 100, "SmsSdkAppId": tencent_profile().sdk_app_id}) for _ in range(2)
        ]
        # Each is handed out once
        assert [len(each["PullSmsSendStatusSet"]) for each in pulled] == [2, 0]
        assert call("SendSms", fields, "another") == {"error": "AuthFailure.SignatureFailure"}
        ours = TencentSms(carrier.url, SECRET, SystemClock())
        assert ours.ask(OUT_ID, PHONE, TODAY) == SmsReceipt(OUT_ID, "delivered", "DELIVRD")
        assert carrier.book.texts(PHONE) == [ours.preview(SMS.template, SMS.params).text]
