"""Tables in memory that answer DynamoDB's operations, as far as bids and the close use them.

A write looks at an item and changes it in one go: nothing else runs in this process meanwhile, which is the guarantee
that the real service gives for one item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from local.load.expressions import Given, Item, NotUnderstood, condition, update

# The service ends a page at 1 MB; a bidder's item with up to three bids has about half a kilobyte.
PAGE_ITEMS = 2_000


class Refusal(Exception):
    """An operation that is answered with an error of this name."""

    def __init__(self, code: str, content: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.content = content or {}


@dataclass
class Table:
    """Partitions by hash key, items by range key (empty where the table has none)."""

    keys: tuple[str, ...]
    partitions: dict[str, dict[str, Item]] = field(default_factory=dict)
    _segments: dict[int, list[list[str]]] = field(default_factory=dict)

    def place(self, named: Item) -> tuple[str, str]:
        """Where an item with these keys lies."""
        return named[self.keys[0]]["S"], named[self.keys[1]]["S"] if len(self.keys) > 1 else ""

    def get(self, named: Item) -> Item | None:
        """The item, or ``None``."""
        partition, sort = self.place(named)
        return self.partitions.get(partition, {}).get(sort)

    def put(self, item: Item) -> None:
        """Write an item, over whatever stood there."""
        partition, sort = self.place(item)
        if partition not in self.partitions:
            self._segments.clear()
        self.partitions.setdefault(partition, {})[sort] = item

    def segment(self, number: int, total: int) -> list[str]:
        """The hash keys of a scan's segment, in order."""
        if total not in self._segments:
            parts: list[list[str]] = [[] for _ in range(total)]
            for key in sorted(self.partitions):
                parts[crc32(key.encode()) % total].append(key)
            self._segments = {total: parts}
        return self._segments[total][number]


def given_of(asked: Mapping[str, Any], item: Item | None) -> Given:
    """What an operation's expressions are taken over."""
    return Given(item or {}, asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {}))


@dataclass
class Tables:
    """All tables, by name, and the operations on them. ``accepted`` counts the writes that were made."""

    held: dict[str, Table]
    accepted: int = 0

    def carry_out(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """An operation's answer. Raises ``Refusal``."""
        known = {
            "UpdateItem": self._update,
            "GetItem": self._get,
            "PutItem": self._put,
            "BatchWriteItem": self._batch,
            "Scan": self._scan,
            "Query": self._query,
        }
        if operation not in known:
            raise Refusal("UnknownOperationException")
        try:
            return known[operation](asked)
        except NotUnderstood as error:
            raise Refusal("ValidationException", {"message": str(error)}) from error

    def _table(self, asked: Mapping[str, Any]) -> Table:
        if asked["TableName"] not in self.held:
            raise Refusal("ResourceNotFoundException")
        return self.held[asked["TableName"]]

    def _check(self, asked: Mapping[str, Any], standing: Item | None) -> None:
        if "ConditionExpression" not in asked or condition(asked["ConditionExpression"])(given_of(asked, standing)):
            return
        shown = asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and standing
        raise Refusal("ConditionalCheckFailedException", {"Item": standing} if shown else {})

    def _update(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(asked)
        standing = table.get(asked["Key"])
        self._check(asked, standing)
        given = given_of(asked, {**asked["Key"], **(standing or {})})
        item = update(asked["UpdateExpression"])(given)
        table.put(item)
        self.accepted += 1
        return {"Attributes": item} if asked.get("ReturnValues") == "ALL_NEW" else {}

    def _get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        item = self._table(asked).get(asked["Key"])
        return {} if item is None else {"Item": item}

    def _put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(asked)
        self._check(asked, table.get(asked["Item"]))
        table.put(asked["Item"])
        return {}

    def _batch(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        for name, requests in asked["RequestItems"].items():
            for request in requests:
                if "PutRequest" not in request:
                    raise Refusal("ValidationException")
                self._table({"TableName": name}).put(request["PutRequest"]["Item"])
        return {"UnprocessedItems": {}}

    def _scan(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(asked)
        keys = table.segment(asked.get("Segment", 0), asked.get("TotalSegments", 1))
        start = 0
        if "ExclusiveStartKey" in asked:
            start = keys.index(table.place(asked["ExclusiveStartKey"])[0]) + 1
        page = keys[start : start + PAGE_ITEMS]
        items = (item for key in page for item in table.partitions[key].values())
        answer: dict[str, Any] = {"Items": list(filtered(asked, items))}
        if start + PAGE_ITEMS < len(keys):
            answer["LastEvaluatedKey"] = {table.keys[0]: {"S": page[-1]}}
        return {**answer, "Count": len(answer["Items"]), "ScannedCount": len(page)}

    def _query(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table, holds = self._table(asked), condition(asked["KeyConditionExpression"])
        values = [value["S"] for value in asked["ExpressionAttributeValues"].values() if "S" in value]
        items = (
            item
            for value in values
            for _, item in sorted(table.partitions.get(value, {}).items())
            if holds(given_of(asked, item))
        )
        found = list(filtered(asked, items))
        if not asked.get("ScanIndexForward", True):
            found.reverse()
        return {"Items": found[: asked.get("Limit")], "Count": len(found), "ScannedCount": len(found)}


def filtered(asked: Mapping[str, Any], items: Iterator[Item]) -> Iterator[Item]:
    """The items that an operation's filter lets through, with the attributes that it wants."""
    wanted = [name.strip() for name in asked.get("ProjectionExpression", "").split(",") if name.strip()]
    wanted = [asked.get("ExpressionAttributeNames", {}).get(name, name) for name in wanted]
    holds = condition(asked["FilterExpression"]) if "FilterExpression" in asked else None
    for item in items:
        if holds is None or holds(given_of(asked, item)):
            yield {name: item[name] for name in wanted if name in item} if wanted else item
