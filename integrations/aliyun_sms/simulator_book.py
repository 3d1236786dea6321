"""What the simulated carrier knows: its messages, its limits, and the faults it was told to show.

Written from the carrier's published behaviour; it shares the profile's data with the codec and no code.
"""

from __future__ import annotations

import json
import threading
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Template
from typing import Any

_CHINA = timezone(timedelta(hours=8))
_FAILED, _DELIVERED = 2, 3

# (within seconds, messages at most) for one sign and phone.
CODE_LIMITS: tuple[tuple[int, int], ...] = ((60, 1), (3_600, 5), (86_400, 10))
NOTICES_A_DAY_MAX = 50


@dataclass(frozen=True)
class Message:
    """One message that the carrier took."""

    biz_id: str
    out_id: str
    phone: str
    template: str
    text: str
    at_s: float
    status: int
    error: str

    def as_detail(self) -> dict[str, Any]:
        """The message as QuerySendDetails shows it."""
        moment = datetime.fromtimestamp(self.at_s, _CHINA).strftime("%Y-%m-%d %H:%M:%S")
        return {
            "PhoneNum": self.phone,
            "SendStatus": self.status,
            "ErrCode": self.error,
            "TemplateCode": self.template,
            "Content": self.text,
            "SendDate": moment,
            "ReceiveDate": moment,
            "OutId": self.out_id,
        }


@dataclass
class Faults:
    """What goes wrong on purpose: answers lost after a message was taken, requests lost before, phones that fail."""

    lose_answers: int = 0
    lose_requests: int = 0
    fail_phones: set[str] = field(default_factory=set)


class Refused(Exception):
    """The carrier's refusal, by its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Book:
    """The carrier's memory; safe to use from several threads."""

    def __init__(self, now_s: Callable[[], float], code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS) -> None:
        content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
        self.sign: str = content["account"]["sign"]
        self._texts = {entry["id"]: Template(entry["text"]) for entry in content["templates"].values()}
        self._code_template: str = content["templates"]["code"]["id"]
        self._code_limits = code_limits
        self._now_s = now_s
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._refused: Counter[str] = Counter()
        self.faults = Faults()

    def take(self, form: Mapping[str, str]) -> str:
        """Take a message and return its BizId. Raises ``Refused``."""
        with self._lock:
            message = self._message(form)
            self._messages.append(message)
            return message.biz_id

    def details(self, form: Mapping[str, str]) -> dict[str, Any]:
        """One page of what went to a phone on a day, newest first."""
        size, page = int(form["PageSize"]), int(form["CurrentPage"])
        if not 1 <= size <= 50:
            raise Refused("isv.INVALID_PARAMETERS")
        with self._lock:
            found = [
                message.as_detail()
                for message in reversed(self._messages)
                if message.phone == form["PhoneNumber"] and _day(message.at_s) == form["SendDate"]
            ]
        return {
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": found[(page - 1) * size : page * size]},
        }

    def refuse(self, code: str) -> None:
        """Count a refusal."""
        with self._lock:
            self._refused[code] += 1

    def set_faults(self, wanted: Mapping[str, Any]) -> None:
        """Set faults; those not named stay."""
        with self._lock:
            self.faults.lose_answers = int(wanted.get("lose_answers", self.faults.lose_answers))
            self.faults.lose_requests = int(wanted.get("lose_requests", self.faults.lose_requests))
            self.faults.fail_phones |= set(wanted.get("fail_phones", ()))

    def spend(self, fault: str) -> bool:
        """Whether a fault (``lose_answers``, ``lose_requests``) strikes now; each strikes as often as it was set."""
        with self._lock:
            left = getattr(self.faults, fault)
            setattr(self.faults, fault, max(0, left - 1))
            return bool(left > 0)

    def texts(self, phone: str) -> list[str]:
        """What a phone shows, oldest first."""
        with self._lock:
            return [message.text for message in self._messages if message.phone == phone]

    def state(self) -> dict[str, Any]:
        """Counts of what was taken, by template and status, and of what was refused, by code."""
        with self._lock:
            return {
                "taken": len(self._messages),
                "delivered": sum(1 for message in self._messages if message.status == _DELIVERED),
                "failed": sum(1 for message in self._messages if message.status == _FAILED),
                "by_template": dict(Counter(message.template for message in self._messages)),
                "refused": dict(self._refused),
            }

    def _message(self, form: Mapping[str, str]) -> Message:
        phone, template = form.get("PhoneNumbers", ""), form.get("TemplateCode", "")
        if form.get("SignName") != self.sign:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        if template not in self._texts:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        if len(phone) != 11 or not phone.isdigit():
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
        try:
            text = self._texts[template].substitute(json.loads(form.get("TemplateParam", "{}")))
        except KeyError as error:
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS") from error
        except ValueError as error:
            raise Refused("isv.INVALID_JSON_PARAM") from error
        self._check_limits(phone, template)
        failing = phone in self.faults.fail_phones
        return Message(
            biz_id=f"{len(self._messages) + 1:015d}^0",
            out_id=form.get("OutId", ""),
            phone=phone,
            template=template,
            text=f"【{self.sign}】{text}",
            at_s=self._now_s(),
            status=_FAILED if failing else _DELIVERED,
            error="MK:0001" if failing else "DELIVERED",
        )

    def _check_limits(self, phone: str, template: str) -> None:
        now_s = self._now_s()
        same = [message.at_s for message in self._messages if (message.phone, message.template) == (phone, template)]
        if template == self._code_template:
            over = any(
                sum(1 for at_s in same if now_s - at_s < within_s) >= most for within_s, most in self._code_limits
            )
        else:
            over = sum(1 for at_s in same if _day(at_s) == _day(now_s)) >= NOTICES_A_DAY_MAX
        if over:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL")


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, _CHINA).strftime("%Y%m%d")
