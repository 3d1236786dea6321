"""The load's endpoint answers as another implementation of DynamoDB does, for everything that is asked of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bidding.door import BID, Patience, Refused
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import PlacedBid
from chalicelib.kernel.aws import client
from local.load.endpoint import answer_to
from local.load.expressions import Given, NotUnderstood, condition, update
from local.load.tables import PAGE_ITEMS, Table, Tables
from tests.bidding.aws_server import MemoryDoor

ITEM = {
    "pk": {"S": "2026-03#unit#A"},
    "n": {"N": "7"},
    "ids": {"SS": ["x", "y"]},
    "history": {"L": [{"N": "1"}, {"S": "x"}]},
    "words": {"S": "abc"},
}


class EndpointDoor:
    """A door to the load's endpoint, the wire's bytes included."""

    def __init__(self) -> None:
        self.tables = Tables({"bids_table": Table(("pk",)), "auctions_table": Table(("pk", "sk"))})

    def raw(self, operation: str, content: Mapping[str, Any], patience: Patience) -> bytes:
        status, body = answer_to(self.tables, f"DynamoDB_20120810.{operation}", json.dumps(content).encode())
        if status != 200:
            told = json.loads(body)
            raise Refused(told["__type"].rpartition("#")[2], told)
        return body

    def call(self, operation: str, content: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.raw(operation, content, patience))
        return answer


BIDS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.integers(0, 6).map("0f8fad5b-d9cb-469f-a165-00000000000{}".format),
        st.integers(100, 104).map(lambda hundreds: hundreds * 10_000),
        st.integers(0, 8),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(BIDS)
def test_property_bids_have_the_same_outcomes_as_in_moto(aws: None, bids: list[tuple[str, str, int, int]]) -> None:
    ours, theirs = BidsTable(EndpointDoor(), "bids_table"), BidsTable(MemoryDoor(), "bids_table")
    for code in ("A", "B"):
        client("dynamodb").delete_item(TableName="bids_table", Key={"pk": {"S": code}})

    for code, request_id, price_fen, at_ms in bids:
        bid = PlacedBid(request_id, price_fen, at_ms)
        # Sessions end at some instant of the day, before a first bid too: a mark on the item and nothing else.
        if price_fen % 20_000:
            mark = {"UpdateExpression": "SET sessions_from_ms = :at", "ExpressionAttributeValues": {":at": {"N": "3"}}}
            for table in (ours, theirs):
                table.client.call("UpdateItem", {"TableName": table.name, "Key": {"pk": {"S": code}}, **mark}, BID)
        session = at_ms % 5
        assert ours.place(code, bid, 3, None, session) == theirs.place(code, bid, 3, None, session)
    for code in ("A", "B"):
        assert ours.standing(code) == theirs.standing(code)


@pytest.mark.parametrize(
    "text",
    [
        "attribute_not_exists(pk)",
        "attribute_exists (#n) AND #n = :seven",
        "n < :seven OR n >= :seven",
        "NOT contains(ids, :x) AND n = :seven",
        "contains(ids, :x) AND contains(words, :b)",
        "contains(history, :x)",
        "n BETWEEN :seven AND :seven",
        "words IN (:x, :b)",
        "history[0] = :seven OR attribute_not_exists(history[2])",
        "size(history) < :seven",
        "size(words) > :seven",
        "nowhere = :x",
        "nowhere <> :x",
        "words <> :seven",
        "begins_with(pk, :start)",
        "begins_with(nowhere, :start)",
        "(n = :seven OR nowhere = :x) AND NOT words = :x",
    ],
)
def test_given_a_condition_when_taken_then_moto_says_the_same(aws: None, text: str) -> None:
    names = {"#n": "n"} if "#n" in text else {}
    known = {":seven": {"N": "7.0"}, ":x": {"S": "x"}, ":b": {"S": "b"}, ":start": {"S": "2026-03#"}}
    values = {name: value for name, value in known.items() if name in text}
    asked: dict[str, Any] = {"FilterExpression": text}
    if names:
        asked["ExpressionAttributeNames"] = names
    if values:
        asked["ExpressionAttributeValues"] = values
    client("dynamodb").put_item(TableName="bids_table", Item=ITEM)

    theirs = bool(client("dynamodb").scan(TableName="bids_table", **asked)["Items"])

    assert condition(text)(Given(ITEM, names, values)) is theirs


@pytest.mark.parametrize(
    "text",
    [
        "SET n = n + :one",
        "SET m = if_not_exists(m, :one), n = :one",
        "SET history = list_append(if_not_exists(history, :none), :more) ADD ids :ids",
        "SET fresh = list_append(if_not_exists(fresh, :none), :more) ADD news :ids",
        "ADD n :one",
        "REMOVE words SET n = :one",
        "DELETE ids :ids",
        "DELETE nowhere :ids",
    ],
)
def test_given_an_update_when_made_then_moto_makes_the_same(aws: None, text: str) -> None:
    known = {
        ":one": {"N": "1"},
        ":none": {"L": []},
        ":more": {"L": [{"S": "z"}]},
        ":ids": {"SS": ["y", "z"]},
    }
    values = {name: value for name, value in known.items() if name in text}
    client("dynamodb").put_item(TableName="bids_table", Item=ITEM)
    done = client("dynamodb").update_item(
        TableName="bids_table",
        Key={"pk": ITEM["pk"]},
        UpdateExpression=text,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )["Attributes"]

    ours = update(text)(Given(ITEM, {}, values))

    assert {name: _plain(value) for name, value in ours.items()} == {name: _plain(v) for name, v in done.items()}
    assert ITEM["n"] == {"N": "7"}, "the item that stood is not touched"


def _plain(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    return sorted(content) if kind == "SS" else content


@pytest.mark.parametrize("text", ["a.b = :x", "n BETWEEN :a", "attribute_type(n, :x)", "n =", "n = :x )", "{"])
def test_given_what_is_not_made_here_when_asked_then_it_says_so(text: str) -> None:
    with pytest.raises((NotUnderstood, TypeError)):
        condition(text)(Given(ITEM, {}, {":x": {"S": "x"}}))


def test_given_more_items_than_a_page_when_scanned_in_segments_then_each_comes_once() -> None:
    door = EndpointDoor()
    codes = {f"{number:05d}" for number in range(2 * PAGE_ITEMS + 10)}
    for code in codes:
        door.call("PutItem", {"TableName": "bids_table", "Item": {"pk": {"S": code}}}, Patience(1, (1,)))

    found = []
    for segment in range(2):
        asked: dict[str, Any] = {"TableName": "bids_table", "Segment": segment, "TotalSegments": 2}
        while True:
            page = door.call("Scan", asked, Patience(1, (1,)))
            found += [item["pk"]["S"] for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    assert len(found) == len(codes)
    assert set(found) == codes
