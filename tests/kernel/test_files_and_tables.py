"""Files that never change, and transactions that happen together or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError
from pynamodb.models import Model

from chalicelib.kernel import aws as doors
from chalicelib.kernel import tables
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.fetched import put_fetched
from chalicelib.kernel.files import WRITES_MAX, Files, MemoryFiles, S3Files, read_json, write_json
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from integrations.bundle import check_digest


class Item(Model):
    class Meta(HubMeta):
        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    held = NumberAttribute(default=0)


@pytest.fixture(params=["s3", "memory"])
def files(request: pytest.FixtureRequest, aws: None) -> Files:
    make: dict[str, Callable[[], Files]] = {
        "s3": lambda: S3Files(doors.client("s3"), settings()),
        "memory": MemoryFiles,
    }
    return make[request.param]()


def test_a_file_is_read_as_it_was_written(files: Files) -> None:
    files.write("work", "a/申请.csv", "申请编码".encode("gb18030"))
    assert files.read("work", "a/申请.csv").decode("gb18030") == "申请编码"


def test_what_stood_under_a_key_of_the_inbox_is_kept_in_its_order(files: Files) -> None:
    for body in (b"1", b"22", b"1"):
        files.write("inbox", "a/b.txt", body)
        files.write("inbox", "a/b.txt.sm3", b"digest of " + body)
    assert files.versions("inbox", "a/b.txt") == [b"1", b"22", b"1"]
    with pytest.raises(NotFound, match="FILE_MISSING"):
        files.versions("inbox", "a/b")


def test_a_missing_file_is_named(files: Files) -> None:
    with pytest.raises(NotFound, match="FILE_MISSING"):
        files.read("work", "nothing")


def test_a_file_written_once_never_changes(files: Files) -> None:
    files.write_once("evidence", "1.zip", b"sealed")
    files.write_once("evidence", "1.zip", b"sealed")
    with pytest.raises(Conflict, match="FILE_CHANGED"):
        files.write_once("evidence", "1.zip", b"other")
    assert files.read("evidence", "1.zip") == b"sealed"


def test_a_write_on_condition_that_meets_another_one_is_tried_again(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = doors.client("s3")
    put, turned_away = s3.put_object, [0]

    def busy(**asked: Any) -> Any:
        turned_away[0] += 1
        if turned_away[0] <= contended:
            raise ClientError({"Error": {"Code": "ConditionalRequestConflict", "Message": "busy"}}, "PutObject")
        return put(**asked)

    monkeypatch.setattr(s3, "put_object", busy)
    files = S3Files(s3, settings())
    contended = WRITES_MAX - 1
    files.write_once("evidence", "1.zip", b"sealed")
    assert files.read("evidence", "1.zip") == b"sealed"
    contended, turned_away[0] = WRITES_MAX, 0
    with pytest.raises(ClientError, match="ConditionalRequestConflict"):
        files.write_once("evidence", "2.zip", b"sealed")


@dataclass(frozen=True)
class Pulled:
    content: bytes
    name: str = "BILL.pull"

    @property
    def digest(self) -> str:
        return hashlib.new("sm3", self.content).hexdigest()


def test_of_two_that_fetch_at_once_the_first_to_write_wins_and_both_go_on_with_its_file(files: Files) -> None:
    folder = "alipay/statement/2026-03/2026-03-10"
    keys = []

    def slowly() -> Pulled:
        keys.append(put_fetched(files, folder, 0, lambda: Pulled(b"as it was asked for first")))
        return Pulled(b"as it was asked for later")

    keys.append(put_fetched(files, folder, 0, slowly))

    assert keys == [f"{folder}/001-BILL.pull"] * 2
    assert files.versions("inbox", keys[0]) == [b"as it was asked for first"]
    (sidecar,) = files.versions("inbox", f"{keys[0]}.sm3")
    check_digest(b"as it was asked for first", sidecar)


def test_who_is_stopped_before_the_sidecar_fetches_nothing_again_and_writes_it(files: Files) -> None:
    files.write("inbox", "a/001-BILL.pull", b"fetched")

    assert put_fetched(files, "a", 0, lambda: pytest.fail("fetched again")) == "a/001-BILL.pull"

    check_digest(b"fetched", files.read("inbox", "a/001-BILL.pull.sm3"))
    assert put_fetched(files, "a", 1, lambda: Pulled(b"corrected")) == "a/002-BILL.pull"


def test_keys_are_listed_below_their_prefix_in_order(files: Files) -> None:
    for key in ("b/2", "a/1", "b/1"):
        files.write("work", key, b"")
    assert list(files.keys("work", "b/")) == ["b/1", "b/2"]


def test_json_survives(files: Files) -> None:
    write_json(files, "work", "x.json", {"名称": [1, 2]})
    assert read_json(files, "work", "x.json") == {"名称": [1, 2]}


def test_a_transaction_writes_all_or_nothing(aws: None) -> None:
    # Given an item that stands
    Item("p", "taken", held=1).save()
    # When a transaction would write another and this one only if it did not stand
    transaction = Transaction()
    transaction.put(Item("p", "new"))
    transaction.put(Item("p", "taken", held=2), Item.pk.does_not_exist())
    # Then neither is written
    with pytest.raises(Conflict, match="CONDITION_FAILED"):
        transaction.commit()
    assert Item.count("p") == 1
    assert Item.get("p", "taken").held == 1


def test_a_transaction_updates_and_checks(aws: None) -> None:
    Item("p", "a", held=1).save()
    Item("p", "b", held=5).save()
    transaction = Transaction()
    transaction.update(Item("p", "a"), [Item.held.set(2)], Item.held == 1)
    transaction.check(Item, "p", "b", Item.held == 5)
    transaction.commit()
    assert Item.get("p", "a").held == 2


class Busy:
    """DynamoDB that cancels transactions for reasons of its own before it takes one."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        self.tried = 0

    def write(self) -> None:
        self.tried += 1
        if self.reasons:
            cancelled = [None, CancellationReason(self.reasons.pop(0))]
            answer = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
            cause = VerboseClientError(answer, "TransactWriteItems", cancellation_reasons=cancelled)
            raise TransactWriteError("cancelled", cause)


@pytest.mark.parametrize(
    ("reasons", "tried", "raised"),
    [
        (["TransactionConflict"], 2, None),
        (["ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"], 4, None),
        (["TransactionConflict"] * 9, 4, TransactWriteError),
        (["ValidationError"] * 2, 1, TransactWriteError),
        (["TransactionConflict", "ConditionalCheckFailed"], 2, Conflict),
    ],
)
def test_a_cancelled_transaction_is_tried_again_where_that_can_help(
    monkeypatch: pytest.MonkeyPatch, reasons: list[str], tried: int, raised: type[Exception] | None
) -> None:
    busy = Busy(*reasons)
    monkeypatch.setattr(Transaction, "_write", lambda self: busy.write())
    monkeypatch.setattr(tables, "_pause", lambda tried: None)
    transaction = Transaction()
    transaction.put(Item("p", "new"))
    with pytest.raises(raised) if raised else nullcontext():
        transaction.commit()
    assert busy.tried == tried


@pytest.mark.parametrize("actions", [0, 101])
def test_a_transaction_takes_what_dynamodb_takes(actions: int, aws: None) -> None:
    transaction = Transaction()
    for number in range(actions):
        transaction.put(Item("p", str(number)))
    with pytest.raises(ValueError, match="1 to 100 actions"):
        transaction.commit()
