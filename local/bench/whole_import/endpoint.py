"""AWS for an import: DynamoDB as the simulation's store answers, KMS and the secrets. ``python -m ... PORT``.

One process without threads. Items lie packed, or three million of them would not fit beside whatever else runs here.
``GET /~state`` tells what lies there and what was asked of it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import marshal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from local.load.expressions import Item
from local.load.tables import Refusal, Table
from local.load.web import Visitor, serve
from local.simulation.store import Store

# As the rooms name them where no template says otherwise (``kernel.tables.table_name``).
TABLES = ("PERIODS_TABLE", "APPLICANTS_TABLE", "AUDIT_TABLE", "BIDS_TABLE", "KEYS_TABLE")
SECRET = "a secret of the benchmark"  # noqa: S105
# About what the service gives out as one page of 1 MB.
PAGE_ITEMS = 1_000
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class _Packed(MutableMapping[str, Item]):
    """A partition: items by range key, each as bytes."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def __getitem__(self, sort: str) -> Item:
        item: Item = marshal.loads(self._held[sort])  # noqa: S302 (packed below)
        return item

    def __setitem__(self, sort: str, item: Item) -> None:
        self._held[sort] = marshal.dumps(item)

    def __delitem__(self, sort: str) -> None:
        del self._held[sort]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


class PackedTable(Table):
    """A table whose partitions are packed."""

    def put(self, item: Item) -> None:
        """Write an item, over whatever stood there."""
        partition, sort = self.place(item)
        held: Any = self.partitions.get(partition)
        if held is None:
            held = self.partitions[partition] = _Packed()  # type: ignore[assignment]  # a mapping too
        held[sort] = item


@dataclass
class Cloud:
    """What answers, and what it was asked. ``asked`` counts operations and the actions of transactions."""

    store: Store = field(default_factory=lambda: Store({}, page_items=PAGE_ITEMS))
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Begin with empty tables."""
        self.store.held = {name: PackedTable(("pk",) if name == "BIDS_TABLE" else ("pk", "sk")) for name in TABLES}

    def answer_to(self, target: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """What AWS answers. Raises ``Refusal``."""
        service, _, operation = target.partition(".")
        self.asked[operation] += 1
        if service == "secretsmanager":
            return {"SecretString": SECRET}
        if service == "TrentService":
            return _key_service(operation, content)
        self.asked["actions"] += len(content.get("TransactItems", ()))
        return self.store.carry_out(operation, content)

    def state(self) -> dict[str, dict[str, int]]:
        """How many items of each kind lie with the applicants, and what was asked so far."""
        items: Counter[str] = Counter()
        for partition, held in self.store.held["APPLICANTS_TABLE"].partitions.items():
            kind = partition.split("#")[1]
            items[kind if kind in ("name", "phone", "amended") else "applicant"] += len(held)
        return {"items": dict(items), "asked": dict(self.asked)}


def _key_service(operation: str, content: Mapping[str, Any]) -> dict[str, Any]:
    # A wrapped key is the key behind its context: whoever names another context is refused, as KMS does.
    context = json.dumps(content["EncryptionContext"], sort_keys=True).encode()
    if operation == "GenerateDataKey":
        plain = sha256(context).digest()
        return {"Plaintext": _base64(plain), "CiphertextBlob": _base64(plain + context), "KeyId": content["KeyId"]}
    blob = base64.b64decode(content["CiphertextBlob"])
    if operation != "Decrypt" or blob[32:] != context:
        raise Refusal("InvalidCiphertextException")
    return {"Plaintext": _base64(blob[:32]), "KeyId": content["KeyId"]}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def main(port: int) -> None:
    """Serve until the process ends."""
    cloud = Cloud()

    class Caller(Visitor):
        """A connection of a function."""

        def request(self, method: bytes, path: bytes, headers: Mapping[bytes, bytes], body: bytes) -> None:
            """Carry it out and answer at once."""
            del method
            if path == b"/~state":
                self.answer(200, _ENCODE(cloud.state()).encode())
                return
            try:
                answer = cloud.answer_to(headers.get(b"x-amz-target", b"").decode(), json.loads(body))
                self.answer(200, _ENCODE(answer).encode())
            except Refusal as refusal:
                told = {"__type": f"com.amazonaws#{refusal.code}", **refusal.content}
                self.answer(400, _ENCODE(told).encode())

    asyncio.run(serve(port, Caller))


if __name__ == "__main__":
    main(int(sys.argv[1]))
