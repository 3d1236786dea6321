"""Requests to Dysms and what its answers mean. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, Pending, TooMany
from integrations.aliyun_sms.profile import Profile
from integrations.aliyun_sms.signature import sign
from integrations.ports import Sms, SmsReceipt

METHOD = "POST"
PAGE_SIZE = 50
CHARACTERS_MAX = 500

_ONE_PART_MAX = 70
_LONG_PART_MAX = 67
_STATES = {1: "sent", 2: "failed", 3: "delivered"}


@dataclass(frozen=True)
class DetailsPage:
    """One page of what was sent to a phone on a day: the message looked for, if it is there, and how many in all."""

    receipt: SmsReceipt | None
    total: int


def parts(text: str, sign_name: str) -> int:
    """How many messages a text is charged as: 70 characters with the sign in its brackets, or 67 each."""
    length = len(f"【{sign_name}】{text}")
    return 1 if length <= _ONE_PART_MAX else -(-length // _LONG_PART_MAX)


def send_params(sms: Sms, profile: Profile) -> dict[str, str]:
    """SendSms for one phone. Raises ``InvalidInput`` for an unknown template, wrong variables or too long a text."""
    template = profile.templates.get(sms.template)
    if template is None:
        raise InvalidInput("SMS_TEMPLATE_UNKNOWN", f"短信模板不存在: {sms.template}")
    if template.variables != sms.params.keys():
        raise InvalidInput("SMS_PARAMS", f"短信模板变量不符: {sms.template}")
    if len(f"【{profile.sign}】{template.filled(sms.params)}") > CHARACTERS_MAX:
        raise InvalidInput("SMS_TOO_LONG", f"短信超过{CHARACTERS_MAX}字: {sms.template}")
    return {
        "Action": "SendSms",
        "PhoneNumbers": sms.phone,
        "SignName": profile.sign,
        "TemplateCode": template.id,
        "TemplateParam": json.dumps(sms.params, ensure_ascii=False, sort_keys=True),
        "OutId": sms.out_id,
    }


def details_params(phone: str, day: date, page: int) -> dict[str, str]:
    """QuerySendDetails: one page, counted from 1, of what was sent to a phone on a day."""
    return {
        "Action": "QuerySendDetails",
        "PhoneNumber": phone,
        "SendDate": day.strftime("%Y%m%d"),
        "PageSize": str(PAGE_SIZE),
        "CurrentPage": str(page),
    }


def signed(params: Mapping[str, str], profile: Profile, secret: str, *, nonce: str, now_ms: int) -> dict[str, str]:
    """The whole form: common parameters added, and the signature over all of them."""
    whole = {
        **params,
        "AccessKeyId": profile.access_key_id,
        "Format": "JSON",
        "RegionId": profile.region,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": from_ms(now_ms).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": "2017-05-25",
    }
    return {**whole, "Signature": sign(METHOD, whole, secret)}


def read_send(body: bytes, profile: Profile) -> str:
    """The carrier's own id (BizId) of a message that it took. Raises what the answer's code means."""
    answer = _answer(body)
    if answer.get("Code") != "OK" or not answer.get("BizId"):
        raise _meaning(str(answer.get("Code")), profile)
    return str(answer["BizId"])


def read_details(body: bytes, out_id: str, profile: Profile) -> DetailsPage:
    """Look for a message of ours on a page. Raises ``Pending`` for anything but an answer."""
    answer = _answer(body)
    if answer.get("Code") != "OK":
        meaning = _meaning(str(answer.get("Code")), profile)
        raise meaning if isinstance(meaning, NotAllowed) else _unknown(str(answer.get("Code")))
    try:
        entries = answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
        total = int(answer["TotalCount"])
        for entry in entries:
            if entry.get("OutId") == out_id:
                state = _STATES[int(entry["SendStatus"])]
                return DetailsPage(SmsReceipt(out_id, state, str(entry.get("ErrCode", ""))), total)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unknown("details") from error
    return DetailsPage(None, total)


def _answer(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise _unknown("no JSON") from error
    if not isinstance(answer, dict):
        raise _unknown("no JSON object")
    return answer


def _meaning(code: str, profile: Profile) -> HubError:
    """Only an explicit word ends a message; what is not in the profile's tables is no such word."""
    if code in profile.wait_codes:
        return TooMany("SMS_LIMITED", f"短信平台限流: {code}")
    if code in profile.never_codes:
        return InvalidInput("SMS_REFUSED", f"短信平台拒收: {code}")
    if code in profile.account_codes:
        return NotAllowed("SMS_ACCOUNT", f"短信平台账户或配置有误: {code}")
    return _unknown(code)


def _unknown(what: str) -> Pending:
    return Pending("SMS_UNKNOWN", f"短信平台答复不明: {what}")
