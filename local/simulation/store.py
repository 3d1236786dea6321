"""DynamoDB in this process: what the load's tables answer, and deletions, transactions, ranges and pages besides.

``tests/simulation/test_store.py`` holds it to another implementation. Nothing else runs while an operation is carried
out, which is the guarantee that the real service gives for one item and for a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.load.expressions import Item, condition
from local.load.tables import Refusal, Table, Tables, filtered, given_of

# The service's own page is 1 MB; small pages show who forgets to turn them.
PAGE_ITEMS = 25
TRANSACTION_ACTIONS_MAX = 100
_FAILED = "ConditionalCheckFailed"

Watch = Callable[[str, Item | None, Item | None], None]


@dataclass
class Store(Tables):
    """All tables. ``watch`` is told of each change: table, the item before and after."""

    watch: Watch = lambda _table, _before, _after: None
    page_items: int = PAGE_ITEMS
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    def carry_out(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """An operation's answer. Raises ``Refusal``."""
        more = {
            "TransactWriteItems": self._transact,
            "DeleteItem": self._remove,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch,
            "Query": self._ranged,
            "DescribeTable": _described,
        }
        if operation in more:
            return more[operation](asked)
        if operation in ("UpdateItem", "PutItem"):
            return self._written(operation, asked)
        return super().carry_out(operation, asked)

    def _written(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(asked)
        named = asked["Key"] if operation == "UpdateItem" else asked["Item"]
        before = table.get(named)
        answer = super().carry_out(operation, asked)
        self.watch(asked["TableName"], before, table.get(named))
        return answer

    def _remove(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(asked)
        before = table.get(asked["Key"])
        self._check(asked, before)
        if before is not None:
            partition, sort = table.place(asked["Key"])
            del table.partitions[partition][sort]
            self.watch(asked["TableName"], before, None)
        return {}

    def _batch(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        for name, requests in asked["RequestItems"].items():
            for request in requests:
                if "PutRequest" in request:
                    self._written("PutItem", {"TableName": name, "Item": request["PutRequest"]["Item"]})
                else:
                    self._remove({"TableName": name, "Key": request["DeleteRequest"]["Key"]})
        return {"UnprocessedItems": {}}

    def _batch_get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found = {
            name: [
                dict(item) for key in wanted["Keys"] if (item := self._table({"TableName": name}).get(key)) is not None
            ]
            for name, wanted in asked["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _transact(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        token = asked.get("ClientRequestToken", "")
        if token and token in self.tokens:
            return self.tokens[token]
        actions = [next(iter(action.items())) for action in asked["TransactItems"]]
        if not 0 < len(actions) <= TRANSACTION_ACTIONS_MAX:
            raise Refusal("ValidationException", {"message": "1 to 100 actions"})
        self._each_item_once(actions)
        reasons = [self._reason(kind, action) for kind, action in actions]
        if any(reason["Code"] != "None" for reason in reasons):
            raise Refusal("TransactionCanceledException", {"CancellationReasons": reasons})
        for kind, action in actions:
            plain = {name: value for name, value in action.items() if name != "ConditionExpression"}
            match kind:
                case "Put":
                    self._written("PutItem", plain)
                case "Update":
                    self._written("UpdateItem", plain)
                case "Delete":
                    self._remove(plain)
        self.tokens[token] = {}
        return {}

    def _each_item_once(self, actions: list[tuple[str, Any]]) -> None:
        places = [
            (action["TableName"], self._table(action).place(action.get("Key") or action["Item"]))
            for _, action in actions
        ]
        if len(set(places)) != len(places):
            raise Refusal("ValidationException", {"message": "one item, two actions"})

    def _reason(self, kind: str, action: Mapping[str, Any]) -> dict[str, Any]:
        del kind
        standing = self._table(action).get(action.get("Key") or action["Item"])
        try:
            self._check(action, standing)
        except Refusal as refusal:
            return {"Code": _FAILED, "Message": "The conditional request failed", **refusal.content}
        return {"Code": "None"}

    def _ranged(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(asked)
        holds = condition(asked["KeyConditionExpression"])
        partition = _partition(asked, table)
        order = sorted(table.partitions.get(partition, {}).items(), key=lambda pair: pair[0].encode())
        if not asked.get("ScanIndexForward", True):
            order.reverse()
        items = [item for _, item in order if holds(given_of(asked, item))]
        start = asked.get("ExclusiveStartKey")
        if start:
            after, forward = table.place(start)[1].encode(), asked.get("ScanIndexForward", True)
            items = [
                item
                for item in items
                if (table.place(item)[1].encode() > after) is forward and table.place(item)[1].encode() != after
            ]
        size = min(asked.get("Limit") or self.page_items, self.page_items)
        page = items[:size]
        found = list(filtered(asked, iter(page)))
        answer: dict[str, Any] = {"Count": len(found), "ScannedCount": len(page)}
        if asked.get("Select") != "COUNT":
            answer["Items"] = [dict(item) for item in found]
        if len(items) > size or (page and asked.get("Limit") == len(page)):
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in table.keys}
        return answer


def _described(asked: Mapping[str, Any]) -> dict[str, Any]:
    units = {"ReadUnitsPerSecond": 10**6, "WriteUnitsPerSecond": 10**6, "Status": "ACTIVE"}
    return {"Table": {"TableName": asked["TableName"], "WarmThroughput": units}}


def _partition(asked: Mapping[str, Any], table: Table) -> str:
    """The hash key's value in a key condition: ``pk = :value``, which must come first."""
    name, sign, value = asked["KeyConditionExpression"].replace("(", " ").replace(")", " ").split()[:3]
    if asked.get("ExpressionAttributeNames", {}).get(name, name) != table.keys[0] or sign != "=":
        raise Refusal("ValidationException", {"message": asked["KeyConditionExpression"]})
    found: str = asked["ExpressionAttributeValues"][value]["S"]
    return found
