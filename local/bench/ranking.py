"""The close's arithmetic: from a scan's pages, as bytes, to the counted result and the digest of every rank."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from chalicelib.auctions.close import count, ranking_digest
from chalicelib.auctions.rules import rank, standing_bids
from chalicelib.auctions.verifying import accepted_bids, check_bidders
from chalicelib.bidding.door import Patience
from chalicelib.bidding.listing import all_bidders
from chalicelib.bidding.records import BidsTable, bidder_key, pack
from chalicelib.bidding.rules import PlacedBid, PriceLimits, Window
from chalicelib.kernel.collector import no_cycles_sought
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.rules import RuleSet, load_rules
from local.bench.measure import Measure, in_turns
from local.bench.postgres import cluster, missing

PERIOD, QUOTA, SEED = "2026-03", 1_300, b"seed of the benchmark"
OPENS_MS, WINDOW_MS = 1_774_400_000_000, 6 * 3_600_000
MANY, FEW, ROUNDS, PAGE_ITEMS = 1_000_000, 10_000, 3, 4_000


class Pages:
    """A scan's pages as DynamoDB sends them, kept as bytes; ``raw`` hands them out segment by segment."""

    def __init__(self, bids: int) -> None:
        chance = random.Random(7)  # noqa: S311 (the same bids in every run)
        items = [self._item(number, chance) for number in range(bids)]
        chance.shuffle(items)  # a scan goes by the keys' hashes
        self.pages = [
            json.dumps({"Items": items[at : at + PAGE_ITEMS]}, separators=(",", ":")).encode()
            for at in range(0, bids, PAGE_ITEMS)
        ]

    @staticmethod
    def _item(number: int, chance: random.Random) -> dict[str, Any]:
        at_ms = OPENS_MS + chance.randrange(WINDOW_MS)
        bid = PlacedBid(f"0f8fad5b-d9cb-469f-a165-{number:012d}", chance.randrange(100, 400) * 10_000, at_ms)
        return {"pk": {"S": bidder_key(PERIOD, "individual", f"33{number:011d}")}, "history": {"L": [pack(bid)]}}

    def call(self, operation: str, content: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        """A page."""
        page: dict[str, Any] = json.loads(self.raw(operation, content, patience))
        return page

    def raw(self, operation: str, content: Mapping[str, Any], patience: Patience) -> bytes:
        """A page's bytes."""
        del operation, patience
        at = int(content["ExclusiveStartKey"]["pk"]["S"]) if "ExclusiveStartKey" in content else content["Segment"]
        if at >= len(self.pages):
            return b'{"Items":[]}'
        after = at + content["TotalSegments"]
        return self.pages[at][:-1] + b',"LastEvaluatedKey":{"pk":{"S":"%d"}}}' % after


def _month() -> tuple[Plan, RuleSet]:
    rules = load_rules("hangzhou")
    return nominal(
        PERIOD, rules, {"individual": QUOTA, "unit": 0}, last_average_fen={}, lows_fen={}, last_mean_fen={}
    ), rules


@no_cycles_sought()
def _ours_seconds(pages: Pages) -> float:
    plan, rules = _month()
    began = time.process_time()
    bidders = all_bidders(BidsTable(pages, "bids"), PERIOD)
    limits = {"individual": PriceLimits(1_000_000, 10_000, None)}
    check_bidders(bidders, Window(PERIOD, OPENS_MS, OPENS_MS + WINDOW_MS, 3, limits))
    outcome = count(*accepted_bids(bidders, "individual"), "individual", plan=plan, rules=rules, seed=SEED)
    ranking_digest(("individual", place, bid.code, place <= QUOTA) for place, bid in enumerate(outcome.ranked, 1))
    return time.process_time() - began


def _lexsort_seconds(pages: Pages) -> float:
    return _numpy_seconds(pages)


@no_cycles_sought()
def _lexsort_alike_seconds(pages: Pages) -> float:
    return _numpy_seconds(pages)


def _numpy_seconds(pages: Pages) -> float:
    import numpy as np
    import orjson

    began = time.process_time()
    parsed = [orjson.loads(page) for page in pages.pages]
    spent = time.process_time() - began
    bids = [item["history"]["L"][0]["M"] for page in parsed for item in page["Items"]]
    prices = np.array([int(bid["price_fen"]["N"]) for bid in bids])
    times = np.array([int(bid["bid_at_ms"]["N"]) for bid in bids])
    began = time.process_time()
    np.lexsort((times, -prices))[:QUOTA].tolist()
    return spent + time.process_time() - began


def ranking() -> list[Measure]:
    """Against orjson and numpy on the same bytes, and against itself at a hundredth of the size."""
    many, few = Pages(MANY), Pages(FEW)
    _ours_seconds(few)
    ours: list[float] = []
    others: list[float] = []
    alike: list[float] = []
    small: list[float] = []
    for _ in range(ROUNDS):
        ours.append(_ours_seconds(many))
        others.append(_lexsort_seconds(many))
        alike.append(_lexsort_alike_seconds(many))
        small += [_ours_seconds(few) for _ in range(5)]
    linear = median(small) * MANY / FEW
    what = "CPU, 1,000,000 bids to ranks' digest; orjson + numpy.lexsort"
    return [
        Measure("ranking-1m", what, "s", median(ours), median(others), 2),
        Measure("ranking-1m-no-gc", f"{what}, its collector off too", "s", median(ours), median(alike), 2),
        Measure("ranking-linear", "CPU, 1,000,000 bids; 100 times that of 10,000", "s", median(ours), linear, 1.2),
        *_against_postgres(many),
    ]


def _against_postgres(pages: Pages) -> list[Measure]:
    if why := missing():
        print(f"ranking-1m-postgres skipped: {why}")
        return []
    bids, _ = accepted_bids(all_bidders(BidsTable(pages, "bids"), PERIOD), "individual")
    limited = f"SELECT code FROM bids ORDER BY price DESC, bid_at LIMIT {QUOTA}"  # noqa: S608
    everyone = "SELECT sum(place) FROM (SELECT row_number() OVER (ORDER BY price DESC, bid_at) AS place FROM bids) r"
    with cluster() as database:
        database.execute("CREATE UNLOGGED TABLE bids (code text, price bigint, bid_at bigint)")
        with database.cursor() as cursor, cursor.copy("COPY bids FROM STDIN") as rows:
            for bid in bids:
                rows.write_row(bid)
        database.execute("VACUUM ANALYZE bids")
        winners = [row[0] for row in database.execute(limited).fetchall()]
        with no_cycles_sought():
            # A tie may fall either way there: only the seed decides it, and only with us.
            assert len(set(winners) & {bid.code for bid in rank(bids, SEED)[:QUOTA]}) >= QUOTA - 5  # noqa: S101
            whole, top, ranked, placed = in_turns(
                ROUNDS,
                lambda: _elapsed_seconds(lambda: _ours_seconds(pages)),
                lambda: _elapsed_seconds(lambda: database.execute(limited).fetchall()),
                lambda: _elapsed_seconds(lambda: rank(standing_bids(bids), SEED)),
                lambda: _elapsed_seconds(lambda: database.execute(everyone).fetchall()),
            )
    return [
        Measure("ranking-1m-postgres", "elapsed, the same; PostgreSQL 15, ORDER BY LIMIT quota", "s", whole, top, 1),
        Measure(
            "ranking-ranks-postgres", "elapsed, rows to all ranks; PostgreSQL 15, row_number", "s", ranked, placed, 1
        ),
    ]


def _elapsed_seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
