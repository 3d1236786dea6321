"""Everybody outside the hub: regulator, banks, operators, bidders, the treasury's counter. Each lives in strands."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.conduct import Conduct, Paying
from local.month import ALIPAY, CHANNEL
from local.payments import MINSHENG, Payment
from local.people import Person
from local.simulation.faults import HOUR_MS
from local.simulation.machines import Execution
from local.simulation.world import World
from local.world.web import Answer
from local.world.winners import OwedPrice, owed_price

MINUTE_MS = 60_000
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
ATTEMPTS = 4
PLANNER, APPROVERS = "planner", ("approver", "approver2")
PASSWORDS = {name: f"password of {name}" for name in (PLANNER, *APPROVERS, "cashier")}
ROLES = {PLANNER: ("planner", "approver"), "cashier": ("cashier",), **dict.fromkeys(APPROVERS, ("approver",))}
RESTARTS_MAX = 40


@dataclass
class Seen:
    """What everybody saw, for the checks. ``faults``: answers that nobody may get, whatever goes wrong."""

    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Bids whose outcome the bidder never learned: (code, request id, price).
    unknown: list[tuple[str, str, int]] = field(default_factory=list)
    activated: set[str] = field(default_factory=set)
    corrected: set[str] = field(default_factory=set)
    owed: dict[str, OwedPrice] = field(default_factory=dict)
    paid_fen: dict[str, int] = field(default_factory=dict)
    defaulters: set[str] = field(default_factory=set)
    wallet: list[Payment] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    approved: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


@dataclass
class Cast:
    """Everybody of a month."""

    world: World
    seen: Seen = field(default_factory=Seen)
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)

    def begin(self) -> None:
        """Let everybody live."""
        world, plan = self.world, self.world.month.plan
        spawn = world.clockwork.spawn
        world.on_approval.append(self._asked_for_approval)
        world.on_end.append(self._machine_ended)
        spawn("planner", self._publish)
        spawn("regulator", self._regulate)
        for day in sorted({due.day for due in plan.statements}):
            due_ms = max(due.due.at_ms for due in plan.statements if due.day == day)
            spawn("banks", lambda day=day: self._state(day), due_ms - self.world.rng.randint(0, 3) * HOUR_MS)
        for person in world.month.people:
            does = world.month.conduct[person.code]
            spawn("bidder", lambda p=person, d=does: self._bidder(p, d), plan.at("deposits_open"))

    # Operators

    def _token(self, name: str) -> str:
        token, until_ms = self.tokens.get(name, ("", 0))
        if self.world.clockwork.now_ms >= until_ms:
            body = {"name": name, "password": PASSWORDS[name]}
            answer = self._insist("POST", "/operator-sessions", body)
            token = str(answer.body["token"])
            self.tokens[name] = (token, self.world.clockwork.now_ms + 7 * HOUR_MS)
        return token

    def _insist(self, method: str, path: str, body: Any = None, *, by: str = "") -> Answer:
        """Ask until there is an answer that is one."""
        for patience in range(60):
            answer = self.world.api.ask(method, path, body, self._token(by) if by else "", attempts=ATTEMPTS)
            if answer.status not in (0, 429, 500, 502, 503, 504):
                return answer
            self.world.clockwork.pause(MINUTE_MS * (1 + patience))
        raise RuntimeError(f"{method} {path} is never answered: {answer.status} {answer.code}")

    def _publish(self) -> None:
        from chalicelib.periods.plan_json import to_json

        world, plan = self.world, to_json(self.world.month.plan)
        if world.faults.strikes("pair", world.clockwork.now_ms):
            world.clockwork.spawn("planner at another screen", lambda: self._post_plan(plan))
        self._post_plan(plan)
        if world.faults.strikes("abort", world.clockwork.now_ms):
            self._abort_once()

    def _post_plan(self, plan: Any) -> None:
        answer = self._insist("POST", "/periods", plan, by=PLANNER)
        if not answer.ok:
            self.seen.faults.append(f"the plan was answered {answer.status} {answer.code} {answer.body}")

    def _abort_once(self) -> None:
        world, plan = self.world, self.world.month.plan
        world.clockwork.pause_until(world.rng.randint(plan.at("deposits_open"), plan.at("month_end")))
        for execution in list(world.machines.executions.values()):
            if execution.machine == "PeriodMachine":
                world.machines.abort(execution)

    def _asked_for_approval(self, payload: Any) -> None:
        world = self.world
        who = [world.rng.choice(APPROVERS)]
        if world.faults.strikes("pair", world.clockwork.now_ms):
            who = list(APPROVERS)
        wait_ms = world.rng.randint(1, 90) * MINUTE_MS
        for name in who:
            at_ms = world.clockwork.now_ms + wait_ms
            world.clockwork.spawn(f"{name} looks", lambda name=name: self._look(name, payload["made_by"]), at_ms)

    def _look(self, name: str, maker: str) -> None:
        period = self.world.month.period
        found = self._insist("GET", f"/periods/{period}/approvals?state=waiting", by=name)
        for approval in found.body["approvals"]:
            door, word = f"/approvals/{approval['id']}", {"decision": "approved", "reason": ""}
            if maker == PLANNER and approval["made_by"] == PLANNER:
                own = self.world.api.ask("POST", door, word, self._token(PLANNER))
                if own.ok:
                    self.seen.faults.append(f"{approval['kind']}: the maker approved it himself")
            answer = self._insist("POST", door, word, by=name)
            if answer.ok:
                self.seen.approved[str(approval["kind"])] += 1
            elif answer.code != "ALREADY_DECIDED":
                self.seen.faults.append(f"{approval['kind']}: an approval was answered {answer.status} {answer.code}")

    def _machine_ended(self, execution: Execution) -> None:
        if execution.machine == "PeriodMachine" and execution.status != "SUCCEEDED":
            world = self.world
            at_ms = world.clockwork.now_ms + world.rng.randint(1, 60) * MINUTE_MS
            world.clockwork.spawn("planner restarts", self._restart, at_ms)

    def _restart(self) -> None:
        period = self.world.month.period
        self.seen.restarts += 1
        if self.seen.restarts > RESTARTS_MAX:
            return
        answer = self._insist("POST", f"/periods/{period}/restart", {"abandoned": True}, by=PLANNER)
        if not answer.ok and answer.code != "NOT_STOPPED":
            self.seen.faults.append(f"a restart was answered {answer.status} {answer.code}")

    # Regulator and banks

    def _regulate(self) -> None:
        world, plan = self.world, self.world.month.plan
        for kind, at_ms in (("applicants", plan.at("plan_due")), ("qualification", plan.at("deposits_to_notary"))):
            world.clockwork.pause_until(at_ms - world.rng.randint(0, 5) * HOUR_MS)
            for file in world.month.files:
                if file.kind != kind:
                    continue
                if world.faults.strikes("half_file", world.clockwork.now_ms):
                    world._drop(file.key, file.content[: len(file.content) // 2])
                    world.clockwork.pause(world.rng.randint(1, 40) * MINUTE_MS)
                world._drop(file.key, file.content)

    def _state(self, day: Any) -> None:
        world, month = self.world, self.world.month
        parties, text = world.parties, day.isoformat()
        parties.bank.control("/_credits", month.credits_of(day, CHANNEL))
        parties.minsheng.control("/_credits", month.credits_of(day, MINSHENG))
        if day == max(due.day for due in month.plan.intake):
            parties.bank.control("/_accounts", dict(month.failing_accounts))
        if world.faults.strikes("half_file", world.clockwork.now_ms):
            spoil = world.rng.choice(("half", "total"))
            parties.bank.control("/_statement", {"day": text, "spoil": spoil})
            world.clockwork.pause(world.rng.randint(1, 40) * MINUTE_MS)
        parties.bank.control("/_statement", {"day": text})
        parties.minsheng.control("/_day", {"day": text})
        parties.alipay.control("/_day", {"day": text})

    # Bidders

    def _bidder(self, person: Person, does: Conduct) -> None:
        world, month = self.world, self.world.month
        plan, work = month.plan, world.clockwork
        work.pause_until(plan.at("plan_due") + world.rng.randint(20, 90) * HOUR_MS)
        if month.channel_of.get(person.code) == ALIPAY:
            self._pay_by_wallet(person)
        if does.corrects:
            self._correct(person)
        if does.activates and self._activate(person, does) and does.bids:
            self._bid(person, does)
        self._settle(person)
        if person.code in month.new_accounts:
            self._give_account(person)

    def _codes(self, person: Person) -> list[str]:
        texts = self.world.parties.carrier.book.texts(person.phone)
        return [found.group() for text in texts if (found := _CODE.search(text)) and "验证码" in text]

    def _sms_code(self, person: Person, purpose: str, deadline_ms: int) -> str:
        """Ask for a code and read it from the phone; empty where none came in time."""
        work, world = self.world.clockwork, self.world
        body = {
            "period": world.month.period,
            "application_code": person.code,
            "phone": person.phone,
            "purpose": purpose,
        }
        while work.now_ms < deadline_ms:
            before = len(self._codes(person))
            world.api.ask("POST", "/sms-codes", body)
            for _ in range(12):
                work.pause(6_000)
                if len(self._codes(person)) > before:
                    return self._codes(person)[-1]
            # The carrier gives a phone so many codes an hour.
            work.pause(world.rng.randint(1, 12) * MINUTE_MS)
        return ""

    def _session(self, person: Person, deadline_ms: int) -> str:
        """An account session's token; empty where there is none in time."""
        while code := self._sms_code(person, "account", deadline_ms):
            body = {
                "period": self.world.month.period,
                "application_code": person.code,
                "phone": person.phone,
                "sms_code": code,
            }
            answer = self.world.api.ask("POST", "/account-sessions", body, attempts=2)
            if answer.ok:
                return str(answer.body["token"])
            self.seen.refused[answer.code] += 1
        return ""

    def _until(self, deadline_ms: int, act: Callable[[], bool], pause_ms: int) -> bool:
        while self.world.clockwork.now_ms < deadline_ms:
            if act():
                return True
            self.world.clockwork.pause(pause_ms)
        return False

    def _pay_by_wallet(self, person: Person) -> None:
        world, month, work = self.world, self.world.month, self.world.clockwork
        closes_ms = month.plan.at("alipay_closes")
        token = self._session(person, closes_ms - HOUR_MS)
        if not token:
            return
        wallet = world.parties.alipay
        opened: dict[str, str] = {}

        def open_one() -> bool:
            user = wallet.control("/_sign_in", {"open_id": f"user-{person.code}"})
            body = {"period": month.period, "auth_code": user["auth_code"]}
            answer = world.api.ask("POST", "/deposits/payments", body, token)
            if answer.ok:
                opened["our_ref"] = str(answer.body["our_ref"])
            else:
                self.seen.refused[answer.code] += 1
            return answer.ok

        if not self._until(min(closes_ms, work.now_ms + 2 * HOUR_MS), open_one, MINUTE_MS):
            return
        work.pause(world.rng.randint(1, 10) * 1_000)
        trade = wallet.books.pay(opened["our_ref"])
        letter = wallet.post.write(trade)
        self.seen.wallet.append(
            Payment(
                trade.number,
                month.plan.intake[0].day,
                work.now_ms,
                month.plan.intake[0].day,
                trade.fen,
                trade.out_trade_no,
                "",
                trade.out_trade_no,
                Paying.EXACT,
                person.code,
                ALIPAY,
            )  # fmt: skip
        )
        # It tells the hub until it hears "success", and some twice; or never, and only the bill does.
        for _ in range(8 if world.rng.random() < 0.85 else 0):
            told = wallet.post.deliver(letter)
            if told == "success" and not world.faults.strikes("twice", work.now_ms):
                return
            work.pause(10 * MINUTE_MS)

    def _correct(self, person: Person) -> None:
        world, month, work = self.world, self.world.month, self.world.clockwork
        due = [statement.due.at_ms for statement in month.plan.intake]
        deadline_ms = month.plan.at("corrections_close") - 5 * MINUTE_MS
        work.pause_until(max(due) + world.rng.randint(10, 180) * MINUTE_MS)
        token = self._session(person, deadline_ms)
        payment = month.payment_of(person.code)
        body = {
            "period": month.period,
            "paid_on": payment.value_date.isoformat(),
            "amount_yuan": f"{payment.amount_fen // 100}.{payment.amount_fen % 100:02d}",
            "payer_account_tail": payment.account[-4:],
        }

        def correct() -> bool:
            answer = world.api.ask("POST", "/deposits/corrections", body, token)
            if not answer.ok:
                self.seen.refused[answer.code] += 1
            return answer.ok

        if token and self._until(deadline_ms, correct, 10 * MINUTE_MS):
            self.seen.corrected.add(person.code)

    def _activate(self, person: Person, does: Conduct) -> bool:
        world, month, work = self.world, self.world.month, self.world.clockwork
        work.pause_until(month.plan.at("activation_opens") + world.rng.randint(1, 20 * 60) * MINUTE_MS)
        deadline_ms = month.plan.at("activation_closes") - MINUTE_MS
        while code := self._sms_code(person, "activation", deadline_ms):
            wrong = does.wrong_sms_code_first and person.code not in self.seen.activated
            body = {
                "period": month.period,
                "application_code": person.code,
                "phone": person.phone,
                "sms_code": f"{(int(code) + 1) % 1_000_000:06d}" if wrong else code,
                "password": does.password,
                "rollover": does.rollover,
            }
            if wrong:
                answer = world.api.ask("POST", "/activations", body)
                if answer.ok:
                    self.seen.faults.append("a wrong SMS code activated")
                body["sms_code"] = code
            answer = world.api.ask("POST", "/activations", body, attempts=3)
            if answer.ok or answer.code == "ALREADY_ACTIVATED":
                self.seen.activated.add(person.code)
                return True
            self.seen.refused[answer.code] += 1
            if answer.code in ("NOT_QUALIFIED", "APPLICANT_LOCKED"):
                return False
        return False

    def _bid(self, person: Person, does: Conduct) -> None:
        world, month, work = self.world, self.world.month, self.world.clockwork
        opens_ms, closes_ms = month.plan.at("auction_opens"), month.plan.at("auction_closes")
        work.pause_until(opens_ms - world.rng.randint(-10, 20) * MINUTE_MS)
        body = {"period": month.period, "application_code": person.code, "password": does.password}
        token: list[str] = []

        def sign_in() -> bool:
            answer = world.api.ask("POST", "/sessions", body)
            if answer.ok:
                token.append(str(answer.body["token"]))
            else:
                self.seen.refused[answer.code] += 1
            return answer.ok

        if not self._until(closes_ms, sign_in, 30_000):
            return
        late = world.rng.random() < 0.4
        for bid in does.bids:
            # Some come in the last seconds, and some on the stroke.
            when = closes_ms - world.rng.randint(-300, 20_000) if late else world.rng.randint(opens_ms, closes_ms)
            work.pause_until(max(when, work.now_ms))
            self._one_bid(person, bid.request, bid.price_yuan, token[0])

    def _one_bid(self, person: Person, number: int, price_yuan: int, token: str) -> None:
        world = self.world
        request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{world.seed}/{person.code}/{number}"))
        body = {"request_id": request_id, "price": price_yuan}
        copies = 2 if world.faults.strikes("pair", world.clockwork.now_ms) else 1
        answers: list[Answer] = []

        def send() -> None:
            answers.append(world.api.ask("POST", "/bids", body, token, attempts=6))

        strands = [world.clockwork.spawn("bid", send) for _ in range(copies)]
        for strand in strands:
            world.clockwork.join(strand)
        good = [answer.body for answer in answers if answer.ok]
        kept = self.seen.receipts.setdefault(person.code, [])
        for receipt in good:
            if receipt not in kept:
                kept.append(receipt)
        if not good:
            self.seen.refused[answers[0].code] += 1
            if answers[0].status in (0, 429, 502, 503, 504):
                self.seen.unknown.append((person.code, request_id, price_yuan))

    def _settle(self, person: Person) -> None:
        """Winners read the payment code on the phone and pay; some never do."""
        world, plan, work = self.world, self.world.month.plan, self.world.clockwork
        closes_ms = plan.at("settlement_closes")
        if person.code not in self.seen.receipts:
            return
        work.pause_until(plan.at("auction_closes") + 30 * MINUTE_MS)
        found: list[OwedPrice] = []

        def read() -> bool:
            owed = owed_price(world.parties.carrier.book.texts(person.phone))
            found.extend([owed] if owed else [])
            return owed is not None

        if not self._until(closes_ms - 30 * MINUTE_MS, read, 2 * HOUR_MS):
            return
        owed = self.seen.owed[person.code] = found[0]
        if world.rng.random() < 0.25:
            self.seen.defaulters.add(person.code)
            return
        work.pause(world.rng.randint(1, 300) * MINUTE_MS)
        if work.now_ms >= closes_ms or owed.pay_code not in world.parties.treasury.books.notices:
            self.seen.defaulters.add(person.code)
            return
        push = world.parties.treasury.books.pay(owed.pay_code, owed.amount_fen, person.name, None)
        self.seen.paid_fen[person.code] = owed.amount_fen
        if world.faults.strikes("late", work.now_ms):
            work.pause(world.rng.randint(1, 30) * HOUR_MS)
        for _ in range(20):
            world.parties.treasury.push(push)
            if push.answer == "8001" and not world.faults.strikes("twice", work.now_ms):
                return
            work.pause(20 * MINUTE_MS)

    def _give_account(self, person: Person) -> None:
        world, month, work = self.world, self.world.month, self.world.clockwork
        deadline_ms = month.plan.at("failed_refunds_after") - HOUR_MS
        work.pause_until(month.plan.at("refunds_2_by") + world.rng.randint(2, 40) * HOUR_MS)
        token = self._session(person, deadline_ms)
        body = {
            "period": month.period,
            "account_no": month.new_accounts[person.code],
            "account_name": person.name,
        }
        if token:
            stranger = world.api.ask("POST", "/refunds/accounts", {**body, "account_name": "陌生人"}, token)
            if stranger.ok:
                self.seen.faults.append("an account in another's name was taken for a refund")

        def give() -> bool:
            answer = world.api.ask("POST", "/refunds/accounts", body, token)
            return answer.ok or answer.status in (404, 409)

        if token:
            self._until(min(deadline_ms, work.now_ms + 6 * HOUR_MS), give, 30 * MINUTE_MS)
