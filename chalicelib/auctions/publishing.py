"""After the close: the result for everybody, and to each bidder his own rank."""

from __future__ import annotations

from typing import Any

from chalicelib.auctions import records
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import NotFound, TooEarlyOrLate
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import canonical, digest_of
from chalicelib.kernel.money import FEN_PER_YUAN


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


def published(period: str) -> dict[str, Any]:
    """The published result. Raises ``NotFound`` (``RESULT_NOT_PUBLISHED``)."""
    if records.fact(period, "published") is None:
        raise NotFound("RESULT_NOT_PUBLISHED", "本期竞价结果尚未公布")
    return closed(period)


def own_result(period: str, code: str) -> dict[str, Any]:
    """A bidder's own rank: ``{"period", "bidder_class", "price", "bid_at", "rank", "won"}``, price in whole yuan.

    Raises ``NotFound`` (``RESULT_NOT_PUBLISHED``, ``NO_BID`` for somebody who never bid).
    """
    published(period)
    standing = records.standing(period, code)
    if standing is None:
        raise NotFound("NO_BID", "您在本期竞价中没有出价")
    return {
        "period": period,
        "bidder_class": standing.bidder_class,
        "price": standing.price_fen // FEN_PER_YUAN,
        "bid_at": local_text(standing.bid_at_ms),
        "rank": standing.rank,
        "won": standing.won,
    }
