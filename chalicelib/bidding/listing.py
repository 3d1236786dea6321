"""All bids of a period, for broadcasts and the close: a parallel, strongly consistent scan, unpacked by hand."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.bidding.door import PAGE
from chalicelib.bidding.records import BidsTable, bidder_key, unpack
from chalicelib.bidding.rules import PlacedBid

SEGMENTS = 8


@dataclass(frozen=True)
class Bidder:
    """A bidder and all the bids that were accepted of him, in order."""

    code: str
    bidder_class: str
    placed: tuple[PlacedBid, ...]


def all_bidders(table: BidsTable, period: str, segments: int = SEGMENTS) -> list[Bidder]:
    """Every bidder of the period, sorted by class and code."""
    with _no_cycles_sought(), ThreadPoolExecutor(segments) as pool:
        found = pool.map(lambda number: list(_segment(table, period, number, segments)), range(segments))
        return sorted(
            (bidder for part in found for bidder in part), key=lambda bidder: (bidder.bidder_class, bidder.code)
        )


@contextmanager
def _no_cycles_sought() -> Iterator[None]:
    """A million small records hold no cycle; to look for one again and again costs more than to make them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _segment(table: BidsTable, period: str, number: int, segments: int) -> Iterator[Bidder]:
    prefix = bidder_key(period, "", "").removesuffix("#")
    asked: dict[str, Any] = {
        "TableName": table.name,
        "Segment": number,
        "TotalSegments": segments,
        "ConsistentRead": True,
        "ProjectionExpression": "pk, history",
        "FilterExpression": "begins_with(pk, :prefix)",
        "ExpressionAttributeValues": {":prefix": {"S": prefix}},
    }
    while True:
        page = table.client.call("Scan", asked, PAGE)
        for item in page["Items"]:
            _, bidder_class, code = item["pk"]["S"].split("#")
            yield Bidder(code, bidder_class, unpack(item))
        if not (after := page.get("LastEvaluatedKey")):
            return
        asked["ExclusiveStartKey"] = after
