"""The receipt: what a bidder holds in hand. Made from the stored bid alone, so that a repeat gets the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.bidding.rules import PlacedBid
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tokens import Session


def signed_receipt(
    session: Session, placed: Sequence[PlacedBid], place: int, bids_max: int, signer: Signer
) -> dict[str, Any]:
    """The answer to the bid at ``place`` (from 0) of a bidder's bids.

    ``{"receipt": {...}, "signature", "public_key"}``: Ed25519 over the receipt's canonical JSON, base64. Ed25519 signs
    the same content the same way each time.
    """
    bid = placed[place]
    receipt = {
        "period": session.period,
        "bidder_class": session.bidder_class,
        "application_code": session.subject,
        "request_id": bid.request_id,
        "price": bid.price_fen // FEN_PER_YUAN,
        "bid_at": local_text(bid.bid_at_ms),
        "bid_number": place + 1,
        "bids_left": bids_max - place - 1,
    }
    if bid.lowest_fen is not None and bid.lowest_at_ms is not None:
        # What the price was held to, said and signed: who was refused with another one can ask why.
        receipt["lowest"] = bid.lowest_fen // FEN_PER_YUAN
        receipt["lowest_at"] = local_text(bid.lowest_at_ms)
    return {"receipt": receipt, "signature": signer.sign(receipt), "public_key": signer.public_key}
