"""docs/runbooks/restore.md on the ledger: the copy holds by `hangpai ledger check`, and brings the living table back.

A restore to a point in time is asked for at that point: what stands in for AWS here keeps no past to go back to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from chalicelib.ledger import records, sealing
from chalicelib.ledger.checking import book_text
from local.cli import app
from local.restoring import bring_back
from tests.ledger.test_ledger_chain import BANK, ENTRIES, HELD, PERIOD, entry

LIVING, COPY = "ledger_table", "ledger_table-restored"
LATER = entry("credit/hangzhou/4", BANK, HELD, 7, 9, subject="4")


@contextmanager
def pointed_at(table: str) -> Iterator[None]:
    """As with ``LEDGER_TABLE`` set to another table's name."""
    models = (records.EntryRecord, sealing.SegmentRecord)
    try:
        for model in models:
            model.Meta.table_name, model._connection = table, None
        yield
    finally:
        for model in models:
            model.Meta.table_name, model._connection = LIVING, None


def checked(sealed: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["ledger", "check", "--period", PERIOD, "--since", str(sealed)])
    return done.exit_code, done.output


def item_of(dynamodb: Any, cause: str) -> dict[str, Any]:
    found = dynamodb.scan(TableName=LIVING)["Items"]
    return next(each for each in found if each.get("cause", {}).get("S") == cause)


def _by_backup(dynamodb: Any) -> Any:
    backup = dynamodb.create_backup(TableName=LIVING, BackupName="nightly")["BackupDetails"]["BackupArn"]
    return lambda: dynamodb.restore_table_from_backup(TargetTableName=COPY, BackupArn=backup)


def _to_a_point_in_time(dynamodb: Any) -> Any:
    dynamodb.restore_table_to_point_in_time(SourceTableName=LIVING, TargetTableName=COPY, UseLatestRestorableTime=True)
    return lambda: None


@pytest.mark.parametrize("way", [_by_backup, _to_a_point_in_time])
def test_given_a_ledger_that_was_damaged_when_restored_then_the_copy_holds_and_brings_it_back(
    aws: None, tmp_path: Path, way: Any
) -> None:
    dynamodb = boto3.client("dynamodb")
    # Given a sealed ledger, its book as it was sealed, and the last good second
    for each in ENTRIES:
        records.post(each)
    sealing.seal(PERIOD, 10)
    sealed = tmp_path / "ledger.jsonl"
    sealed.write_text(book_text(records.kept_entries(PERIOD), sealing.kept_segments(PERIOD)))
    restore = way(dynamodb)
    # And then an entry more, one written over, one gone, and the segment gone
    records.post(LATER)
    written_over = item_of(dynamodb, ENTRIES[1].cause)
    other_legs = [[BANK, 1, ""], [HELD, -1, "2"]]
    dynamodb.put_item(TableName=LIVING, Item={**written_over, "legs": {"S": json.dumps(other_legs)}})
    gone = item_of(dynamodb, ENTRIES[0].cause)
    segment = {"pk": {"S": f"{PERIOD}#segments"}, "sk": {"S": "000001"}}
    for key in ({name: gone[name] for name in ("pk", "sk")}, segment):
        dynamodb.delete_item(TableName=LIVING, Key=key)
    status, said = checked(sealed)
    assert status == 2
    assert "DIGEST_DIFFERS: credit/hangzhou/2" in said
    # When it is restored, then the copy holds, and to what was sealed
    restore()
    with pointed_at(COPY):
        assert checked(sealed)[0] == 0
        assert len(list(records.entries(PERIOD))) == len(ENTRIES)
    # And what is missing comes back from it; what was written over is named, and a person's to put right
    done = bring_back(dynamodb, COPY, LIVING)
    assert (done.put_back, done.differing) == (2, [{name: written_over[name] for name in ("pk", "sk")}])
    assert "ENTRY_CHANGED" in checked(sealed)[1] or "DIGEST_DIFFERS" in checked(sealed)[1]
    dynamodb.put_item(TableName=LIVING, Item=written_over)
    assert checked(sealed)[0] == 0
    assert {each.cause for each in records.entries(PERIOD)} == {each.cause for each in [*ENTRIES, LATER]}
