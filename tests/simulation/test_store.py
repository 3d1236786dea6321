"""The simulation's DynamoDB answers as another implementation does, for random operations, conditions, transactions."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kernel.aws import client
from local.load.tables import Refusal, Table
from local.simulation.store import Store

TABLE = "ledger_table"
KEYS = st.tuples(st.sampled_from(["p", "q"]), st.sampled_from(["a#1", "a#2", "b#1"]))
NUMBER, WORD = (
    st.integers(-2, 3).map(lambda n: {"N": str(n)}),
    st.sampled_from(["x", "y", "a#1"]).map(lambda s: {"S": s}),
)
MEMBERS = st.sets(st.sampled_from(["x", "y", "z"]), min_size=1).map(lambda each: {"SS": sorted(each)})

CONDITIONS = st.sampled_from(
    [
        "",
        "attribute_not_exists(pk)",
        "attribute_exists(#n) AND #n >= :n",
        "#n = :n OR #s = :s",
        "NOT contains(#t, :s) AND attribute_exists(#t)",
        "#s IN (:s, :o)",
        "#n BETWEEN :n AND :m",
        "begins_with(#s, :o) OR attribute_not_exists(#s)",
        "attribute_exists(#s) AND #s <> :s",
        "#l[0] = :n OR attribute_not_exists(#l[1])",
    ]
)
UPDATES = st.sampled_from(
    [
        "SET #n = :n",
        "SET #n = if_not_exists(#n, :m) + :n, #s = :s",
        "SET #l = list_append(if_not_exists(#l, :none), :more)",
        "ADD #n :n",
        "ADD #t :t",
        "DELETE #t :t",
        "REMOVE #s SET #n = :m",
        "SET #s = :s ADD #t :t REMOVE #l",
    ]
)
VALUES = st.fixed_dictionaries({":n": NUMBER, ":m": NUMBER, ":s": WORD, ":o": WORD, ":t": MEMBERS})
NAMES = {"#n": "number", "#s": "word", "#t": "members", "#l": "listed"}
FIXED = {":none": {"L": []}, ":more": {"L": [{"N": "1"}]}}


def key(of: tuple[str, str]) -> dict[str, Any]:
    return {"pk": {"S": of[0]}, "sk": {"S": of[1]}}


def asked(values: dict[str, Any], *texts: str) -> dict[str, Any]:
    """Names and values of expressions: only those that stand in them, as DynamoDB wants it."""
    together = set(re.findall(r"[:#]\w+", " ".join(texts)))
    names = {name: known for name, known in NAMES.items() if name in together}
    used = {name: value for name, value in {**values, **FIXED}.items() if name in together}
    return {
        **({"ExpressionAttributeNames": names} if names else {}),
        **({"ExpressionAttributeValues": used} if used else {}),
    }


@st.composite
def writes(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(["Put", "Update", "Update", "Delete", "ConditionCheck"]))
    condition, values, place = draw(CONDITIONS), draw(VALUES), draw(KEYS)
    made: dict[str, Any] = {"TableName": TABLE}
    texts = [condition]
    if kind == "Put":
        made["Item"] = {**key(place), "number": draw(NUMBER), "word": draw(WORD), "members": draw(MEMBERS)}
    else:
        made["Key"] = key(place)
    if kind == "Update":
        made["UpdateExpression"] = draw(UPDATES)
        texts.append(made["UpdateExpression"])
    if kind == "ConditionCheck" and not condition:
        condition = texts[0] = "attribute_exists(pk)"
    if condition:
        made["ConditionExpression"] = condition
    return kind, {**made, **asked(values, *texts)}


@st.composite
def operations(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind, write = draw(writes())
    if draw(st.integers(0, 3)) == 0 or kind == "ConditionCheck":
        parts: dict[Any, Any] = {}
        for part in [(kind, write), *draw(st.lists(writes(), max_size=3))]:
            place = part[1].get("Key") or key((part[1]["Item"]["pk"]["S"], part[1]["Item"]["sk"]["S"]))
            parts.setdefault(str(place), {part[0]: part[1]})
        return "TransactWriteItems", {"TransactItems": list(parts.values())}
    return f"{kind}Item", {**write, **({"ReturnValues": "ALL_NEW"} if kind == "Update" else {})}


def plain(found: Any) -> Any:
    if isinstance(found, dict) and set(found) == {"SS"}:
        return sorted(found["SS"])
    return {name: plain(value) for name, value in found.items()} if isinstance(found, dict) else found


def theirs(operation: str, given_: dict[str, Any]) -> Any:
    try:
        answer = client("dynamodb")._make_api_call(operation, given_)
    except ClientError as error:
        reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", ())]
        return error.response["Error"]["Code"], reasons
    return plain(answer.get("Attributes", {}))


def ours(store: Store, operation: str, given_: dict[str, Any]) -> Any:
    try:
        answer = store.carry_out(operation, given_)
    except Refusal as refusal:
        return refusal.code, [reason["Code"] for reason in refusal.content.get("CancellationReasons", ())]
    return plain(answer.get("Attributes", {}))


def everything(call: Any) -> list[Any]:
    return [
        plain(item)
        for pk in ("p", "q")
        for item in call(
            "Query",
            {
                "TableName": TABLE,
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": pk}},
            },
        )["Items"]
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(operations(), max_size=10))
def test_property_writes_conditions_and_transactions_have_the_same_outcomes_as_in_moto(
    aws: None, wanted: list[tuple[str, dict[str, Any]]]
) -> None:
    store = Store({TABLE: Table(("pk", "sk"))})
    for place in ("p", "q"):
        for sort in ("a#1", "a#2", "b#1"):
            client("dynamodb").delete_item(TableName=TABLE, Key=key((place, sort)))

    for operation, given_ in wanted:
        assert ours(store, operation, given_) == theirs(operation, given_), (operation, given_)
    assert everything(store.carry_out) == everything(client("dynamodb")._make_api_call)


RANGES = ["", " AND begins_with(sk, :a)", " AND sk BETWEEN :a AND :b", " AND sk >= :a", " AND sk < :b"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(
    st.sampled_from(RANGES),
    st.booleans(),
    st.none() | st.integers(1, 4),
    st.sets(st.text("ab#1é", min_size=1, max_size=3), max_size=12),
)
def test_property_ranges_pages_and_orders_are_the_same_as_in_moto(
    aws: None, span: str, forward: bool, limit: int | None, sorts: set[str]
) -> None:
    store = Store({TABLE: Table(("pk", "sk"))}, page_items=3)
    for sort in sorts:
        item = {"TableName": TABLE, "Item": {"pk": {"S": "r"}, "sk": {"S": sort}}}
        store.carry_out("PutItem", item)
        client("dynamodb").put_item(**item)
    values = {name: {"S": text} for name, text in ((":a", "a"), (":b", "b1")) if name in span}
    query: dict[str, Any] = {
        "TableName": TABLE,
        "KeyConditionExpression": f"pk = :pk{span}",
        "ExpressionAttributeValues": {":pk": {"S": "r"}, **values},
        "ScanIndexForward": forward,
        **({"Limit": limit} if limit else {}),
    }

    def pages(call: Any) -> list[str]:
        found, asked_ = [], dict(query)
        while True:
            page = call("Query", asked_)
            found += [item["sk"]["S"] for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            asked_["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    assert pages(store.carry_out) == pages(client("dynamodb")._make_api_call)
    for sort in sorts:
        client("dynamodb").delete_item(TableName=TABLE, Key={"pk": {"S": "r"}, "sk": {"S": sort}})
