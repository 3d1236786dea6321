"""The regulator and the banks: they hand in their files when they are due, now and then badly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from local.month import CHANNEL
from local.payments import MINSHENG
from local.simulation.faults import HOUR_MS
from local.simulation.seen import MINUTE_MS
from local.simulation.world import World


@dataclass
class Suppliers:
    """Whoever delivers files."""

    world: World

    def begin(self) -> None:
        """Deliver in time."""
        world, plan = self.world, self.world.month.plan
        world.clockwork.spawn("regulator", self._regulate)
        for day in sorted({due.day for due in plan.statements}):
            due_ms = max(due.due.at_ms for due in plan.statements if due.day == day)
            world.clockwork.spawn("banks", partial(self._state, day), due_ms - world.rng.randint(0, 3) * HOUR_MS)

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

    def _state(self, day: date) -> None:
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
