"""An AWS endpoint that keeps up: DynamoDB's wire over ``tables``, and the secrets.

``python -m local.load.endpoint PORT``.

The embedded AWS and moto make 400 to 600 writes a second, fewer than one auction's last seconds bring. This is one
process without threads, so that every write is judged and made alone; how fast it is stands in docs/load.md.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping

from local.load.tables import Refusal, Table, Tables
from local.load.web import Visitor, serve

SECRET = "a secret of the load test"  # noqa: S105
WITH_SORT_KEY = ("auctions", "evidence")
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def empty() -> Tables:
    """The tables that a bid and a close use, with the keys of infra/tables.yaml."""
    return Tables({"bids": Table(("pk",)), **{name: Table(("pk", "sk")) for name in WITH_SORT_KEY}})


def answer_to(tables: Tables, target: str, body: bytes) -> tuple[int, bytes]:
    """Status and body for a request of AWS's JSON protocol."""
    service, _, operation = target.partition(".")
    if service == "secretsmanager":
        return 200, _ENCODE({"SecretString": SECRET}).encode()
    try:
        return 200, _ENCODE(tables.carry_out(operation, json.loads(body))).encode()
    except Refusal as refusal:
        return 400, _ENCODE({"__type": f"com.amazonaws.dynamodb.v20120810#{refusal.code}", **refusal.content}).encode()


def main(port: int) -> None:
    """Serve until the process ends."""
    tables = empty()

    class Caller(Visitor):
        """A connection of a function or of the close."""

        def request(self, method: bytes, path: bytes, headers: Mapping[bytes, bytes], body: bytes) -> None:
            """Carry it out and answer at once."""
            del method, path
            self.answer(*answer_to(tables, headers.get(b"x-amz-target", b"").decode(), body))

    asyncio.run(serve(port, Caller))


if __name__ == "__main__":
    main(int(sys.argv[1]))
