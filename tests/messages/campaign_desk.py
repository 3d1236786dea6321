"""What the messages' tests share: people on the list, a carrier in memory or over HTTP, and the campaign's steps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.kernel import aws
from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.files import S3Files
from chalicelib.kernel.settings import Settings
from chalicelib.messages import tasks
from chalicelib.messages.sender import QUIET_MS
from chalicelib.periods.records import PeriodState, save_plan
from integrations.aliyun_sms.profile import profile
from integrations.ports import Sms, SmsPreview, SmsReceipt, SmsReport
from tests.applicants.applicants_office import PERIOD, VAULT, WANG, plan, take_in

CAMPAIGN = "deposit_unpaid"


def people(count: int) -> list[str]:
    """Take so many applicants in, each with a phone of his own; their codes."""
    rows = [replace(WANG, line=n, code=f"33012600{n:05d}", phone=phone_of(n)) for n in range(1, count + 1)]
    take_in(*rows)
    save_plan(plan(), PeriodState.RUNNING, "planner")
    return [row.code for row in rows]


def phone_of(number: int) -> str:
    return f"138{number:08d}"


@dataclass
class Carrier:
    """A carrier in memory. ``ills`` are raised in turn; ``takes``: it took what it lost the answer of."""

    name: str = "aliyun"
    batch_max: int = 100
    ills: list[HubError] = field(default_factory=list)
    takes: bool = False
    answers: bool = True
    dead: set[str] = field(default_factory=set)
    limited: set[str] = field(default_factory=set)
    taken: list[Sms] = field(default_factory=list)
    asked: int = 0
    reports_by_its_id: bool = False
    requests: int = 0

    @property
    def report_answer(self) -> Mapping[str, Any]:
        return {"code": 0, "msg": "成功"}

    def preview(self, template: str, params: Mapping[str, str]) -> SmsPreview:
        return profile().preview(template, params)

    def send(self, sms: Sms) -> str:
        return self.send_batch(sms.out_id, [sms])

    def send_batch(self, out_id: str, messages: Sequence[Sms]) -> str:
        assert len(messages) <= self.batch_max
        assert {sms.out_id for sms in messages} == {out_id}
        self.requests += 1
        phones = {sms.phone for sms in messages}
        if self.ills:
            ill = self.ills.pop(0)
            if self.takes and isinstance(ill, Pending):
                self.taken += messages
            raise ill
        if phones & self.limited:
            raise TooMany("SMS_NUMBER_LIMITED", "限流")
        if phones & self.dead:
            raise InvalidInput("SMS_REFUSED", "空号")
        self.taken += messages
        return "biz"

    def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
        self.asked += 1
        if not self.answers:
            raise silence()
        found = any((sms.out_id, sms.phone) == (out_id, phone) for sms in self.taken)
        return SmsReceipt(out_id, "sent", "") if found else None

    def read_reports(self, body: bytes) -> Sequence[SmsReport]:
        raise NotImplementedError

    @property
    def texts(self) -> Counter[str]:
        """How many messages each phone has."""
        return Counter(sms.phone for sms in self.taken)


def silence() -> Pending:
    return Pending("SMS_NO_ANSWER", "短信平台没有应答")


def shut() -> NotAllowed:
    return NotAllowed("SMS_ACCOUNT", "账户有误")


class Desk:
    """The campaign's steps on the tables and buckets in memory, with the carriers given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *carriers: Any) -> None:
        self.clock = SetClock(at_shanghai("2026-03-12T10:00:00"))
        self.carriers = {carrier.name: carrier for carrier in carriers or (Carrier(),)}
        buckets = {f"{name.upper()}_BUCKET": f"test-{name}" for name in ("work", "public", "inbox", "outbox")}
        self.settings = Settings({**buckets, "SMS_QUIET_HOURS": "21:00-08:00"})
        self.files = S3Files(aws.client("s3"), self.settings)
        parts = SimpleNamespace(
            clock=self.clock,
            files=self.files,
            settings=self.settings,
            carriers=lambda: self.carriers,
            keys=SimpleNamespace(vault=lambda: VAULT),
        )
        monkeypatch.setattr(tasks, "hub", lambda: parts)

    @property
    def carrier(self) -> Any:
        return next(iter(self.carriers.values()))

    def step(self, name: str, campaign: str = CAMPAIGN, **more: Any) -> Any:
        return tasks.handle({"step": name, "period": PERIOD, "campaign": campaign, **more}, None)

    def chunks(self, audience: Mapping[str, Any]) -> list[str]:
        """The keys that the Map would read."""

        return [item["key"] for item in json.loads(self.files.read("work", audience["items"]))]

    def run(self) -> Counter[str]:
        """A round: audience, then each chunk until it is as far as it goes; people by state."""
        counts: Counter[str] = Counter()
        for key in self.chunks(self.step("audience")):
            counts.update(self.send(key))
        return counts

    def send(self, key: str, tries: int = 3) -> dict[str, int]:
        """Send a chunk as the machine does: again later while something is unclear."""
        for _ in range(tries):
            try:
                done: dict[str, int] = self.step("send", key=key)
            except Pending:
                self.clock.advance(QUIET_MS)
            else:
                return done
        return {"unclear": 1}

    def standing(self, round_no: int = 1) -> dict[str, Any]:
        done: dict[str, Any] = self.step("receipts", round=round_no)
        return done
