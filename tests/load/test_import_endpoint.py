"""What stands behind a measured import answers as the store that is held to another implementation does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.bench.whole_import.endpoint import Cloud, PackedTable
from local.load.tables import Refusal, Table
from local.simulation.store import Store

KEYS = st.fixed_dictionaries({"pk": st.sampled_from("pq"), "sk": st.sampled_from("abc")})
ACTIONS = st.lists(
    st.tuples(KEYS, st.integers(0, 3), st.booleans()), min_size=1, max_size=4, unique_by=lambda each: str(each[0])
)


def transaction(actions: list[tuple[dict[str, str], int, bool]]) -> dict[str, Any]:
    puts = []
    for key, number, once in actions:
        item = {name: {"S": text} for name, text in key.items()} | {"n": {"N": str(number)}, "on": {"BOOL": once}}
        guard = {"ConditionExpression": "attribute_not_exists(pk)"} if once else {}
        puts.append({"Put": {"TableName": "T", "Item": item, **guard}})
    return {"TransactItems": puts}


def answers(store: Store, wanted: list[list[tuple[dict[str, str], int, bool]]]) -> list[Any]:
    said: list[Any] = []
    for actions in wanted:
        try:
            said.append(store.carry_out("TransactWriteItems", transaction(actions)))
        except Refusal as refusal:
            said.append((refusal.code, refusal.content))
    keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk in "pq" for sk in "abc"]
    said.append(store.carry_out("BatchGetItem", {"RequestItems": {"T": {"Keys": keys}}}))
    query = {"TableName": "T", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
    return [*said, store.carry_out("Query", query)]


@given(st.lists(ACTIONS, max_size=5))
def test_property_packed_items_are_the_same_items(wanted: list[list[tuple[dict[str, str], int, bool]]]) -> None:
    packed, plain = (Store({"T": kind(("pk", "sk"))}) for kind in (PackedTable, Table))
    assert answers(packed, wanted) == answers(plain, wanted)


def test_given_a_wrapped_key_then_it_opens_in_its_own_context_only() -> None:
    cloud, context = Cloud(), {"period": "2026-03"}
    made = cloud.answer_to("TrentService.GenerateDataKey", {"KeyId": "k", "EncryptionContext": context})
    asked = {"KeyId": "k", "CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context}
    assert cloud.answer_to("TrentService.Decrypt", asked)["Plaintext"] == made["Plaintext"]
    with pytest.raises(Refusal, match="InvalidCiphertext"):
        cloud.answer_to("TrentService.Decrypt", {**asked, "EncryptionContext": {"period": "2026-04"}})
    assert json.loads(json.dumps(cloud.state()))["asked"] == {"GenerateDataKey": 1, "Decrypt": 2}
