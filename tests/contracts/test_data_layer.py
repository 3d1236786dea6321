"""What the rooms rely on DynamoDB for, operation by operation.

In memory (moto) by default; by `make second-opinion` on whatever ``CONTRACTS_URL`` names, which is ``CONTRACTS_ON``.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contracts.conftest import ON, TABLE

_numbers = itertools.count()


@pytest.fixture
def pk() -> str:
    """A partition that no other test touches."""
    return f"p{next(_numbers)}"


def key(pk: str, sk: str = "a") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def item(pk: str, sk: str = "a", **more: int | str) -> dict[str, Any]:
    return {**key(pk, sk), **{k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in more.items()}}


def stored(dynamodb: Any, pk: str, sk: str = "a") -> dict[str, Any] | None:
    found: dict[str, Any] = dynamodb.get_item(TableName=TABLE, Key=key(pk, sk), ConsistentRead=True)
    return found.get("Item")


def refused(call: Any, code: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code
    return dict(error.value.response)


def test_the_first_of_two_writers_wins(dynamodb: Any, pk: str) -> None:
    once = {"TableName": TABLE, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.put_item(Item=item(pk, n=1), **once)
    refused(dynamodb.put_item, "ConditionalCheckFailedException", Item=item(pk, n=2), **once)
    assert stored(dynamodb, pk) == item(pk, n=1)


def test_a_bid_s_write_that_comes_again_is_shown_what_stands(dynamodb: Any, pk: str) -> None:
    # As the bid function does: one conditional update on the bidder's own key
    def bid(price: int, request: str) -> Any:
        return dynamodb.update_item(
            TableName=TABLE,
            Key=key(pk),
            UpdateExpression="SET price = :price, request_id = :request, bids = if_not_exists(bids, :zero) + :one",
            ConditionExpression="(attribute_not_exists(bids) OR bids < :most)"
            " AND (attribute_not_exists(request_id) OR request_id <> :request)",
            ExpressionAttributeValues={
                ":price": {"N": str(price)},
                ":request": {"S": request},
                ":zero": {"N": "0"},
                ":one": {"N": "1"},
                ":most": {"N": "3"},
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert bid(1_500_000, "r1")["Attributes"]["bids"] == {"N": "1"}
    with pytest.raises(ClientError) as again:
        bid(1_500_000, "r1")
    assert again.value.response["Item"] == item(pk, price=1_500_000, request_id="r1", bids=1)
    bid(1_400_000, "r2")
    bid(1_600_000, "r3")
    with pytest.raises(ClientError) as fourth:
        bid(1_700_000, "r4")
    assert fourth.value.response["Item"]["price"] == {"N": "1600000"}


def test_a_transaction_is_whole_or_not_at_all_and_says_which_part_failed(dynamodb: Any, pk: str) -> None:
    dynamodb.put_item(TableName=TABLE, Item=item(pk, "deposit", state="held"))
    parts = [
        {"Put": {"TableName": TABLE, "Item": item(pk, "entry", fen=200_000)}},
        {
            "Update": {
                "TableName": TABLE,
                "Key": key(pk, "deposit"),
                "UpdateExpression": "SET #state = :to",
                "ConditionExpression": "#state IN (:one, :other)",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {
                    ":to": {"S": "refunded"},
                    ":one": {"S": "held"},
                    ":other": {"S": "rolled"},
                },
            }
        },
        {
            "ConditionCheck": {
                "TableName": TABLE,
                "Key": key(pk, "lock"),
                "ConditionExpression": "attribute_exists(pk)",
            }
        },
    ]
    answer = refused(dynamodb.transact_write_items, "TransactionCanceledException", TransactItems=parts)
    assert [each["Code"] for each in answer["CancellationReasons"]] == ["None", "None", "ConditionalCheckFailed"]
    assert stored(dynamodb, pk, "entry") is None
    assert stored(dynamodb, pk, "deposit") == item(pk, "deposit", state="held")
    dynamodb.put_item(TableName=TABLE, Item=item(pk, "lock"))
    dynamodb.transact_write_items(TransactItems=parts)
    assert stored(dynamodb, pk, "deposit") == item(pk, "deposit", state="refunded")
    # And a state that has moved on can not be moved again
    answer = refused(dynamodb.transact_write_items, "TransactionCanceledException", TransactItems=parts)
    assert answer["CancellationReasons"][1]["Code"] == "ConditionalCheckFailed"


@pytest.mark.xfail(ON == "moto", reason="moto takes no notice of ClientRequestToken", strict=True)
def test_a_transaction_sent_again_under_its_token_happens_once(dynamodb: Any, pk: str) -> None:
    def add(fen: int) -> None:
        update = {
            "TableName": TABLE,
            "Key": key(pk),
            "UpdateExpression": "ADD fen :fen",
            "ExpressionAttributeValues": {":fen": {"N": str(fen)}},
        }
        dynamodb.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=f"token-{pk}")

    add(100)
    add(100)
    assert stored(dynamodb, pk) == item(pk, fen=100)
    refused(add, "IdempotentParameterMismatchException", fen=200)


def test_one_item_twice_in_a_transaction_is_refused(dynamodb: Any, pk: str) -> None:
    twice = [{"Put": {"TableName": TABLE, "Item": item(pk, n=n)}} for n in (1, 2)]
    refused(dynamodb.transact_write_items, "ValidationException", TransactItems=twice)
    assert stored(dynamodb, pk) is None


def test_a_transaction_holds_a_hundred_parts_and_not_one_more(dynamodb: Any, pk: str) -> None:
    parts = [{"Put": {"TableName": TABLE, "Item": item(pk, f"{n:03d}")}} for n in range(101)]
    refused(dynamodb.transact_write_items, "ValidationException", TransactItems=parts)
    dynamodb.transact_write_items(TransactItems=parts[:100])
    assert stored(dynamodb, pk, "099") == item(pk, "099")


def test_a_partition_is_read_page_by_page_in_order_and_backwards(dynamodb: Any, pk: str) -> None:
    for number in range(7):
        dynamodb.put_item(TableName=TABLE, Item=item(pk, f"entry#{number}"))
    dynamodb.put_item(TableName=TABLE, Item=item(pk, "head"))
    asked: dict[str, Any] = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": "entry#"}},
        "ConsistentRead": True,
    }
    pages = dynamodb.get_paginator("query").paginate(**asked, PaginationConfig={"PageSize": 3})
    assert [each["sk"]["S"] for page in pages for each in page["Items"]] == [f"entry#{n}" for n in range(7)]
    newest = dynamodb.query(**asked, ScanIndexForward=False, Limit=1)
    assert [each["sk"]["S"] for each in newest["Items"]] == ["entry#6"]
    assert "LastEvaluatedKey" in newest


def test_a_scan_in_segments_sees_each_item_once(dynamodb: Any, pk: str) -> None:
    for number in range(40):
        dynamodb.put_item(TableName=TABLE, Item=item(f"{pk}-{number}", "bid", mine=pk))
    seen = [
        each["pk"]["S"]
        for segment in range(4)
        for page in dynamodb.get_paginator("scan").paginate(
            TableName=TABLE, Segment=segment, TotalSegments=4, ConsistentRead=True
        )
        for each in page["Items"]
        if each.get("mine") == {"S": pk}
    ]
    assert sorted(seen) == sorted(f"{pk}-{number}" for number in range(40))


def test_numbers_are_exact(dynamodb: Any, pk: str) -> None:
    dynamodb.put_item(TableName=TABLE, Item=item(pk, fen=10**18 + 1))
    added = dynamodb.update_item(
        TableName=TABLE,
        Key=key(pk),
        UpdateExpression="ADD fen :more",
        ExpressionAttributeValues={":more": {"N": "-1"}},
        ReturnValues="UPDATED_NEW",
    )
    assert added["Attributes"]["fen"] == {"N": str(10**18)}


@pytest.mark.parametrize(
    ("expression", "names"), [("SET state = :v", None), ("REMOVE wrapped", None), ("SET unused = :v", {"#x": "state"})]
)
def test_a_wrong_expression_is_refused(dynamodb: Any, pk: str, expression: str, names: Any) -> None:
    # Reserved words, names nobody uses: what an editor does not see and AWS does
    arguments: dict[str, Any] = {"TableName": TABLE, "Key": key(pk), "UpdateExpression": expression}
    if ":v" in expression:
        arguments["ExpressionAttributeValues"] = {":v": {"S": "x"}}
    if names:
        arguments["ExpressionAttributeNames"] = names
    refused(dynamodb.update_item, "ValidationException", **arguments)


def test_what_is_too_large_or_has_no_key_is_refused(dynamodb: Any, pk: str) -> None:
    refused(dynamodb.put_item, "ValidationException", TableName=TABLE, Item=item(pk, text="x" * 400 * 1024))
    refused(dynamodb.put_item, "ValidationException", TableName=TABLE, Item=item(pk, ""))


@pytest.mark.xfail(ON == "moto", reason="moto takes any number", strict=True)
def test_a_batch_of_more_than_twenty_five_is_refused(dynamodb: Any, pk: str) -> None:
    many = [{"PutRequest": {"Item": item(pk, str(n))}} for n in range(26)]
    refused(dynamodb.batch_write_item, "ValidationException", RequestItems={TABLE: many})


def test_a_batch_is_written_whole(dynamodb: Any, pk: str) -> None:
    many = [{"PutRequest": {"Item": item(pk, f"{n:02d}")}} for n in range(25)]
    assert not dynamodb.batch_write_item(RequestItems={TABLE: many}).get("UnprocessedItems")
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
    assert dynamodb.query(TableName=TABLE, Select="COUNT", **asked)["Count"] == 25
