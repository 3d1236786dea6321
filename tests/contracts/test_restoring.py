"""A table that was damaged in use is brought back from its backup (docs/runbooks/restore.md)."""

from __future__ import annotations

from typing import Any

import pytest

from local.restoring import bring_back, items
from tests.contracts.conftest import ON, TABLE
from tests.contracts.test_data_layer import item

COPY = "contracts-restored"


def of(client: Any, table: str) -> dict[str, dict[str, Any]]:
    found = ((each["sk"]["S"], each) for each in items(client, table) if each["pk"]["S"] == "books")
    return dict(sorted(found))


@pytest.mark.skipif(ON == "DynamoDB Local", reason="it keeps no backups")
def test_given_a_table_that_lost_entries_when_restored_then_each_is_there_and_nothing_newer_is_lost(
    dynamodb: Any,
) -> None:
    for number in range(120):
        dynamodb.put_item(TableName=TABLE, Item=item("books", f"entry#{number:03d}", fen=number))
    before = of(dynamodb, TABLE)
    backup = dynamodb.create_backup(TableName=TABLE, BackupName="nightly")["BackupDetails"]["BackupArn"]
    # Given entries of after the backup, some lost, and one written over
    dynamodb.put_item(TableName=TABLE, Item=item("books", "entry#120", fen=120))
    for number in range(40):
        key = {"pk": {"S": "books"}, "sk": {"S": f"entry#{number:03d}"}}
        dynamodb.delete_item(TableName=TABLE, Key=key)
    dynamodb.put_item(TableName=TABLE, Item=item("books", "entry#050", fen=-1))
    # When it is restored, then the copy is what was
    dynamodb.restore_table_from_backup(TargetTableName=COPY, BackupArn=backup)
    assert of(dynamodb, COPY) == before
    # And brought back, what was lost is there, what came later too, and what differs is named and left
    done = bring_back(dynamodb, COPY, TABLE)
    assert done.put_back == 40
    assert done.differing == [{"pk": {"S": "books"}, "sk": {"S": "entry#050"}}]
    now = of(dynamodb, TABLE)
    assert now.keys() == {*before, "entry#120"}
    assert {key for key in before if now[key] != before[key]} == {"entry#050"}
    # And a second time is nothing
    assert bring_back(dynamodb, COPY, TABLE).put_back == 0
