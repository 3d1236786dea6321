"""Brings what a living table lost back from a restored copy of it: `python -m local.restoring COPY LIVING`.

Only what is missing is put back. What stands and differs is named and left: it may have moved on since, and which of
the two is right is for a person to say (docs/runbooks/restore.md).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError

_SHOWN = 20


@dataclass
class BroughtBack:
    """What was put back, and the keys that stand with other content."""

    put_back: int = 0
    differing: list[dict[str, Any]] = field(default_factory=list)


def items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    """Every item of a table."""
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def bring_back(dynamodb: Any, copy: str, living: str) -> BroughtBack:
    """Put each item of ``copy`` that ``living`` lacks into it; again changes nothing."""
    names = [each["AttributeName"] for each in dynamodb.describe_table(TableName=living)["Table"]["KeySchema"]]
    done = BroughtBack()
    for item in items(dynamodb, copy):
        try:
            dynamodb.put_item(
                TableName=living,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
            done.put_back += 1
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            if error.response.get("Item") != item:
                done.differing.append({name: item[name] for name in names})
    return done


def main() -> int:
    """The command line; 2 where something differs."""
    copy, living = sys.argv[1:]
    done = bring_back(boto3.client("dynamodb"), copy, living)
    print(f"{done.put_back} items put back, {len(done.differing)} stand with other content")
    for key in done.differing[:_SHOWN]:
        print("  " + " ".join(next(iter(value.values())) for value in key.values()))
    return 2 if done.differing else 0


if __name__ == "__main__":
    sys.exit(main())
