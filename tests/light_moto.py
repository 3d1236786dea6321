"""moto with less to do, for a suite that spends most of its time in it; what it answers is the same.

Its transactions are undone item by item: moto copies the whole table for each action, to put it back should one fail.
Only the items that a transaction names can change, so those are kept. And of an attribute's value only the type that is
there is written out: moto asks for each of the ten, under every name that the value could have in Python.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.core.serialize import ResponseSerializer
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_write = DynamoDBBackend.transact_write_items
_structure = ResponseSerializer._serialize_type_structure


def lighten_moto() -> None:
    """Give this process's moto the shorter ways."""
    models.copy = SimpleNamespace(deepcopy=_copied_unless_table)  # type: ignore[assignment,attr-defined]
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign]
    ResponseSerializer._serialize_type_structure = _serialize  # type: ignore[method-assign]


def _copied_unless_table(each: Any) -> Any:
    return each if isinstance(each, Table) else copy.deepcopy(each)


def _transact(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    operations = [operation for item in transact_items for operation in item.values()]
    undo = [_undo(self.tables[each["TableName"]], each) for each in operations if each["TableName"] in self.tables]
    try:
        _write(self, transact_items)
    except Exception:
        for each in undo:
            each()
        raise


def _undo(table: Table, operation: dict[str, Any]) -> Callable[[], None]:
    named = operation.get("Key") or operation.get("Item") or {}
    keys = [DynamoType(named[name]) for name in table.table_key_attrs if name in named]
    if len(keys) != len(table.table_key_attrs):
        # moto refuses it, before it writes anything of it.
        return lambda: None
    level: dict[Any, Any] = table.items[keys[0]] if table.has_range_key else table.items
    before = copy.deepcopy(level.get(keys[-1]))
    streamed = len(table.stream_shard.items) if table.stream_shard else 0

    def restore() -> None:
        level.pop(keys[-1], None)
        if before is not None:
            level[keys[-1]] = before
        if table.stream_shard:
            del table.stream_shard.items[streamed:]

    return restore


def _serialize(self: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name != "AttributeValue" or not isinstance(value, dict) or not key:
        _structure(self, serialized, value, shape, key)
        return
    wrapper: Any = self.MAP_TYPE()
    for held in value:
        member = shape.members[held]
        member.parent = shape
        self._serialize_structure_member(wrapper, value, member, held)
    self._default_serialize(serialized, wrapper, shape, key)
