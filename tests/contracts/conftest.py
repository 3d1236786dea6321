"""Whose opinion is asked for, and the table that it is asked about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

ON = os.environ.get("CONTRACTS_ON", "moto")
TABLE = "contracts"


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """A client, with the table of a room that has a sort key (``contracts``)."""
    url = os.environ.get("CONTRACTS_URL")
    if url:
        yield _with_table(boto3.client("dynamodb", endpoint_url=url))
        return
    with mock_aws():
        yield _with_table(boto3.client("dynamodb"))


def _with_table(client: Any) -> Any:
    names = ("pk", "sk")
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client
