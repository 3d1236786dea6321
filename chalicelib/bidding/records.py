"""The bids table. One item a bidder, under a key of its own; the window of a period lies beside them.

Written through the low-level API: the bid function pays for no mapper, and a close unpacks 100,000 items by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from chalicelib.bidding.door import BID, WINDOW, Patience, Refused
from chalicelib.bidding.rules import PlacedBid, WindowPhase
from chalicelib.bidding.signed import Signed

# One write, no read: first bid, or one more of a bidder who has bids left, is later than the standing bid, and was not
# made by this request already; the session is one that holds still (``voiding``). Size, order, repeat and session are
# judged by DynamoDB in the write itself, so two revisions at once can't both take the last place. Before the first bid
# there may be an item that only says from when sessions hold.
_PLACE = "SET history = list_append(if_not_exists(history, :none), :placed), bid_at_ms = :at ADD request_ids :ids"
_SESSION_HOLDS = "(attribute_not_exists(sessions_from_ms) OR sessions_from_ms <= :session)"
_MAY_PLACE = (
    "(attribute_not_exists(history) OR"
    " (size(history) < :bids_max AND bid_at_ms < :at AND NOT contains(request_ids, :id)))"
    f" AND {_SESSION_HOLDS}"
)
# The same in a window of several phases: the bids of each are counted too, and the first phase may be the only one that
# newcomers may bid in. A count of its own a phase, because no condition can look into a history.
_PLACE_IN_PHASE = (
    "SET history = list_append(if_not_exists(history, :none), :placed), bid_at_ms = :at, price_fen = :price "
    "ADD request_ids :ids, {phase} :one"
)
_MAY_PLACE_IN_PHASE = (
    "(attribute_exists(history) AND size(history) < :bids_max AND bid_at_ms < :at AND NOT contains(request_ids, :id)"
    " AND (attribute_not_exists({phase}) OR {phase} < :phase_max))"
)
_OR_NEWCOMER = "(attribute_not_exists(history) OR {}) AND " + _SESSION_HOLDS
_NO_NEWCOMER = "{} AND " + _SESSION_HOLDS


class Standing(NamedTuple):
    """A bidder's item: all bids in the order they were accepted, and from when on sessions hold."""

    placed: tuple[PlacedBid, ...]
    sessions_from_ms: int = 0


class Outcome(NamedTuple):
    """What the table said: whether this bid was written, and the bidder's item as it stands after it."""

    accepted: bool
    placed: tuple[PlacedBid, ...]
    sessions_from_ms: int = 0


def bidder_key(period: str, bidder_class: str, code: str) -> str:
    """The bidder's own partition."""
    return f"{period}#{bidder_class}#{code}"


def window_key(period: str) -> str:
    """Where a period's window lies."""
    return f"window#{period}"


def lowest_key(period: str) -> str:
    """Where a period's lowest winning price lies."""
    return f"lowest#{period}"


def pack(bid: PlacedBid) -> dict[str, Any]:
    """A bid as the history keeps it."""
    packed = {
        "request_id": {"S": bid.request_id},
        "price_fen": {"N": str(bid.price_fen)},
        "bid_at_ms": {"N": str(bid.bid_at_ms)},
    }
    if bid.lowest_fen is not None:
        packed["lowest_fen"] = {"N": str(bid.lowest_fen)}
        packed["lowest_at_ms"] = {"N": str(bid.lowest_at_ms)}
    return {"M": packed}


def unpack(item: dict[str, Any]) -> tuple[PlacedBid, ...]:
    """The bids in a bidder's item, in the order they were accepted."""
    return tuple(
        [
            PlacedBid(bid["request_id"]["S"], int(bid["price_fen"]["N"]), int(bid["bid_at_ms"]["N"]))
            if "lowest_fen" not in bid
            else _unpack_held(bid)
            for bid in [entry["M"] for entry in item.get("history", {"L": ()})["L"]]
        ]
    )


def _unpack_held(bid: dict[str, Any]) -> PlacedBid:
    return PlacedBid(
        bid["request_id"]["S"],
        int(bid["price_fen"]["N"]),
        int(bid["bid_at_ms"]["N"]),
        int(bid["lowest_fen"]["N"]),
        int(bid["lowest_at_ms"]["N"]),
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

    def place(
        self, key: str, bid: PlacedBid, bids_max: int, phase: WindowPhase | None = None, sessions_from_ms: int = 0
    ) -> Outcome:
        """Write a bid under the bidder's key, if the condition holds: exactly one ``UpdateItem``.

        ``phase`` is the one it falls into, in a window of several; ``sessions_from_ms`` the bidder's session's.
        """
        asked = {
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
                ":session": {"N": str(sessions_from_ms)},
            },
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if phase is not None:
            _hold_to_phase(asked, bid, phase)
        try:
            answer = self.client.call("UpdateItem", asked, BID)
        except Refused as refused:
            if refused.code != "ConditionalCheckFailedException":
                raise
            # No item: somebody new where newcomers may not bid.
            standing = _standing(refused.content.get("Item", {}))
            return Outcome(accepted=False, placed=standing.placed, sessions_from_ms=standing.sessions_from_ms)
        return Outcome(accepted=True, placed=unpack(answer["Attributes"]))

    def standing(self, key: str) -> Standing:
        """The bidder's item: read only for a request that comes after the close, never on the way of a bid."""
        asked = {"TableName": self.name, "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        return _standing(self.client.call("GetItem", asked, BID).get("Item", {}))

    def placed(self, key: str) -> Sequence[PlacedBid]:
        """The bidder's bids, read as ``standing`` is."""
        return self.standing(key).placed

    def window(self, period: str) -> Signed | None:
        """The period's window as it lies there."""
        return self._signed(window_key(period))

    def save_window(self, period: str, signed: Signed) -> None:
        """Lay a window down, over one that stood there."""
        self._save(window_key(period), signed)

    def lowest(self, period: str) -> Signed | None:
        """The period's lowest winning price as it lies there."""
        return self._signed(lowest_key(period))

    def save_lowest(self, period: str, signed: Signed) -> None:
        """Lay a lowest winning price down, over the one before."""
        self._save(lowest_key(period), signed)

    def _signed(self, key: str) -> Signed | None:
        # Consistent: a pause must be known everywhere a second after it was laid down.
        asked = {"TableName": self.name, "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        item = self.client.call("GetItem", asked, WINDOW).get("Item")
        return Signed(item["content"]["S"], item["mac"]["S"]) if item else None

    def _save(self, key: str, signed: Signed) -> None:
        item = {"pk": {"S": key}, "content": {"S": signed.content}, "mac": {"S": signed.mac}}
        self.client.call("PutItem", {"TableName": self.name, "Item": item}, BID)


def _standing(item: dict[str, Any]) -> Standing:
    return Standing(unpack(item), int(item.get("sessions_from_ms", {"N": "0"})["N"]))


def _hold_to_phase(asked: dict[str, Any], bid: PlacedBid, phase: WindowPhase) -> None:
    counter = f"in_{phase.name}"
    asked["UpdateExpression"] = _PLACE_IN_PHASE.format(phase=counter)
    condition = _MAY_PLACE_IN_PHASE.format(phase=counter)
    asked["ConditionExpression"] = (_OR_NEWCOMER if phase.newcomers else _NO_NEWCOMER).format(condition)
    asked["ExpressionAttributeValues"].update(
        {":price": {"N": str(bid.price_fen)}, ":one": {"N": "1"}, ":phase_max": {"N": str(phase.bids_max)}}
    )
