"""A bare handler with a botocore DynamoDB client, as short as it can be."""

from __future__ import annotations

from typing import Any

import botocore.session

_CLIENT = botocore.session.get_session().create_client("dynamodb")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One write."""
    del event, context
    _CLIENT.update_item(
        TableName="bids",
        Key={"pk": {"S": "x"}},
        UpdateExpression="SET price_fen = :price",
        ExpressionAttributeValues={":price": {"N": "1600000"}},
    )
    return {"statusCode": 201, "body": "{}"}
