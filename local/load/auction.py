"""The auction that the load bids in: prepared, broadcast, closed, published and sealed by the hub's own code.

Imported only when the environment says where the tables are: records read their tables' names at import.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.auctions import broadcast, close, exporting, publishing, window
from chalicelib.auctions.records import Standing, standings
from chalicelib.bidding.door import DYNAMODB, Door, SecretsDoor
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.bidlog.rules import HEADS, TABLE
from chalicelib.evidence.sealing import seal
from chalicelib.kernel.clock import Clock, SystemClock
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.settings import settings
from chalicelib.periods.milestones import Milestone
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.rules import load_rules, rule_text
from local.load.bidders import CAP_YUAN
from local.load.web import now_ms

PERIOD, CITY = "2026-03", "hangzhou"
QUOTA_SHARE = 0.065


class PublicFiles(MemoryFiles):
    """Files in memory, and the public ones also in a folder, where the front serves them."""

    def __init__(self, public: Path) -> None:
        super().__init__()
        self._public = public

    def write(
        self, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream", cache: str = ""
    ) -> None:
        """Write a file, over whatever stood there."""
        super().write(bucket, key, body, content_type, cache)
        if bucket == "public":
            path = self._public / key
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_bytes(body)
            new.replace(path)


class Auction:
    """One auction day over the tables of this run."""

    def __init__(self, classes: Counter[str], opens_at_ms: int, closes_at_ms: int, public: Path) -> None:
        self.classes = classes
        self.clock: Clock = SystemClock()
        self.files = PublicFiles(public)
        self.table = BidsTable(Door(DYNAMODB), settings().need("BIDS_TABLE"))
        self.keys = Keyring(SecretsDoor(), settings(), SystemEntropy())
        # It seals nothing here but the seed, which lives no longer than the run.
        self.vault = Vault(SystemEntropy().token(32), SystemEntropy().token(32), SystemEntropy())
        self.rules = load_rules(CITY)
        self.plan = self._plan(opens_at_ms, closes_at_ms)

    def _plan(self, opens_at_ms: int, closes_at_ms: int) -> Plan:
        quotas = {name: max(1, int(self.classes[name] * QUOTA_SHARE)) for name in ("individual", "unit")}
        averages = dict.fromkeys(quotas, CAP_YUAN * 100 // 2)  # the cap is twice this
        plan = nominal(PERIOD, self.rules, quotas, last_average_fen=averages, lows_fen={}, last_mean_fen={})
        moved = {
            "auction_opens": Milestone(opens_at_ms, plan.day("auction_opens")),
            "auction_closes": Milestone(closes_at_ms, plan.day("auction_closes")),
        }
        third = (closes_at_ms - opens_at_ms) // 3
        broadcasts = tuple(
            Milestone(opens_at_ms + number * third, each.date) for number, each in enumerate(plan.broadcasts, 1)
        )
        return replace(plan, milestones={**plan.milestones, **moved}, broadcasts=broadcasts)

    def prepare(self) -> None:
        """Lay the signed window down and publish it."""
        window.prepare(
            self.plan,
            self.rules,
            clock=self.clock,
            entropy=SystemEntropy(),
            vault=self.vault,
            window_key=self.keys.window_key(),
            table=self.table,
            files=self.files,
        )

    def broadcast(self, number: int) -> dict[str, Any]:
        """Broadcast an average."""
        given = {"clock": self.clock, "table": self.table, "files": self.files}
        return broadcast.broadcast(self.plan, self.rules, number, **given)  # type: ignore[arg-type]

    def wait_for_the_drain(self) -> None:
        """Until the close may count."""
        left_ms = self.plan.at("auction_closes") + DRAIN_MS - now_ms()
        time.sleep(max(0, left_ms / 1_000))

    def close(self) -> dict[str, Any]:
        """Scan, verify, rank and keep the result; seal what the notary gets, publish."""
        result = close.close(
            self.plan,
            self.rules,
            qualified=self.classes,
            clock=self.clock,
            vault=self.vault,
            table=self.table,
            files=self.files,
        )
        listed = exporting.export(self.plan, rule_text(CITY), self.files)["files"]
        # There is no stream here, and so no bid log: what is sealed is not for a notary.
        there = [each for each in listed if each["name"] not in (TABLE, HEADS)]
        contents = {each["name"]: self.files.read("work", each["key"]) for each in there}
        seal(
            PERIOD,
            "auction",
            contents,
            rules_version=self.rules.version,
            signer=self.keys.evidence_signer(),
            files=self.files,
            clock=self.clock,
        )
        publishing.publish(PERIOD, self.files)
        return result

    def standings(self) -> Mapping[str, Standing]:
        """Everybody's rank as it was kept, by code."""
        return {standing.code: standing for standing in standings(PERIOD)}

    def sealed_bids(self, bidder_class: str) -> bytes:
        """The accepted bids that went to the notary."""
        return self.files.read("work", close.bids_key(PERIOD, bidder_class))
