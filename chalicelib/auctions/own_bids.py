"""A bidder's own bids, read beside the way of a bid: in the API's function, so that no look costs a bid function."""

from __future__ import annotations

from typing import Any

from chalicelib.auctions.window import prepared
from chalicelib.bidding.receipts import signed_receipt
from chalicelib.bidding.records import BidsTable, bidder_key
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tokens import Session


def own_bids(session: Session, table: BidsTable, signer: Signer) -> dict[str, Any]:
    """``{"period", "bidder_class", "bids_max", "bids_left", "bids": [the answer of each bid]}``, the standing one last.

    Each is the very receipt that the bid was answered with (``receipts.signed_receipt``): made from the stored bid
    alone. Raises ``NotFound`` (``AUCTION_NOT_PREPARED``).
    """
    bids_max = int(prepared(session.period)["bids_max"])
    placed = table.placed(bidder_key(session.period, session.bidder_class, session.subject))
    return {
        "period": session.period,
        "bidder_class": session.bidder_class,
        "bids_max": bids_max,
        "bids_left": bids_max - len(placed),
        "bids": [signed_receipt(session, placed, place, bids_max, signer) for place in range(len(placed))],
    }
