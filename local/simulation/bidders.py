"""A bidder, from the deposit to the refund. The month knows how each one means to behave."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from local.conduct import Conduct, Paying
from local.month import ALIPAY
from local.payments import Payment
from local.people import Person
from local.simulation.faults import HOUR_MS
from local.simulation.seen import MINUTE_MS, UNKNOWN, Seen
from local.simulation.world import World
from local.world.web import Answer
from local.world.winners import OwedPrice, owed_price

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


# Requests that may not be accepted are numbered from here; how many of the bidders make one of each kind.
BAD_BIDS, BAD_BID_SHARE = 90, 0.2


@dataclass
class Bidder:
    """One of them."""

    world: World
    seen: Seen

    def live(self, person: Person, does: Conduct) -> None:
        """A month of somebody's life."""
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
            )
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
        # Whatever they try besides must be refused; what stands at the end says whether it was.
        limits = month.prices[person.bidder_class]
        for number, price in enumerate((limits.cap + limits.tick, limits.reserve - limits.tick, limits.reserve)):
            if world.rng.random() < BAD_BID_SHARE:
                work.pause(2_000)
                self._one_bid(person, BAD_BIDS + number, price, token[0])
        if world.rng.random() < BAD_BID_SHARE:
            work.pause_until(closes_ms)
            self._one_bid(person, BAD_BIDS + 9, limits.cap // limits.tick * limits.tick, token[0])

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
            if answers[0].status in UNKNOWN:
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
        given = {"account_no": month.new_accounts[person.code], "account_name": person.name}
        body = {"period": month.period, **given}
        if token:
            stranger = world.api.ask("POST", "/refunds/accounts", {**body, "account_name": "陌生人"}, token)
            if stranger.ok:
                self.seen.faults.append("an account in another's name was taken for a refund")

        def give() -> bool:
            answer = world.api.ask("POST", "/refunds/accounts", body, token)
            return answer.ok or answer.status in (404, 409)

        if token:
            self._until(min(deadline_ms, work.now_ms + 6 * HOUR_MS), give, 30 * MINUTE_MS)
