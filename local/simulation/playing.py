"""One seed played from the first day to the last, and judged."""

from __future__ import annotations

import hashlib
import json
import traceback
from dataclasses import dataclass, field
from functools import partial

from chalicelib.kernel.clock import at_shanghai, local_text
from local.checks.check import Check
from local.simulation import patches
from local.simulation.bidders import Bidder
from local.simulation.judging import judge
from local.simulation.machines import SUCCEEDED
from local.simulation.office import PASSWORDS, RESTARTS_MAX, ROLES, Office
from local.simulation.seen import Seen
from local.simulation.suppliers import Suppliers
from local.simulation.watching import Watcher
from local.simulation.world import ENDS, World

# Whoever must not die of an answer that he did not expect.
LIVING = ("planner", "bidder", "banks", "regulator", "slow banks", "clocks")


@dataclass
class Played:
    """What came of a seed. ``digest`` is over every table and file: the same seed has the same one."""

    seed: int
    faults: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    events: int = 0
    restarts: int = 0
    ended_at: str = ""
    digest: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything held."""
        return not self.faults


def play(seed: int, *, calm: bool = False) -> Played:
    """Play a month and judge it. Whatever it raises is a fault too."""
    world = World(seed, calm=calm)
    played = Played(seed)
    with patches.play(world, seed):
        seen, watcher = Seen(), Watcher(world)
        try:
            played.ended_at = local_text(_live(world, seen, watcher))
            played.faults += watcher.faults
            if not played.faults:
                played.checks = judge(world, seen)
        except Exception:  # whatever it is, it is this seed's, and is said
            played.faults.append(traceback.format_exc(limit=-6))
        world.clockwork.clear()
    played.faults += [f"{each.name}: {each.detail}" for each in played.checks if not each.holds]
    played.faults += seen.faults
    played.struck = {kind: count for kind, count in world.faults.seen.items() if count}
    played.events, played.calls = world.clockwork.events, world.functions.invoked
    played.restarts = seen.restarts
    played.ended_at = played.ended_at or local_text(world.clockwork.now_ms)
    played.digest = _digest(world)
    return played


def _live(world: World, seen: Seen, watcher: Watcher) -> int:
    """The month itself, and when it ended (epoch ms). Raises ``RuntimeError`` where it does not come to its end."""
    from chalicelib.kernel.ids import SystemEntropy
    from chalicelib.periods.operators import add_operator

    calm_until, world.faults.until_ms = world.faults.until_ms, 0
    for name, roles in ROLES.items():
        add_operator(name, PASSWORDS[name], roles, SystemEntropy())
    world.faults.until_ms = calm_until
    Office(world, seen).begin()
    Suppliers(world, seen).begin()
    for person in world.month.people:
        one = partial(Bidder(world, seen).live, person, world.month.conduct[person.code])
        world.clockwork.spawn("bidder", one, world.month.plan.at("deposits_open"))
    period = f"PeriodMachine:{world.month.period}-"

    def over() -> bool:
        if watcher.faults or seen.restarts > RESTARTS_MAX:
            return True
        return any(
            each.status == SUCCEEDED for name, each in world.machines.executions.items() if name.startswith(period)
        )

    world.clockwork.run(at_shanghai(ENDS), over)
    ended_ms = world.clockwork.now_ms
    if watcher.faults:
        return ended_ms
    if seen.restarts > RESTARTS_MAX:
        raise RuntimeError(f"the month was started {seen.restarts} times; last {world.functions.last_error}")
    if not over():
        stuck = [f"{each.arn} {each.status} {each.error}" for each in world.machines.executions.values()]
        raise RuntimeError(f"the month never came to its end: {'; '.join(stuck[-8:])}")
    # What is still on its way arrives: late messages may change nothing any more.
    world.clockwork.run(world.clockwork.now_ms + 3 * 86_400_000, lambda: bool(watcher.faults))
    world.faults.until_ms, world.faults.dark = 0, ()
    for strand in world.clockwork.strands:
        if strand.ended and strand.error is not None and strand.name in LIVING:
            raise strand.error
    return ended_ms


def _digest(world: World) -> str:
    digest = hashlib.sha256()
    for name, table in sorted(world.store.held.items()):
        digest.update(json.dumps([name, table.partitions], sort_keys=True, default=repr).encode())
    for bucket, files in sorted(world.cloud.buckets.items()):
        for key, content in sorted(files.items()):
            digest.update(f"{bucket}/{key} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()
