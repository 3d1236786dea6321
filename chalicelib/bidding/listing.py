"""All bids of a period, for broadcasts and the close: a parallel, strongly consistent scan, unpacked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from chalicelib.bidding.door import PAGE
from chalicelib.bidding.records import BidsTable, bidder_key, unpack
from chalicelib.bidding.rules import PlacedBid
from chalicelib.kernel.collector import no_cycles_sought

SEGMENTS = 8


class Bidder(NamedTuple):
    """A bidder and all the bids that were accepted of him, in order."""

    code: str
    bidder_class: str
    placed: tuple[PlacedBid, ...]


@no_cycles_sought()
def all_bidders(table: BidsTable, period: str, segments: int = SEGMENTS) -> list[Bidder]:
    """Every bidder of the period, in the order of the scan: nothing that is counted may depend on it."""
    with ThreadPoolExecutor(segments) as pool:
        found = pool.map(lambda number: list(_segment(table, period, number, segments)), range(segments))
        return [bidder for part in found for bidder in part]


def _segment(table: BidsTable, period: str, number: int, segments: int) -> Iterator[Bidder]:
    prefix = bidder_key(period, "", "").removesuffix("#")
    asked: dict[str, Any] = {
        "TableName": table.name,
        "Segment": number,
        "TotalSegments": segments,
        "ConsistentRead": True,
        "ProjectionExpression": "pk, history",
        # Who never bid may have an item too, which says from when sessions hold (``voiding``).
        "FilterExpression": "begins_with(pk, :prefix) AND attribute_exists(history)",
        "ExpressionAttributeValues": {":prefix": {"S": prefix}},
    }
    # One text for each class, not one for each bidder: a million fewer to keep, and to compare.
    classes: dict[str, str] = {}
    while True:
        page = table.client.call("Scan", asked, PAGE)
        for item in page["Items"]:
            _, bidder_class, code = item["pk"]["S"].split("#")
            yield Bidder(code, classes.setdefault(bidder_class, bidder_class), unpack(item))
        if not (after := page.get("LastEvaluatedKey")):
            return
        asked["ExclusiveStartKey"] = after
