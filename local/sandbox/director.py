"""Who acts in the sandbox while somebody clicks: regulator, banks, all bidders but the ready ones, and the bar's hand.

Up to the chosen phase everybody acts, and a second person approves; from then on the ready bidders and the approvals
are left to whoever sits in front of the pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.plan_json import from_json, to_json
from chalicelib.periods.rules import load_rules
from local.conduct import DOUBTFUL, BidTry, Paying, suggest_quotas
from local.demo import CITY, LAST_AVERAGE_FEN, LAST_MEAN_FEN, LOWS_FEN, PERIOD
from local.month import Month, make_month, make_roster
from local.people import Person
from local.sandbox.phases import PHASES, earlier, next_hold, phase_of, sandbox_plan
from local.world import activation, bidders, counterparties, depositors, operators, payees, winners
from local.world.addresses import Addresses
from local.world.operators import Operator
from local.world.web import Answer, DoorShutError, ask, need, now_ms

BIDDERS = 24
SEED = 20260325
LEAD_MS = 6_000
POLL_S = 1.0
NOTICES_WITHIN_MS = 60_000
# What is left to whoever clicks, even on the way to that phase.
LEFT_TO_HANDS = {"planning": ("plan",), "refunds": ("refund_batch",)}


def sandbox_month(phase: str, start_ms: int) -> Month:
    """The month of the sandbox, the same people each time."""
    roster, rules = make_roster(SEED, BIDDERS), load_rules(CITY)
    plan = nominal(
        PERIOD,
        rules,
        suggest_quotas(roster.people),
        last_average_fen=LAST_AVERAGE_FEN,
        lows_fen=LOWS_FEN,
        last_mean_fen=LAST_MEAN_FEN,
    )
    return make_month(roster, sandbox_plan(plan, phase, start_ms), rules)


def ready_bidders(month: Month) -> dict[str, Person]:
    """Three to click as: who will win, who will lose, and whose deposit is doubtful."""

    def price(person: Person) -> int:
        accepted: list[BidTry] = [bid for bid in month.conduct[person.code].bids if not bid.expected]
        return accepted[-1].price_yuan if accepted else 0

    individuals = [person for person, _ in month.bidders(qualified=True, activates=True) if not person.is_unit]
    able = sorted((person for person in individuals if price(person)), key=price)
    usual = [person for person in able if month.conduct[person.code].paying is Paying.EXACT]
    doubtful = next(person for person in able if month.conduct[person.code].paying in DOUBTFUL)
    return {"高价": usual[-1], "低价": usual[0], "存疑": doubtful}


@dataclass
class Director:
    """The sandbox's course. ``act`` runs it to its end in a thread; the rest is asked by the page and the bar."""

    at: Addresses
    phase: str
    planner: Operator
    approver: Operator
    said: list[str] = field(default_factory=list)
    fault: str = ""
    ready: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def month(self) -> Month:
        """The month, made when it begins."""
        return sandbox_month(self.phase, now_ms() + LEAD_MS)

    @cached_property
    def by_hand(self) -> dict[str, Person]:
        """The ready bidders."""
        return ready_bidders(self.month)

    def act(self) -> None:
        """Act the whole month; what goes wrong is shown on the page."""
        try:
            self._act()
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
            raise

    def approve_on_the_way(self) -> None:
        """Be the second person until the phase is reached."""
        left = LEFT_TO_HANDS.get(self.phase, ())
        while not self.ready and not self.fault:
            time.sleep(POLL_S)
            try:
                for approval in self._waiting():
                    if approval["kind"] not in left:
                        self._approve(str(approval["id"]))
            except DoorShutError:
                continue  # there is no period yet, or the API is starting

    def state(self) -> dict[str, Any]:
        """What the bar shows: ``{period, phase, next: {name, at_ms}, movable, waiting, ready, now_ms, fault}``."""
        seen = self._seen()
        at_ms = now_ms()
        if not seen:
            return {"period": PERIOD, "phase": "", "ready": False, "now_ms": at_ms, "fault": self.fault, "next": None}
        plan, reached = self._plan(seen), seen["reached"]
        name = next_hold(plan, reached, at_ms)
        return {
            "period": PERIOD,
            "phase": phase_of(plan, at_ms, seen["state"], approved=seen["approved"]),
            "next": {"name": name, "at_ms": plan.at(name)} if name else None,
            "movable": bool(seen["approved"]) and earlier(plan, reached, at_ms) is not None,
            "waiting": len(self._waiting()),
            "ready": self.ready,
            "now_ms": at_ms,
            "fault": self.fault,
        }

    def move_on(self) -> Answer:
        """Let the next milestone come: the planner amends the plan, the approver approves it."""
        with self._lock:
            seen = self._seen()
            wanted = earlier(self._plan(seen), seen["reached"], now_ms()) if seen and seen["approved"] else None
            if wanted is None:
                return Answer(409, {"code": "NOTHING_TO_MOVE"})
            token = operators.sign_in(self.at, self.planner)
            drafted = ask("POST", f"{self.at.api}/periods/{PERIOD}/amendments", body=wanted, token=token)
            return self._approve(str(drafted.body["id"])) if drafted.ok else drafted

    def _act(self) -> None:
        month, at = self.month, self.at
        operators.publish_plan(at, self.planner, to_json(month.plan))
        self._arrived("planning")
        self._until(lambda seen: bool(seen["approved"]))
        self._say("计划已批准")
        counterparties.drop_applicant_lists(at, month)
        self._reached("applicants_to_notary")
        first, last = list({each.day: each for each in month.plan.intake})
        for day in (first, last):
            self._due(day)
            counterparties.pay_in(at, month, day)
            counterparties.state_account(at, day)
            if day == first:
                corrections = depositors.sign_in_correctors(at, self._cast("deposits"))
        depositors.correct_deposits(at, self._cast("deposits"), corrections)
        self._arrived("deposits")
        self._at("deposits_to_notary")
        counterparties.drop_qualification(at, month)
        self._reached("qualification_by")
        self._at("activation_opens")
        activated = activation.activate_all(at, self._cast("activation")).activated
        self._arrived("activation")
        self._at("activation_closes")
        seen = bidders.sign_in_bidders(at, self._cast("auction"), activated & self._codes("auction"))
        self._arrived("auction")
        self._at("auction_opens")
        bidders.bid_all(at, self._cast("auction"), seen)
        self._reached("auction_closes")
        self._at("settlement_opens")
        self._settle(set(seen.receipts))
        self._arrived("settlement")
        if self.phase == "refunds":
            self._until(lambda _: any(each["kind"] == "refund_batch" for each in self._waiting()))
        self._arrived("refunds")
        self._reached("refunds_1_by")
        cast = self._cast("refunds")
        payees.give_other_accounts(at, cast, cast.plan.at("failed_refunds_after"))
        self._reached("failed_refunds_after")
        for day in sorted({statement.day for statement in month.plan.closing}):
            counterparties.state_account(at, day)
        self._until(lambda seen: seen["state"] == "finished")
        self._arrived("closed")

    def _settle(self, bid: set[str]) -> None:
        cast = self._cast("settlement")
        codes = bid & self._codes("settlement")
        deadline_ms = min(now_ms() + NOTICES_WITHIN_MS, cast.plan.at("settlement_closes"))
        owed = winners.read_notices(self.at, cast, codes, sum(cast.plan.quotas.values()), deadline_ms)
        winners.pay_prices(self.at, cast, owed, deadline_ms)
        counterparties.close_accounts(self.at, self.month)

    def _cast(self, act: str) -> Month:
        """Everybody who acts by himself at this act, and the plan as it is now."""
        plan = self._plan(self._seen())
        if PHASES.index(self.phase) > PHASES.index(act):
            return replace(self.month, plan=plan)
        by_hand = {person.code for person in self.by_hand.values()}
        return replace(
            self.month,
            plan=plan,
            people=tuple(person for person in self.month.people if person.code not in by_hand),
            new_accounts={code: no for code, no in self.month.new_accounts.items() if code not in by_hand},
        )

    def _codes(self, act: str) -> set[str]:
        return {person.code for person in self._cast(act).people}

    def _arrived(self, phase: str) -> None:
        self._say(f"{phase}: done what comes by itself")
        self.ready = self.ready or phase == self.phase

    def _say(self, text: str) -> None:
        self.said.append(text)
        print(text, flush=True)

    def _seen(self) -> dict[str, Any]:
        seen = ask("GET", f"{self.at.api}/periods/{PERIOD}")
        return seen.body if seen.ok else {}

    def _plan(self, seen: dict[str, Any]) -> Plan:
        """The plan that stands; before anybody approved one, the one that was posted."""
        return from_json(seen["plan"]) if seen.get("plan") else self.month.plan

    def _until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        while not ((seen := self._seen()) and holds(seen)):
            time.sleep(POLL_S)

    def _reached(self, milestone: str) -> None:
        self._until(lambda seen: milestone in seen["reached"])

    def _at(self, milestone: str) -> None:
        self._until(lambda seen: now_ms() >= self._plan(seen).at(milestone))

    def _due(self, day: Any) -> None:
        self._until(lambda seen: now_ms() >= min(e.due.at_ms for e in self._plan(seen).statements if e.day == day))

    def _waiting(self) -> list[dict[str, Any]]:
        door = f"{self.at.api}/periods/{PERIOD}/approvals?state=waiting"
        return list(need("GET", door, token=self._token(self.approver))["approvals"])

    def _token(self, operator: Operator) -> str:
        tokens: dict[str, tuple[str, float]] = self.__dict__.setdefault("_tokens", {})
        token, until = tokens.get(operator.name, ("", 0.0))
        if time.monotonic() >= until:
            token = operators.sign_in(self.at, operator)
            tokens[operator.name] = (token, time.monotonic() + 3_600)
        return token

    def _approve(self, approval_id: str) -> Answer:
        body = {"decision": "approved", "reason": ""}
        return ask("POST", f"{self.at.api}/approvals/{approval_id}", body=body, token=self._token(self.approver))
