"""What must hold after every single write, looked at as it is written: cheap, and told at the instant it breaks."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from local.load.expressions import Item
from local.simulation.world import World

# State -> those that may follow it. Whatever is not named here may stand still only.
FORWARD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "credit#": {
        "matched": ("returned", "returning"),
        "doubtful": ("matched", "returnable"),
        "returnable": ("returning", "returned"),
        "returning": ("returned",),
        "returned": ("returning",),
    },
    "deposit#": {
        "held": ("rolled", "forfeited", "refunding"),
        "refunding": ("refunded",),
    },
    "refund#": {
        "planned": ("sent", "failed"),
        "sent": ("paid", "failed"),
        "failed": ("replaced",),
    },
    "file#": {
        "planned": ("approved",),
        "approved": ("sending",),
        "sending": ("sent", "refused", "returned"),
        "sent": ("returned",),
    },
}
NEVER_CHANGED = ("AUDIT",)


class Watcher:
    """Looks at each write. ``faults`` says what broke; the month ends at the first one."""

    def __init__(self, world: World) -> None:
        self.faults: list[str] = []
        self.looked: Counter[str] = Counter()
        self._tables = {
            os.environ[f"{name}_TABLE"]: name for name in ("LEDGER", "DEPOSITS", "REFUNDS", "BIDS", "AUDIT")
        }
        self._bids_max = world.month.bids_max
        world.on_change.append(self.look)

    def look(self, table: str, before: Item | None, after: Item | None) -> None:
        """One write."""
        name = self._tables.get(table, "")
        self.looked[name] += 1
        if name == "LEDGER":
            self._ledger(before, after)
        elif name == "BIDS":
            self._bid(before, after)
        elif name in NEVER_CHANGED and before is not None:
            self.faults.append(f"an entry of {name} was changed or removed")
        elif name in ("DEPOSITS", "REFUNDS"):
            self._state(name, before, after)

    def _ledger(self, before: Item | None, after: Item | None) -> None:
        if after is None or "legs" not in after:
            if before is not None and "legs" in before:
                self.faults.append(f"ledger entry {before['sk']['S']} was removed")
            return
        if before is not None and before != after:
            self.faults.append(f"ledger entry {after['cause']['S']} was changed")
        total = sum(leg[1] for leg in json.loads(after["legs"]["S"]))
        if total:
            self.faults.append(f"ledger entry {after['cause']['S']} adds up to {total} fen")

    def _bid(self, before: Item | None, after: Item | None) -> None:
        if after is None or "history" not in after:
            if before is not None and "history" in before:
                self.faults.append("bids were removed")
            return
        old = before["history"]["L"] if before else []
        new = after["history"]["L"]
        if new[: len(old)] != old or len(new) > len(old) + 1:
            self.faults.append(f"bids of {after['pk']['S']} were changed, not added to")
        if len(new) > self._bids_max:
            self.faults.append(f"{after['pk']['S']} bid {len(new)} times")
        if len({bid["M"]["request_id"]["S"] for bid in new}) != len(new):
            self.faults.append(f"one request of {after['pk']['S']} was taken twice")

    def _state(self, name: str, before: Item | None, after: Item | None) -> None:
        kind = next((each for each in FORWARD if (after or before or {})["sk"].get("S", "").startswith(each)), "")
        if not kind or before is None or "state" not in before:
            return
        if after is None:
            self.faults.append(f"{name} {before['sk']['S']} was removed")
            return
        old, new = _word(before), _word(after)
        if old != new and new not in FORWARD[kind].get(old, ()):
            self.faults.append(f"{name} {before['sk']['S']} went from {old} to {new}")


def _word(item: Item) -> Any:
    return item["state"].get("S")
