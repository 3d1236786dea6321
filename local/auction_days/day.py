"""One auction day of a few people on a deployed stage: its plan seconds long, its real machine, its public objects.

Only what comes before the day is laid down instead of lived through: the approved plan, and bidders who activated. From
signing in to the sealed package everything goes through the doors, as in the month of ``make demo``.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.periods.plan import Plan, compress, nominal
from chalicelib.periods.rules import load_rules
from local.stage import Stage
from local.world.addresses import Addresses
from local.world.web import Answer, ask, need, now_ms, sleep_until

PASSWORD = "Hz9-auction-days"  # noqa: S105 (of people who live for a minute)
POLL_S = 0.3
# The least that a rule set may say.
RESUME_NOTICE_S = 10
# A day that has not ended so long after its close is stuck: draining, counting and sealing take some 20 s.
PATIENCE_MS = 90_000
_BEFORE = ("plan_due", "applications_close", "applicants_to_notary", "deposits_open", "deposit_reminder")
_DEPOSITS = ("alipay_closes", "deposits_close", "corrections_close", "deposits_to_notary", "qualification_by")
_ACTIVATION = ("activation_opens", "activation_reminder", "activation_closes")
_AFTER = ("settlement_opens", "settlement_reminder", "settlement_closes", "refunds_1_by", "refunds_2_by")
_END = ("failed_refunds_after", "month_end")
_MINUTE_MS = 60_000


class DayStoppedError(RuntimeError):
    """The auction day's machine did not come to its end."""


def short_plan(
    period: str,
    city: str,
    quotas: Mapping[str, int],
    *,
    opens_at_ms: int,
    length_ms: int,
    broadcasts_ms: Iterable[int] = (),
    **past: Any,
) -> Plan:
    """A city's month whose window opens at ``opens_at_ms`` for ``length_ms``; broadcasts so long after the opening.

    Phases divide the window as the rule set's divide theirs. ``past`` is what earlier periods left, and the notice's
    warning price.
    """
    known = {"last_average_fen": {}, "lows_fen": {}, "last_mean_fen": {}, **past}
    plan = nominal(period, load_rules(city), quotas, **known)
    names = (*_BEFORE, *_DEPOSITS, *_ACTIVATION)
    offsets = {name: (place - len(names)) * _MINUTE_MS for place, name in enumerate(names)}
    offsets |= {"auction_opens": 0, "auction_closes": length_ms}
    offsets |= {f"broadcast-{number}": at_ms for number, at_ms in enumerate(broadcasts_ms, 1)}
    offsets |= {name: length_ms + place * _MINUTE_MS for place, name in enumerate((*_AFTER, *_END), 1)}
    due = {f"statement-{each.channel}-{each.day}": offsets["deposits_close"] for each in plan.intake}
    closing = {f"statement-{each.channel}-{each.day}": offsets["month_end"] for each in plan.closing}
    return compress(plan, {**offsets, **due, **closing}, opens_at_ms)


@dataclass
class Day:
    """A day and what its bidders hold: sessions, and every receipt in the order it was given."""

    stage: Stage
    at: Addresses
    plan: Plan
    say: Callable[[str], None]
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)

    @property
    def period(self) -> str:
        """Such as ``2026-03``."""
        return self.plan.period

    def begin(self, people: Mapping[str, str]) -> None:
        """Lay down plan and bidders (code -> class), and start the day's machine as the period's would."""
        from chalicelib.periods.plan import machine_input
        from chalicelib.periods.records import PeriodState, save_plan

        save_plan(self.plan, PeriodState.RUNNING, "planner")
        _shorten_rules(self.period)
        for code, bidder_class in people.items():
            _activated(self.period, code, bidder_class)
        self.stage.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.stage.deployed.resources["AuctionDayMachine"],
            name=f"{self.period}-1",
            input=json.dumps(machine_input(self.plan, 1)),
        )
        for code in people:
            body = {"period": self.period, "application_code": code, "password": PASSWORD}
            self.tokens[code] = str(need("POST", f"{self.at.api}/sessions", body=body)["token"])

    def bid(self, code: str, price_yuan: int) -> Answer:
        """One bid; an accepted one's receipt is kept."""
        body = {"request_id": str(uuid.uuid4()), "price": price_yuan}
        answer = ask("POST", f"{self.at.api}/bids", body=body, token=self.tokens[code])
        if answer.ok:
            self.receipts.setdefault(code, []).append(answer.body)
        return answer

    def public(self, name: str) -> dict[str, Any]:
        """A public object of the auction, such as ``live``, as a page behind the cache reads it."""
        s3 = self.stage.aws.client("s3")
        found = s3.get_object(Bucket=self.stage.bucket("public"), Key=f"auction/{self.period}/{name}.json")
        content: dict[str, Any] = json.loads(found["Body"].read())
        return content

    def live_when(self, true: Callable[[dict[str, Any]], bool], within_ms: int) -> dict[str, Any]:
        """``live.json`` as soon as something is true of it. Raises ``DayStoppedError`` where it never is."""
        until_ms = now_ms() + within_ms
        while not true(seen := self.public("live")):
            self._check()
            if now_ms() > until_ms:
                raise DayStoppedError(f"{self.period}: live.json did not change in {within_ms} ms: {seen}")
            time.sleep(POLL_S)
        return seen

    def until(self, at_ms: int) -> None:
        """Wait for an instant, and notice if the machine stops meanwhile."""
        while now_ms() < at_ms:
            self._check()
            sleep_until(min(at_ms, now_ms() + 1_000))

    def until_ended(self) -> None:
        """Wait for the day's machine to come to its end, by the close as it holds."""
        until_ms = int(self.public("live")["closes_at_ms"]) + PATIENCE_MS
        while self._check() != "SUCCEEDED":
            if now_ms() > until_ms:
                raise DayStoppedError(f"{self.period}: the day's machine is still running long after the close")
            time.sleep(POLL_S)

    def _check(self) -> str:
        machine = self.stage.deployed.resources["AuctionDayMachine"]
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{self.period}-1"
        status = str(self.stage.aws.client("stepfunctions").describe_execution(executionArn=arn)["status"])
        if status in ("FAILED", "TIMED_OUT", "ABORTED"):
            from chalicelib.periods.problems import list_problems

            listed = [f"{each.source} {each.code} {each.message}" for each in list_problems(self.period)]
            raise DayStoppedError(f"{self.period}: the day's machine ended as {status}: {listed}")
        return status


def _shorten_rules(period: str) -> None:
    """The rules that the period began with, but for the ten minutes in which bidders may come back after a pause."""
    from chalicelib.periods.records import PeriodRecord, rules_text_of

    text, changes = re.subn(
        r"^resume_notice_seconds = \d+", f"resume_notice_seconds = {RESUME_NOTICE_S}", rules_text_of(period), flags=re.M
    )
    if changes != 1:
        raise ValueError("the rule set does not say how long before its end a pause's end is told")
    PeriodRecord(period, "period").update([PeriodRecord.rules.set(text)])


def _activated(period: str, code: str, bidder_class: str) -> None:
    from chalicelib.applicants.records import ApplicantRecord, applicant_pk
    from chalicelib.kernel.ids import SystemEntropy
    from chalicelib.kernel.passwords import hash_password

    nothing: dict[str, Any] = dict.fromkeys(("sealed_name", "sealed_id_number", "sealed_phone"), "nobody opens it")
    lookups: dict[str, Any] = dict.fromkeys(("name_lookup", "id_lookup", "phone_lookup", "content_lookup"), code)
    ApplicantRecord(
        applicant_pk(period, code),
        code,
        period=period,
        code=code,
        bidder_class=bidder_class,
        id_type="id_card",
        valid_from="2026-01-01",
        valid_until="2026-12-31",
        qualified=True,
        activated_at_ms=now_ms(),
        password_hash=hash_password(PASSWORD, SystemEntropy()),
        **nothing,
        **lookups,
    ).save()
