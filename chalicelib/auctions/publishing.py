"""After the close: the result for everybody, and to each bidder his own rank."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from chalicelib.auctions import records
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import NotFound, TooEarlyOrLate
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import canonical, digest_of
from chalicelib.kernel.money import FEN_PER_YUAN

_NOT_OF_RESULT = ("qualified", "more_quota")


def closed(period: str) -> dict[str, Any]:
    """The result that stands, published or not. Raises ``TooEarlyOrLate`` (``AUCTION_NOT_CLOSED``)."""
    content: dict[str, Any] | None = records.fact(period, "result")
    if content is None:
        raise TooEarlyOrLate("AUCTION_NOT_CLOSED", "本期竞价尚未开标")
    return content


def publish(period: str, files: Files) -> dict[str, str]:
    """Publish the result, seed included, as ``auction/{period}/result.json``; from then on ranks may be asked for."""
    content = closed(period)
    key = f"auction/{period}/result.json"
    files.write_once("public", key, canonical(content), "application/json")
    records.keep_same(period, "published", {"sha256": digest_of(content)})
    return {"key": key}


def publish_receipt_key(period: str, public_key: str, files: Files) -> dict[str, str]:
    """Publish what receipts are checked with, before the first of them, as ``auction/{period}/receipt-key.json``.

    A receipt names a key itself, but only one from elsewhere tells that it is the hub's. Raises ``Conflict``
    (``FILE_CHANGED``) where another key was published for the period.
    """
    key = f"auction/{period}/receipt-key.json"
    content = {
        "period": period,
        "algorithm": "Ed25519",
        "public_key": public_key,
        "sha256": hashlib.sha256(base64.b64decode(public_key)).hexdigest(),
    }
    files.write_once("public", key, canonical(content), "application/json")
    return {"key": key}


def published(period: str) -> dict[str, Any]:
    """The published result. Raises ``NotFound`` (``RESULT_NOT_PUBLISHED``)."""
    if records.fact(period, "published") is None:
        raise NotFound("RESULT_NOT_PUBLISHED", "本期竞价结果尚未公布")
    return closed(period)


def own_result(period: str, code: str) -> dict[str, Any]:
    """A bidder's own rank, won or lost, beside what was announced of his class.

    ``{"period", "bidder_class", "price", "bid_at", "rank", "won", "announced": {...}}``, prices in whole yuan;
    ``announced`` has the keys of ``Result.as_dict()``. Raises ``NotFound`` (``RESULT_NOT_PUBLISHED``, ``NO_BID`` for
    somebody who never bid).
    """
    content = published(period)
    standing = records.standing(period, code)
    if standing is None:
        raise NotFound("NO_BID", "您在本期竞价中没有出价")
    of_class = content["classes"][standing.bidder_class]
    return {
        "period": period,
        "bidder_class": standing.bidder_class,
        "price": standing.price_fen // FEN_PER_YUAN,
        "bid_at": local_text(standing.bid_at_ms),
        "rank": standing.rank,
        "won": standing.won,
        "announced": {name: announced for name, announced in of_class.items() if name not in _NOT_OF_RESULT},
    }
