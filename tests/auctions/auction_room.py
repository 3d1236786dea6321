"""An auction room on an AWS in memory, for one month, with bids laid straight into the table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from chalicelib.auctions import broadcast, close, window
from chalicelib.auctions.exporting import export
from chalicelib.auctions.rules import Bid
from chalicelib.bidding.records import BidsTable, bidder_key, pack
from chalicelib.bidding.rules import DRAIN_MS, PlacedBid
from chalicelib.bidlog.rules import HEADS, TABLE
from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.records import rule_text
from chalicelib.periods.rules import load_rules
from local.cli import app
from tests.bidding.aws_server import MemoryDoor

PERIOD = "2026-03"
WINDOW_KEY = b"window key of the tests"


def month(city: str = "hangzhou", quotas: Mapping[str, int] | None = None, **past: Any) -> Plan:
    """The plan of March 2026; ``past`` is what earlier periods left."""
    known = {"last_average_fen": {}, "lows_fen": {}, "last_mean_fen": {}, **past}
    return nominal(PERIOD, load_rules(city), quotas or {"individual": 2, "unit": 1}, **known)


class AuctionRoom:
    """Everything a step of the auction is handed."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or month()
        self.rules = load_rules(self.plan.city)
        self.clock = SetClock(self.plan.at("auction_opens") - 60_000)
        self.vault = Vault(bytes(32), bytes(range(32)), SystemEntropy())
        self.files = MemoryFiles()
        self.table = BidsTable(MemoryDoor(), "bids_table")

    @property
    def opens(self) -> int:
        return self.plan.at("auction_opens")

    @property
    def closes(self) -> int:
        return self.plan.at("auction_closes")

    def prepare(self) -> dict[str, str]:
        return window.prepare(
            self.plan,
            self.rules,
            clock=self.clock,
            entropy=SystemEntropy(),
            vault=self.vault,
            window_key=WINDOW_KEY,
            table=self.table,
            files=self.files,
        )

    def lay(self, bids: Iterable[Bid], bidder_class: str = "individual") -> None:
        """Lay accepted bids into the table as the bid function would have written them."""
        of_bidder: dict[str, list[Bid]] = {}
        for bid in sorted(bids, key=lambda one: one.bid_at_ms):
            of_bidder.setdefault(bid.code, []).append(bid)
        for code, placed in of_bidder.items():
            history = [pack(PlacedBid(f"{code}-{at}", bid.price_fen, bid.bid_at_ms)) for at, bid in enumerate(placed)]
            item = {"pk": {"S": bidder_key(self.plan.period, bidder_class, code)}, "history": {"L": history}}
            client("dynamodb").put_item(TableName=self.table.name, Item=item)

    def broadcast(self, number: int) -> dict[str, Any]:
        return broadcast.broadcast(self.plan, self.rules, number, clock=self.clock, table=self.table, files=self.files)

    def after_the_drain(self) -> None:
        self.clock.at_ms = self.closes + DRAIN_MS

    def close(self) -> dict[str, Any]:
        return close.close(
            self.plan,
            self.rules,
            qualified={"individual": 9, "unit": 4},
            clock=self.clock,
            vault=self.vault,
            table=self.table,
            files=self.files,
        )

    def recount(self, folder: Path, quota: int) -> dict[str, Any]:
        """What ``hangpai rank`` counts of the individuals from what was exported for the notary, left in ``folder``."""
        for each in export(self.plan, rule_text(self.plan.city), self.files)["files"]:
            if each["name"] in (TABLE, HEADS):
                continue  # laid down by the log's own steps
            (folder / each["name"]).write_bytes(self.files.read("work", each["key"]))
        asked = ["rank", str(folder / "bids-individual.csv"), "--rules", str(folder / "rules.toml"), "--json"]
        asked += ["--class", "individual", "--quota", str(quota), "--winners", str(folder / "winners.csv")]
        done = CliRunner().invoke(app, [*asked, "--seed", (folder / "seed.txt").read_text().strip()])
        assert done.exit_code == 0, done.output
        counted: dict[str, Any] = json.loads(done.stdout)
        return counted
