"""Requests to Dysms and what its answers mean. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import InvalidInput, NotAllowed
from chalicelib.kernel.json_text import read_json
from integrations.aliyun_sms.profile import Profile
from integrations.aliyun_sms.signature import signed_body
from integrations.ports import Sms, SmsReceipt, SmsReport
from integrations.sms_profile import unknown

METHOD = "POST"
PAGE_SIZE = 50
BATCH_MAX = 100
# A phone gets some dozens of texts a day.
TOTAL_MAX = 10**6

_STATES = {1: "sent", 2: "failed", 3: "delivered"}


@dataclass(frozen=True)
class DetailsPage:
    """One page of what was sent to a phone on a day: the message looked for, if it is there, and how many in all."""

    receipt: SmsReceipt | None
    total: int


def send_params(sms: Sms, profile: Profile) -> dict[str, str]:
    """SendSms for one phone. Raises what the profile's ``check`` does."""
    profile.check(sms.template, sms.params)
    return {
        "Action": "SendSms",
        "PhoneNumbers": sms.phone,
        "SignName": profile.sign,
        "TemplateCode": profile.templates[sms.template].id,
        "TemplateParam": _json(dict(sms.params)),
        "OutId": sms.out_id,
    }


def batch_params(out_id: str, messages: Sequence[Sms], profile: Profile) -> dict[str, str]:
    """SendBatchSms: the phones, and in the same order the sign and the variables of each; one template, one OutId.

    Raises what the profile's ``check`` does, and ``ValueError`` for a batch that this request can not carry.
    """
    templates = {sms.template for sms in messages}
    if len(templates) != 1 or len({sms.phone for sms in messages}) != len(messages) or len(messages) > BATCH_MAX:
        raise ValueError(f"a batch is 1 to {BATCH_MAX} different phones and one template")
    for sms in messages:
        profile.check(sms.template, sms.params)
    return {
        "Action": "SendBatchSms",
        "PhoneNumberJson": _json([sms.phone for sms in messages]),
        "SignNameJson": _json([profile.sign] * len(messages)),
        "TemplateCode": profile.templates[templates.pop()].id,
        "TemplateParamJson": _json([dict(sms.params) for sms in messages]),
        "OutId": out_id,
    }


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def details_params(phone: str, day: date, page: int) -> dict[str, str]:
    """QuerySendDetails: one page, counted from 1, of what was sent to a phone on a day."""
    return {
        "Action": "QuerySendDetails",
        "PhoneNumber": phone,
        "SendDate": day.strftime("%Y%m%d"),
        "PageSize": str(PAGE_SIZE),
        "CurrentPage": str(page),
    }


def form(params: Mapping[str, str], profile: Profile, *, nonce: str, now_ms: int) -> dict[str, str]:
    """A request's parameters with the common ones, not signed yet."""
    return {
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


def signed(params: Mapping[str, str], profile: Profile, secret: str, *, nonce: str, now_ms: int) -> bytes:
    """The whole form as it is sent: common parameters added, and the signature over all of them."""
    return signed_body(METHOD, form(params, profile, nonce=nonce, now_ms=now_ms), secret)


def read_send(body: bytes, profile: Profile) -> str:
    """The carrier's own id (BizId) of a message that it took. Raises what the answer's code means."""
    answer = _answer(body)
    if answer.get("Code") != "OK" or not answer.get("BizId"):
        raise profile.meaning(str(answer.get("Code")))
    return str(answer["BizId"])


def read_details(body: bytes, out_id: str, profile: Profile) -> DetailsPage:
    """Look for a message of ours on a page. Raises ``Pending`` for anything but an answer."""
    answer = _answer(body)
    if answer.get("Code") != "OK":
        meaning = profile.meaning(str(answer.get("Code")))
        raise meaning if isinstance(meaning, NotAllowed) else unknown(str(answer.get("Code")))
    try:
        entries = answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
        total = int(answer["TotalCount"])
        if not 0 <= total <= TOTAL_MAX:
            raise ValueError("a count")
        for entry in entries:
            if entry.get("OutId") == out_id:
                state, code = _STATES[int(entry["SendStatus"])], str(entry.get("ErrCode", ""))
                return DetailsPage(SmsReceipt(out_id, profile.ended(state, code), code), total)
    except (ArithmeticError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise unknown("details") from error
    return DetailsPage(None, total)


def read_reports(body: bytes, profile: Profile) -> list[SmsReport]:
    """An SmsReport push: an array of one object a phone. An entry that is none of ours is passed over.

    https://help.aliyun.com/zh/sms/developer-reference/smsreport
    """
    try:
        entries = read_json(body)
    except ValueError as error:
        raise InvalidInput("SMS_REPORT_INVALID", "短信回执不是有效的 JSON") from error
    if not isinstance(entries, list):
        raise InvalidInput("SMS_REPORT_INVALID", "短信回执应为数组")
    return [report for entry in entries if (report := _report(entry, profile)) is not None]


def _report(entry: Any, profile: Profile) -> SmsReport | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("success"), bool):
        return None
    out_id, phone = entry.get("out_id"), entry.get("phone_number")
    if not isinstance(out_id, str) or not isinstance(phone, str):
        return None
    code = str(entry.get("err_code", ""))
    state = profile.ended("delivered" if entry["success"] else "failed", code)
    return SmsReport(SmsReceipt(out_id, state, code), phone, dead=state == "failed" and code in profile.dead_codes)


def _answer(body: bytes) -> dict[str, Any]:
    try:
        answer = read_json(body)
    except ValueError as error:
        raise unknown("no JSON") from error
    if not isinstance(answer, dict):
        raise unknown("no JSON object")
    return answer
