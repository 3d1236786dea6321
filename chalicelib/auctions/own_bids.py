"""A bidder's own bids, shown by the API's function; their receipts come from the only one that can make any.

It is asked past its alias, so that no look costs a bid one of the environments that stand ready (docs/decisions/0066).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalicelib.auctions.window import prepared
from chalicelib.kernel.errors import Pending
from chalicelib.kernel.tokens import Session

# The receipts of a bidder's stored bids, the first one first.
Receipts = Callable[[Session], list[dict[str, Any]]]


def own_bids(session: Session, receipts: Receipts) -> dict[str, Any]:
    """``{"period", "bidder_class", "bids_max", "bids_left", "bids": [the answer of each bid]}``, the standing one last.

    Each is the very receipt that the bid was answered with (``receipts.signed_receipt``): made from the stored bid
    alone. Raises ``NotFound`` (``AUCTION_NOT_PREPARED``) or what ``receipts`` raises.
    """
    bids_max = int(prepared(session.period)["bids_max"])
    bids = receipts(session)
    return {
        "period": session.period,
        "bidder_class": session.bidder_class,
        "bids_max": bids_max,
        "bids_left": bids_max - len(bids),
        "bids": bids,
    }


def receipts_from(functions: Any, name: str) -> Receipts:
    """Receipts from the bid function ``name`` by way of Lambda's client. Raises ``Pending`` where it gives none."""

    def ask(session: Session) -> list[dict[str, Any]]:
        asked = {
            "step": "receipts",
            "period": session.period,
            "bidder_class": session.bidder_class,
            "code": session.subject,
        }
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(asked))
        if "FunctionError" in answer:
            raise Pending("RECEIPTS_PENDING", "出价记录暂时无法读取,请稍后再试")
        found: list[dict[str, Any]] = json.loads(answer["Payload"].read())["receipts"]
        return found

    return ask
