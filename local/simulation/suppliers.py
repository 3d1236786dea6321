"""The regulator and the banks: they hand in their files when they are due, now and then badly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from integrations.minsheng.simulator.paper import shown_serial
from integrations.simulated import Teller
from local.month import CHANNEL
from local.payments import MINSHENG
from local.simulation.faults import HOUR_MS
from local.simulation.machines import RUNNING
from local.simulation.seen import MINUTE_MS, Seen
from local.simulation.world import World

ASKED_AGAIN_MAX = 20
CLOCK_JUMP_MS_MAX = 1_500
TOLD_SHARE = 0.3
OWN_RATE_PPM = 2_000


@dataclass
class Suppliers:
    """Whoever delivers files."""

    world: World
    seen: Seen

    def begin(self) -> None:
        """Deliver in time."""
        world, plan = self.world, self.world.month.plan
        world.clockwork.spawn("regulator", self._regulate)
        if world.faults.strikes("working", world.clockwork.now_ms):
            world.clockwork.spawn("slow banks", self._dawdle)
        if world.faults.strikes("clock", world.clockwork.now_ms):
            world.clockwork.spawn("clocks", self._set_clocks)
        if world.faults.turned_away:
            world.clockwork.spawn("slow banks", self._turn_away)
        if world.faults.advised_before_ms is not None:
            at_ms = plan.at("refunds_1_by") - world.faults.advised_before_ms
            world.clockwork.spawn("banks", self._advise_interest, at_ms)
        for day in sorted({due.day for due in plan.statements}):
            due_ms = max(due.due.at_ms for due in plan.statements if due.day == day)
            world.clockwork.spawn("banks", partial(self._state, day), due_ms - world.rng.randint(0, 3) * HOUR_MS)

    def _dawdle(self) -> None:
        """Banks that take their time: one works batches through hours later, the other keeps its return files."""
        world = self.world
        plan, bank, minsheng = world.month.plan, world.parties.bank, world.parties.minsheng
        minsheng.control("/_slow", {"slow": True})
        bank.control("/_faults", {"hold_returns": world.rng.randint(1, 3)})
        world.clockwork.pause_until(plan.at("settlement_closes"))
        while world.clockwork.now_ms < plan.at("month_end"):
            world.clockwork.pause(world.rng.randint(1, 8) * HOUR_MS)
            minsheng.control("/_finish", {})
            for name in bank.account.batches:
                bank.control("/_return", {"name": name})

    def _turn_away(self) -> None:
        """Minsheng turns requests away, until the last batch that the period's machine makes by itself."""
        world, plan = self.world, self.world.month.plan
        faults = world.parties.minsheng.faults
        world.clockwork.pause_until(plan.at("settlement_closes"))
        faults["turn_away"] = world.faults.turned_away
        world.clockwork.pause_until(plan.at("failed_refunds_after") - HOUR_MS)
        world.faults.seen["turned_away"] += world.faults.turned_away - faults.pop("turn_away")

    def _advise_interest(self) -> None:
        """The bank's own interest on what leaves with batch 1, at a rate of its own."""
        world, plan = self.world, self.world.month.plan
        told = {"period": plan.period, "leaves_on": plan.day("refunds_1_by").isoformat(), "rate_ppm": OWN_RATE_PPM}
        world.parties.bank.control("/_interest", {**told, "odd": {}})
        world.faults.seen["advised"] += 1

    def _set_clocks(self) -> None:
        """On auction day the hub's clocks jump, ahead and back, by what time servers put right."""
        world = self.world
        opens_ms, closes_ms = (world.month.plan.at(name) for name in ("auction_opens", "auction_closes"))
        world.clockwork.pause_until(opens_ms - HOUR_MS)
        while world.clockwork.now_ms < closes_ms + HOUR_MS:
            world.clockwork.skew_ms = world.rng.randint(-CLOCK_JUMP_MS_MAX, CLOCK_JUMP_MS_MAX)
            world.clockwork.pause(world.rng.randint(1, 60) * MINUTE_MS)
        world.clockwork.skew_ms = 0

    def _regulate(self) -> None:
        world, plan = self.world, self.world.month.plan
        for kind, at_ms in (("applicants", plan.at("plan_due")), ("qualification", plan.at("deposits_to_notary"))):
            world.clockwork.pause_until(at_ms - world.rng.randint(0, 5) * HOUR_MS)
            for file in world.month.files:
                if file.kind != kind:
                    continue
                if world.faults.strikes("half_file", world.clockwork.now_ms):
                    world.drop(file.key, file.content[: len(file.content) // 2], again=False)
                    world.clockwork.pause(world.rng.randint(1, 40) * MINUTE_MS)
                world.drop(file.key, file.content)

    def _state(self, day: date) -> None:
        world, month = self.world, self.world.month
        parties, text = world.parties, day.isoformat()
        credits_in = {channel: month.credits_of(day, channel) for channel in (CHANNEL, MINSHENG)}
        parties.bank.control("/_credits", credits_in[CHANNEL])
        parties.minsheng.control("/_credits", credits_in[MINSHENG])
        self._tell(parties.bank._teller, credits_in[CHANNEL], str)
        self._tell(parties.minsheng._teller, credits_in[MINSHENG], shown_serial)
        if day == max(due.day for due in month.plan.intake):
            parties.bank.control("/_accounts", dict(month.failing_accounts))
        if world.faults.strikes("half_file", world.clockwork.now_ms):
            spoil = world.rng.choice(("half", "total"))
            parties.bank.control("/_statement", {"day": text, "spoil": spoil})
            world.clockwork.pause(world.rng.randint(1, 40) * MINUTE_MS)
        parties.bank.control("/_statement", {"day": text})
        parties.minsheng.control("/_day", {"day": text})
        parties.alipay.control("/_day", {"day": text})
        for _ in range(ASKED_AGAIN_MAX):
            world.clockwork.pause(12 * HOUR_MS)
            if not self._waits_for(text):
                continue
            # An operator reads the list of refused files and asks the bank for a good one.
            parties.bank.control("/_statement", {"day": text})

    def _tell(self, teller: Teller, credits_in: list[dict[str, Any]], serial_of: Callable[[str], str]) -> None:
        """A bank tells of some credits before its statement has them, and somebody else of one that never was."""
        world = self.world
        for came in credits_in:
            if world.rng.random() < TOLD_SHARE:
                copies = 2 if world.faults.strikes("twice", world.clockwork.now_ms) else 1
                teller.tell(came, serial_of(str(came["serial"])), copies=copies)
        if credits_in and world.rng.random() < TOLD_SHARE:
            forged = {**credits_in[0], "serial": "HZ9999999999999", "amount_fen": 200_000}
            if 200 in teller.tell(forged, "HZ9999999999999", spoil=world.rng.choice(("signature", "stale", "account"))):
                self.seen.faults.append("a forged notice of a credit was taken")

    def _waits_for(self, day: str) -> bool:
        began = f"DepositStatementMachine:{self.world.month.period}-{CHANNEL}-{day}-"
        executions = self.world.machines.executions.items()
        return any(name.startswith(began) and each.status == RUNNING for name, each in executions)
