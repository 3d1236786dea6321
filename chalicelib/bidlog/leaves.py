"""The one consumer of the bids' stream: what the table accepted goes into the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from chalicelib.bidding.records import unpack
from chalicelib.bidlog import records
from chalicelib.bidlog.rules import Entry
from chalicelib.kernel.log import logger

_KEY_PARTS = 3


def entries_in(changes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Entry]]:
    """The bids in a batch of the stream, with their period, in the stream's order, each once.

    A change shows all of a bidder's bids so far. The window lies in the same table and is no bid.
    """
    seen: set[tuple[str, str, str, int]] = set()
    for change in changes:
        item = change["dynamodb"].get("NewImage", {})
        parts = item.get("pk", {}).get("S", "").split("#")
        if len(parts) != _KEY_PARTS or "history" not in item:
            continue
        period, bidder_class, code = parts
        for number, bid in enumerate(unpack(item), 1):
            if (period, bidder_class, code, number) not in seen:
                seen.add((period, bidder_class, code, number))
                yield period, Entry(bidder_class, code, number, bid.price_fen, bid.bid_at_ms, bid.request_id)


def handle(event: dict[str, Any], context: object) -> None:
    """The Lambda entry point. A batch that fails comes again, whole and in its place: no bid is passed over."""
    del context
    for period, found in groupby(entries_in(event["Records"]), key=lambda pair: pair[0]):
        added = records.append(period, [entry for _, entry in found])
        logger.info("bid log", extra={"period": period, "leaves": added})
