"""A second carrier to try against: Tencent Cloud SMS over HTTP on 127.0.0.1, with the phones' screens to look at.

``POST /`` takes SendSms, PullSmsSendStatus and PullSmsSendStatusByPhoneNumber. Controls are those of
every simulated carrier (``integrations/simulated_texts.py``). Like the carrier, it tells of messages that have a
receipt and of no others: ``receipts_after_s`` after a message was taken there is one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message as Headers
from pathlib import Path
from typing import Any
from uuid import uuid4

from integrations.simulated import CHINA, Reply, Request, as_json
from integrations.simulated_texts import (
    CODE_LIMITS,
    DELIVERED,
    Account,
    Message,
    Refused,
    SimulatedCarrier,
    TextBook,
    Words,
)

PHONES_MAX, PULL_MAX, KEPT_S = 200, 100, 7 * 86_400
_CLOCK_DRIFT_MAX_S = 300
_WORDS = Words(
    sign="FailedOperation.SignatureIncorrectOrUnapproved",
    template="FailedOperation.TemplateUnapprovedOrNotExist",
    phone="InvalidParameterValue.IncorrectPhoneNumber",
    missing="FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    params="FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    limit="LimitExceeded.DeliveryFrequencyLimit",
    delivered="DELIVRD",
)
_CREDENTIAL = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
    r"SignedHeaders=content-type;host, Signature=([0-9a-f]{64})"
)


class TencentSimulator(SimulatedCarrier):
    """The carrier on a port of its own; ``start`` it, then reach it at ``url``; a context manager does both."""

    def __init__(
        self,
        secret: str,
        port: int = 0,
        *,
        code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS,
        now_s: Callable[[], float] = time.time,
        receipts_after_s: float = 0,
        tells_session: bool = True,
    ) -> None:
        content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
        templates, account = content["templates"].values(), content["account"]
        texts = {each["id"]: re.sub(r"\{(\d+)\}", r"${v\1}", each["text"]) for each in templates}
        known = Account(account["sign"], texts, content["templates"]["code"]["id"])
        super().__init__(TextBook(known, _WORDS, now_s, code_limits), port)
        self._variables = {each["id"]: len(each["variables"]) for each in templates}
        self._app, self._secret_id, self._secret = account["sdk_app_id"], account["secret_id"], secret
        self._now_s, self._after_s, self._tells_session = now_s, receipts_after_s, tells_session

    def answer(self, request: Request) -> Reply:
        """The API. Refusals come with HTTP 200 too: the Code in the body is what counts."""
        return as_json(200, {"Response": {**self._answer(request), "RequestId": str(uuid4())}})

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            self._check(request.headers, request.body)
            given, action = request.given(), request.headers["X-TC-Action"]
            if given.get("SmsSdkAppId") != self._app:
                raise Refused("InvalidParameterValue.SdkAppIdNotExist")
            if action == "SendSms":
                return self._send(given)
            if action == "PullSmsSendStatus":
                # Each receipt is handed out once.
                return {"PullSmsSendStatusSet": [self._receipt(each) for each in self.book.take_reports()[:PULL_MAX]]}
            if action == "PullSmsSendStatusByPhoneNumber":
                return self._of_phone(given)
            raise Refused("InvalidAction")
        except Refused as refusal:
            self.book.refuse(refusal.code)
            return {"Error": {"Code": refusal.code, "Message": refusal.code}}

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        """Each phone by itself: what is wrong with one keeps none of the others from it."""
        phones, values = given["PhoneNumberSet"], given.get("TemplateParamSet", [])
        if not 1 <= len(phones) <= PHONES_MAX:
            raise Refused("LimitExceeded.PhoneNumberCountLimit")
        template, session = given["TemplateId"], given.get("SessionContext", "")
        statuses = []
        for phone in phones:
            try:
                if len(values) != self._variables.get(template, len(values)):
                    raise Refused(_WORDS.params)
                params = {f"v{number}": value for number, value in enumerate(values, start=1)}
                wanted = (phone.removeprefix("+86"), given.get("SignName", ""), params)
                serial, code = self.book.take_all([wanted], template, session), "Ok"
            except Refused as refusal:
                self.book.refuse(refusal.code)
                serial, code = "", refusal.code
            statuses.append(
                {
                    "SerialNo": serial,
                    "PhoneNumber": phone,
                    "Fee": int(code == "Ok"),
                    "SessionContext": session,
                    "Code": code,
                    "Message": "send success" if code == "Ok" else code,
                    "IsoCode": "CN",
                }
            )
        return {"SendStatusSet": statuses}

    def _of_phone(self, given: dict[str, Any]) -> dict[str, Any]:
        now_s, begin_s = self._now_s(), int(given["BeginTime"])
        if not now_s - KEPT_S <= begin_s <= now_s:
            raise Refused("InvalidParameterValue.BeginTimeVerifyFail")
        if given["Offset"] != 0 or not 1 <= given["Limit"] <= PULL_MAX:
            raise Refused("InvalidParameterValue.OffsetVerifyFail")
        found = [
            self._receipt(message)
            for message in self.book.of_phone(given["PhoneNumber"].removeprefix("+86"))
            if begin_s <= message.at_s <= now_s - self._after_s and self.book.is_told(message)
        ]
        return {"PullSmsSendStatusSet": found[: given["Limit"]]}

    def _receipt(self, message: Message) -> dict[str, Any]:
        """A message as the two pulls tell it."""
        return {
            "UserReceiveTime": int(message.at_s),
            "CountryCode": "86",
            "SubscriberNumber": message.phone,
            "PhoneNumber": f"+86{message.phone}",
            "SerialNo": message.carrier_id,
            "ReportStatus": "SUCCESS" if message.status == DELIVERED else "FAIL",
            "Description": message.error,
            "SessionContext": message.out_id if self._tells_session else "",
        }

    def report_of(self, message: Message) -> dict[str, Any]:
        """A message as it is pushed: without the session."""
        return {
            "user_receive_time": datetime.fromtimestamp(message.at_s, CHINA).strftime("%Y-%m-%d %H:%M:%S"),
            "nationcode": "86",
            "mobile": message.phone,
            "report_status": "SUCCESS" if message.status == DELIVERED else "FAIL",
            "errmsg": message.error,
            "description": "",
            "sid": message.carrier_id,
        }

    def _check(self, headers: Headers[str, str], body: bytes) -> None:
        """Let in what is signed with the secret and fresh."""
        found = _CREDENTIAL.fullmatch(headers.get("Authorization", ""))
        if found is None:
            raise Refused("AuthFailure.InvalidAuthorization")
        secret_id, date, signature = found.groups()
        if secret_id != self._secret_id:
            raise Refused("AuthFailure.SecretIdNotFound")
        stamp = headers["X-TC-Timestamp"]
        if abs(self._now_s() - int(stamp)) > _CLOCK_DRIFT_MAX_S:
            raise Refused("AuthFailure.SignatureExpire")
        if datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d") != date:
            raise Refused("AuthFailure.SignatureFailure")
        lines = ["POST", "/", "", f"content-type:{headers['Content-Type']}", f"host:{headers['Host']}", ""]
        lines += ["content-type;host", hashlib.sha256(body).hexdigest()]
        canonical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        text = "\n".join(["TC3-HMAC-SHA256", stamp, f"{date}/sms/tc3_request", canonical])
        key = ("TC3" + self._secret).encode()
        for step in (date, "sms", "tc3_request"):
            key = hmac.new(key, step.encode(), "sha256").digest()
        if not hmac.compare_digest(signature, hmac.new(key, text.encode(), "sha256").hexdigest()):
            raise Refused("AuthFailure.SignatureFailure")
