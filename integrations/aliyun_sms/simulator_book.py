"""What the simulated carrier knows, in Dysms's own words.

Written from the carrier's published behaviour; it shares the profile's data with the codec and no code.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations.simulated import CHINA
from integrations.simulated_texts import CODE_LIMITS, DELIVERED, Account, Message, Refused, TextBook, Words, day_of

BATCH_MAX = 100
# A message that the phone has not acknowledged yet.
WAITING = 1
_WORDS = Words(
    sign="isv.SMS_SIGNATURE_ILLEGAL",
    template="isv.SMS_TEMPLATE_ILLEGAL",
    phone="isv.MOBILE_NUMBER_ILLEGAL",
    missing="isv.TEMPLATE_MISSING_PARAMETERS",
    params="isv.INVALID_JSON_PARAM",
    limit="isv.BUSINESS_LIMIT_CONTROL",
    delivered="DELIVERED",
)


class Book(TextBook):
    """The carrier's memory; safe to use from several threads."""

    def __init__(
        self,
        now_s: Callable[[], float],
        code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS,
        *,
        limited: bool = True,
    ) -> None:
        content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
        templates = content["templates"]
        super().__init__(
            Account(
                content["account"]["sign"],
                {entry["id"]: entry["text"] for entry in templates.values()},
                templates["code"]["id"],
            ),
            _WORDS,
            now_s,
            code_limits,
            limited=limited,
        )

    def take(self, form: Mapping[str, str]) -> str:
        """Take a message and return its BizId. Raises ``Refused``."""
        params = _read(form.get("TemplateParam", "{}"))
        return self._take([(form.get("PhoneNumbers", ""), form.get("SignName", ""), params)], form)

    def take_batch(self, form: Mapping[str, str]) -> str:
        """Take a batch, whole or not at all, and return its BizId. Raises ``Refused``."""
        lists = [_read(form.get(name, "[]")) for name in ("PhoneNumberJson", "SignNameJson", "TemplateParamJson")]
        if len({len(each) for each in lists}) != 1:
            raise Refused("isv.PARAM_LENGTH_LIMIT")
        if not 1 <= len(lists[0]) <= BATCH_MAX:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT")
        return self._take(list(zip(*lists, strict=True)), form)

    def details(self, form: Mapping[str, str]) -> dict[str, Any]:
        """One page of what went to a phone on a day, newest first."""
        size, page = int(form["PageSize"]), int(form["CurrentPage"])
        if not 1 <= size <= 50:
            raise Refused("isv.INVALID_PARAMETERS")
        found = [
            _detail(message, told=self.is_told(message))
            for message in reversed(self.of_phone(form["PhoneNumber"]))
            if day_of(message.at_s) == form["SendDate"]
        ]
        return {
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": found[(page - 1) * size : page * size]},
        }

    def _take(self, wanted: list[tuple[str, str, Any]], form: Mapping[str, str]) -> str:
        return self.take_all(wanted, form.get("TemplateCode", ""), form.get("OutId", ""))


def report_of(message: Message) -> dict[str, Any]:
    """A message as SmsReport pushes it."""
    return {
        "phone_number": message.phone,
        "send_time": _moment(message),
        "report_time": _moment(message),
        "success": message.status == DELIVERED,
        "err_code": message.error,
        "err_msg": "",
        "sms_size": "1",
        "biz_id": message.carrier_id,
        "out_id": message.out_id,
    }


def _detail(message: Message, *, told: bool) -> dict[str, Any]:
    """A message as QuerySendDetails shows it: without its end, where that is not known yet."""
    return {
        "PhoneNum": message.phone,
        "SendStatus": message.status if told else WAITING,
        "ErrCode": message.error if told else "",
        "TemplateCode": message.template,
        "Content": message.text,
        "SendDate": _moment(message),
        "ReceiveDate": _moment(message),
        "OutId": message.out_id,
    }


def _moment(message: Message) -> str:
    return datetime.fromtimestamp(message.at_s, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused("isv.INVALID_JSON_PARAM") from error
