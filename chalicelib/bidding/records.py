"""The bids table. One item a bidder, under a key of its own; the window of a period lies beside them.

Written through the low-level API: the bid function pays for no mapper, and a close unpacks 100,000 items by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.bidding.door import BID, WINDOW, Patience, Refused
from chalicelib.bidding.rules import PlacedBid
from chalicelib.bidding.window import SignedWindow

# One write, no read: first bid, or one more of a bidder who has bids left, is later than the standing bid, and was not
# made by this request already. Size, order and repeat are judged by DynamoDB in the write itself, so two revisions at
# once can't both take the last place.
_PLACE = "SET history = list_append(if_not_exists(history, :none), :placed), bid_at_ms = :at ADD request_ids :ids"
_MAY_PLACE = (
    "attribute_not_exists(pk) OR (size(history) < :bids_max AND bid_at_ms < :at AND NOT contains(request_ids, :id))"
)


@dataclass(frozen=True)
class Outcome:
    """What the table said: whether this bid was written, and all the bidder's bids as they stand after it."""

    accepted: bool
    placed: tuple[PlacedBid, ...]


def bidder_key(period: str, bidder_class: str, code: str) -> str:
    """The bidder's own partition."""
    return f"{period}#{bidder_class}#{code}"


def window_key(period: str) -> str:
    """Where a period's window lies."""
    return f"window#{period}"


def pack(bid: PlacedBid) -> dict[str, Any]:
    """A bid as the history keeps it."""
    return {
        "M": {
            "request_id": {"S": bid.request_id},
            "price_fen": {"N": str(bid.price_fen)},
            "bid_at_ms": {"N": str(bid.bid_at_ms)},
        }
    }


def unpack(item: dict[str, Any]) -> tuple[PlacedBid, ...]:
    """The bids in a bidder's item, in the order they were accepted."""
    return tuple(
        [
            PlacedBid(bid["request_id"]["S"], int(bid["price_fen"]["N"]), int(bid["bid_at_ms"]["N"]))
            for bid in [entry["M"] for entry in item.get("history", {"L": ()})["L"]]
        ]
    )


class DynamoDb(Protocol):
    """Whatever carries DynamoDB's operations: ``door.Door``, or one in memory. Errors as the door raises them."""

    def call(self, operation: str, content: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        """The answer of an operation."""
        ...

    def raw(self, operation: str, content: Mapping[str, Any], patience: Patience) -> bytes:
        """The same as the bytes of its JSON."""
        ...


@dataclass(frozen=True)
class BidsTable:
    """The table. ``door.Unanswered`` and any other ``door.Refused`` leave as they are: the outcome is unknown then."""

    client: DynamoDb
    name: str

    def place(self, key: str, bid: PlacedBid, bids_max: int) -> Outcome:
        """Write a bid under the bidder's key, if the condition holds: exactly one ``UpdateItem``."""
        try:
            answer = self.client.call(
                "UpdateItem",
                {
                    "TableName": self.name,
                    "Key": {"pk": {"S": key}},
                    "UpdateExpression": _PLACE,
                    "ConditionExpression": _MAY_PLACE,
                    "ExpressionAttributeValues": {
                        ":none": {"L": []},
                        ":placed": {"L": [pack(bid)]},
                        ":at": {"N": str(bid.bid_at_ms)},
                        ":ids": {"SS": [bid.request_id]},
                        ":id": {"S": bid.request_id},
                        ":bids_max": {"N": str(bids_max)},
                    },
                    "ReturnValues": "ALL_NEW",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
                BID,
            )
        except Refused as refused:
            if refused.code != "ConditionalCheckFailedException":
                raise
            return Outcome(accepted=False, placed=unpack(refused.content["Item"]))
        return Outcome(accepted=True, placed=unpack(answer["Attributes"]))

    def placed(self, key: str) -> Sequence[PlacedBid]:
        """The bidder's bids: read only for a request that comes after the close, never on the way of a bid."""
        asked = {"TableName": self.name, "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        answer = self.client.call("GetItem", asked, BID)
        return unpack(answer.get("Item", {}))

    def window(self, period: str) -> SignedWindow | None:
        """The period's window as it lies there."""
        asked = {"TableName": self.name, "Key": {"pk": {"S": window_key(period)}}}
        answer = self.client.call("GetItem", asked, WINDOW)
        item = answer.get("Item")
        return SignedWindow(item["content"]["S"], item["mac"]["S"]) if item else None

    def save_window(self, period: str, signed: SignedWindow) -> None:
        """Lay a window down, over one that stood there."""
        item = {"pk": {"S": window_key(period)}, "content": {"S": signed.content}, "mac": {"S": signed.mac}}
        self.client.call("PutItem", {"TableName": self.name, "Item": item}, BID)
