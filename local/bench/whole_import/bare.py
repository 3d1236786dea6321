"""The floor of an import: a list's rows written by boto3 as they stand, as many items by as large transactions.

Nothing is checked, sealed, hashed, split or looked up. Speaks as ``function`` does, for the event ``{"rows": FILE}``.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from itertools import islice
from typing import Any

from boto3 import client

from local.bench.measure import peak_mb

# Three items a row, a hundred actions a transaction.
ROWS_A_TRANSACTION = 33
# As long as what the hub writes: a sealed field of some characters, and a keyed hash.
_SEALED, _HASH = "2026-03.1:" + "s" * 48, "h" * 62
_EMPTY = ("audit", "audit_reason", "refusal", "password_hash", "activated_by", "withdrawn_by", "withdrawal_reason")
_ZERO, _FALSE = ("activated_at_ms", "withdrawn_at_ms", "sessions_from_ms"), ("qualified", "rollover", "locked")
_NEW: dict[str, Any] = {
    **{name: {"S": ""} for name in _EMPTY},
    **{name: {"N": "0"} for name in _ZERO},
    **{name: {"BOOL": False} for name in _FALSE},
}


def _items(row: list[str]) -> list[dict[str, Any]]:
    code, bidder_class, name, id_type, id_number, phone, since, until = row
    texts = {
        "pk": f"bare#{code[-2:]}",
        "sk": code,
        "period": "2026-03",
        "code": code,
        "bidder_class": bidder_class,
        "id_type": id_type,
        "sealed_name": _SEALED + name,
        "sealed_id_number": _SEALED + id_number,
        "sealed_phone": _SEALED + phone,
        "name_lookup": _HASH + name,
        "id_lookup": _HASH,
        "phone_lookup": _HASH,
        "content_lookup": _HASH,
        "valid_from": since,
        "valid_until": until,
    }
    return [
        {name: {"S": text} for name, text in texts.items()} | _NEW,
        {"pk": {"S": f"bare#name#{_HASH}{name}"}, "sk": {"S": code}},
        {"pk": {"S": f"bare#phone#{_HASH[11:]}{phone}"}, "sk": {"S": code}},
    ]


def write(path: str) -> int:
    """Write the rows of a file; how many."""
    dynamodb, count = client("dynamodb"), 0
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        while some := list(islice(rows, ROWS_A_TRANSACTION)):
            puts = [{"Put": {"TableName": "APPLICANTS_TABLE", "Item": item}} for row in some for item in _items(row)]
            for first in range(0, len(puts), 3):
                puts[first]["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
            dynamodb.transact_write_items(TransactItems=puts)
            count += len(some)
    return count


def main() -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        began = time.process_time()
        count = write(json.loads(line)["rows"])
        spent = time.process_time() - began
        print(json.dumps({"answer": count, "cpu_s": spent, "peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main()
