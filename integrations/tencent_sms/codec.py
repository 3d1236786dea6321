"""Requests to Tencent Cloud SMS and what its answers mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed
from chalicelib.kernel.json_text import read_json
from integrations.ports import Sms, SmsReceipt, SmsReport
from integrations.sms_profile import unknown
from integrations.tencent_sms.profile import Profile
from integrations.tencent_sms.signature import CONTENT_TYPE, authorization

VERSION = "2021-01-11"
# SendSms takes two hundred phones, and one list of variables for all of them. Each text of ours names the application
# that it is about, so each is a request of its own (docs/decisions/0067).
BATCH_MAX = 1
# As many receipts as one question is answered with; there is no second page.
RECEIPTS_MAX = 100
_CHINA = "+86"
_STATES = {"SUCCESS": "delivered", "FAIL": "failed"}


def send_params(sms: Sms, profile: Profile) -> dict[str, Any]:
    """SendSms for one phone; our number is the session that its receipt bears. Raises as the profile's ``check``."""
    profile.check(sms.template, sms.params)
    template = profile.templates[sms.template]
    return {
        "PhoneNumberSet": [f"{_CHINA}{sms.phone}"],
        "SmsSdkAppId": profile.sdk_app_id,
        "SignName": profile.sign,
        "TemplateId": template.id,
        "TemplateParamSet": [sms.params[name] for name in template.order],
        "SessionContext": sms.out_id,
    }


def receipts_params(phone: str, begin_s: int, profile: Profile) -> dict[str, Any]:
    """PullSmsSendStatusByPhoneNumber: the receipts of a phone since an instant of the last seven days."""
    return {
        "BeginTime": begin_s,
        "Offset": 0,
        "Limit": RECEIPTS_MAX,
        "PhoneNumber": f"{_CHINA}{phone}",
        "SmsSdkAppId": profile.sdk_app_id,
    }


def headers(action: str, host: str, body: bytes, profile: Profile, secret: str, *, now_ms: int) -> dict[str, str]:
    """The headers of a request, signature included."""
    now_s = now_ms // 1_000
    return {
        "Authorization": authorization(host, body, secret_id=profile.secret_id, secret_key=secret, now_s=now_s),
        "Content-Type": CONTENT_TYPE,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Version": VERSION,
        "X-TC-Timestamp": str(now_s),
        "X-TC-Region": profile.region,
    }


def read_send(body: bytes, profile: Profile) -> str:
    """The carrier's own id (SerialNo) of a message that it took. Raises what the answer's code means."""
    response = _response(body)
    if "Error" in response:
        raise _error(response, profile)
    match response.get("SendStatusSet"):
        case [{"Code": "Ok", "SerialNo": str(serial)}] if serial:
            return serial
        case [{"Code": str(code)}] if code != "Ok":
            raise profile.meaning(code)
    raise unknown("no status")


def read_receipts(body: bytes, out_id: str, profile: Profile) -> SmsReceipt | None:
    """The receipt of a message of ours; ``None`` where it is surely not among them.

    Raises ``NotAllowed`` where our account is not served, and ``Pending`` for anything else: also where a receipt bears
    no session of ours (the account has to have that switched on), or there were more than an answer holds.
    """
    response = _response(body)
    if "Error" in response:
        meaning = _error(response, profile)
        raise meaning if isinstance(meaning, NotAllowed) else unknown("receipts")
    try:
        entries = response["PullSmsSendStatusSet"]
        for entry in entries:
            if entry.get("SessionContext") == out_id:
                code = str(entry.get("Description", ""))
                return SmsReceipt(out_id, profile.ended(_STATES[entry["ReportStatus"]], code), code)
        if len(entries) >= RECEIPTS_MAX or not all(entry.get("SessionContext") for entry in entries):
            raise unknown("receipts that may be of it")
    except (KeyError, TypeError, AttributeError) as error:
        raise unknown("receipts") from error
    return None


def read_reports(body: bytes, profile: Profile) -> list[SmsReport]:
    """A push of receipts: an array of one object a message, each by the carrier's own id. What is none is passed over.

    https://cloud.tencent.com/document/product/382/43547
    """
    try:
        entries = read_json(body)
    except ValueError as error:
        raise InvalidInput("SMS_REPORT_INVALID", "短信回执不是有效的 JSON") from error
    if not isinstance(entries, list):
        raise InvalidInput("SMS_REPORT_INVALID", "短信回执应为数组")
    return [report for entry in entries if (report := _report(entry, profile)) is not None]


def _report(entry: Any, profile: Profile) -> SmsReport | None:
    match entry:
        case {"sid": str(serial), "mobile": str(phone), "report_status": "SUCCESS" | "FAIL" as status} if serial:
            code = str(entry.get("errmsg", ""))
            state = profile.ended(_STATES[status], code)
            dead = state == "failed" and code in profile.dead_codes
            return SmsReport(SmsReceipt("", state, code), phone.removeprefix(_CHINA), dead, serial)
    return None


def _response(body: bytes) -> Mapping[str, Any]:
    try:
        response = read_json(body)["Response"]
    except (ValueError, KeyError, TypeError) as error:
        raise unknown("no answer of the carrier's") from error
    if not isinstance(response, dict):
        raise unknown("no answer of the carrier's")
    return response


def _error(response: Mapping[str, Any], profile: Profile) -> HubError:
    match response["Error"]:
        case {"Code": str(code)}:
            return profile.meaning(code)
    return unknown("an error without a code")
