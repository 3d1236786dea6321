"""One month's whole world: clock, weather, AWS, counterparties, and everybody who does something in it."""

from __future__ import annotations

import json
import os
import random
from typing import Any

from chalicelib.kernel.clock import at_shanghai
from local.load.tables import Table
from local.simulation import patches
from local.simulation.api import Api
from local.simulation.clockwork import Clockwork
from local.simulation.cloud import Cloud
from local.simulation.drawn import draw_month
from local.simulation.faults import Faults, draw_faults
from local.simulation.functions import Functions
from local.simulation.machines import Execution, Machines
from local.simulation.parties import Parties, secrets
from local.simulation.queues import Queues
from local.simulation.states import run_machine
from local.simulation.store import Store

STARTS = "2026-03-05T10:00"
# Far beyond any month: what is not over by then is stuck.
ENDS = "2026-06-30T00:00"
# Most months need thirty thousand.
EVENTS_MAX = 400_000
NO_SORT_KEY = ("BIDS",)


class World:
    """Everything there is in the month of a seed."""

    def __init__(self, seed: int, *, calm: bool = False) -> None:
        self.seed = seed
        self.month = draw_month(seed)
        plan = self.month.plan
        rng = random.Random(f"world {seed}")  # noqa: S311 (a simulation guards no secret)
        self.rng = rng
        self.clockwork = Clockwork(rng, at_shanghai(STARTS), EVENTS_MAX)
        instants = sorted({each.at_ms for each in (*plan.milestones.values(), *(s.due for s in plan.statements))})
        # The last days are fair, so that what was broken can be put right before the end.
        self.faults: Faults = draw_faults(rng, instants, plan.at("month_end") + 3_600_000, seed=seed, calm=calm)
        self.functions = Functions(self.clockwork, self.faults, rng, patches.forget)
        self.queues = Queues(self.clockwork, self.faults, self.functions, rng)
        self.machines = Machines(
            self.clockwork, self.functions, rng, run_machine, self.queues.send, lambda b, k: self.cloud.buckets[b][k]
        )
        tables = {
            os.environ[f"{name}_TABLE"]: Table(("pk",) if name in NO_SORT_KEY else ("pk", "sk"))
            for name in patches.ROOMS
        }
        self.store = Store(tables, watch=self._watch)
        self.cloud = Cloud(
            self.clockwork, self.faults, self.store, self.functions, self.machines, self.queues, secrets()
        )
        self.cloud.arrived = self._arrived
        self.api = Api(self.clockwork, self.faults, self.functions)
        self.parties = Parties(self.clockwork, self.faults, self.functions, self.drop, self.api.serve)
        self.machines.ended = self._ended
        self.machines.tasked = self._tasked
        # Who wants to know: of each change in a table, of executions that end, of approvals that are asked for.
        self.on_change: list[Any] = []
        self.on_end: list[Any] = []
        self.on_approval: list[Any] = []
        self._bids = os.environ["BIDS_TABLE"]
        self._sequence = 0

    def bucket(self, role: str) -> dict[str, bytes]:
        """The files of a bucket by key."""
        return self.cloud.buckets.setdefault(os.environ[f"{role.upper()}_BUCKET"], {})

    def execution(self, machine: str, name: str) -> Execution | None:
        """An execution by its machine and name."""
        return self.machines.executions.get(f"{machine}:{name}")

    def _watch(self, table: str, before: Any, after: Any) -> None:
        if table == self._bids and after is not None:
            self.queues.stream(after)
        for tell in self.on_change:
            tell(table, before, after)

    def _ended(self, execution: Execution) -> None:
        for tell in self.on_end:
            tell(execution)

    def _tasked(self, name: str, payload: Any) -> None:
        if name == "periods" and payload.get("step") == "request_approval":
            for tell in self.on_approval:
                tell(payload)

    def _arrived(self, bucket: str, key: str, etag: str) -> None:
        if bucket != os.environ["INBOX_BUCKET"]:
            return
        self._sequence += 1
        dropped = {"key": key, "etag": etag, "sequencer": f"{self._sequence:016X}"}
        event = {"detail-type": "Object Created", "detail": {"bucket": {"name": bucket}, "object": dropped}}
        self.queues.send("InboxQueue", json.dumps(event))

    def drop(self, key: str, content: bytes, *, again: bool = True) -> None:
        """A counterparty puts a file into the inbox, now and then twice."""
        bucket = os.environ["INBOX_BUCKET"]
        self.cloud.put(bucket, key, content)
        if again and self.faults.strikes("file_again", self.clockwork.now_ms):
            self.clockwork.after(self.rng.randint(1_000, 7_200_000), lambda: self.cloud.put(bucket, key, content))
