"""What the simulated carrier knows: its messages, its limits, and the faults it was told to show.

Written from the carrier's published behaviour; it shares the profile's data with the codec and no code.
"""

from __future__ import annotations

import json
import threading
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
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
BATCH_MAX = 100


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
    """What goes wrong on purpose: answers lost after a message was taken, requests lost before, phones that fail later
    (with ``fail_code``), are dead or over a limit, and a code that everything is refused with."""

    lose_answers: int = 0
    lose_requests: int = 0
    fail_phones: set[str] = field(default_factory=set)
    fail_code: str = "MK:0001"
    dead_phones: set[str] = field(default_factory=set)
    limited_phones: set[str] = field(default_factory=set)
    refuse: str = ""


class Refused(Exception):
    """The carrier's refusal, by its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Book:
    """The carrier's memory; safe to use from several threads."""

    def __init__(
        self,
        now_s: Callable[[], float],
        code_limits: tuple[tuple[int, int], ...] = CODE_LIMITS,
        *,
        limited: bool = True,
    ) -> None:
        self.limited = limited
        content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
        self.sign: str = content["account"]["sign"]
        self._texts = {entry["id"]: Template(entry["text"]) for entry in content["templates"].values()}
        self._code_template: str = content["templates"]["code"]["id"]
        self._code_limits = code_limits
        self._now_s = now_s
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._by_phone: dict[str, list[Message]] = defaultdict(list)
        self._reports: list[Message] = []
        self._requests = 0
        self._refused: Counter[str] = Counter()
        self.faults = Faults()

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

    def _take(self, wanted: Sequence[tuple[str, str, Any]], form: Mapping[str, str]) -> str:
        with self._lock:
            if self.faults.refuse:
                raise Refused(self.faults.refuse)
            biz_id = f"{self._requests + 1:015d}^0"
            messages = [self._message(*each, form, biz_id) for each in wanted]
            self._requests += 1
            self._messages.extend(messages)
            for message in messages:
                self._by_phone[message.phone].append(message)
            self._reports.extend(messages)
            return biz_id

    def take_reports(self) -> list[Message]:
        """The messages whose reports were not handed out yet."""
        with self._lock:
            taken, self._reports = self._reports, []
            return taken

    def details(self, form: Mapping[str, str]) -> dict[str, Any]:
        """One page of what went to a phone on a day, newest first."""
        size, page = int(form["PageSize"]), int(form["CurrentPage"])
        if not 1 <= size <= 50:
            raise Refused("isv.INVALID_PARAMETERS")
        with self._lock:
            found = [
                message.as_detail()
                for message in reversed(self._by_phone.get(form["PhoneNumber"], ()))
                if _day(message.at_s) == form["SendDate"]
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
            self.faults.fail_code = str(wanted.get("fail_code", self.faults.fail_code))
            for name in ("dead_phones", "limited_phones"):
                setattr(self.faults, name, set(wanted.get(name, getattr(self.faults, name))))
            self.faults.refuse = str(wanted.get("refuse", self.faults.refuse))

    def spend(self, fault: str) -> bool:
        """Whether a fault (``lose_answers``, ``lose_requests``) strikes now; each strikes as often as it was set."""
        with self._lock:
            left = getattr(self.faults, fault)
            setattr(self.faults, fault, max(0, left - 1))
            return bool(left > 0)

    def texts(self, phone: str) -> list[str]:
        """What a phone shows, oldest first."""
        with self._lock:
            return [message.text for message in self._by_phone.get(phone, ())]

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

    def _message(self, phone: str, sign: str, params: Any, form: Mapping[str, str], biz_id: str) -> Message:
        template = form.get("TemplateCode", "")
        if sign != self.sign:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        if template not in self._texts:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        if len(phone) != 11 or not phone.isdigit() or phone in self.faults.dead_phones:
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
        try:
            text = self._texts[template].substitute(params)
        except KeyError as error:
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS") from error
        except (TypeError, ValueError) as error:
            raise Refused("isv.INVALID_JSON_PARAM") from error
        self._check_limits(phone, template)
        failing = phone in self.faults.fail_phones
        return Message(
            biz_id=biz_id,
            out_id=form.get("OutId", ""),
            phone=phone,
            template=template,
            text=f"【{self.sign}】{text}",
            at_s=self._now_s(),
            status=_FAILED if failing else _DELIVERED,
            error=self.faults.fail_code if failing else "DELIVERED",
        )

    def _check_limits(self, phone: str, template: str) -> None:
        if not self.limited:
            return
        if phone in self.faults.limited_phones:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL")
        now_s = self._now_s()
        same = [message.at_s for message in self._by_phone.get(phone, ()) if message.template == template]
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


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused("isv.INVALID_JSON_PARAM") from error
