"""E-receipts: one a payment, never issued twice, written off, reversed; lists before the month is sealed."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from treasury_room import BY_RANK, PERIOD, TreasuryRoom

from chalicelib.kernel.errors import Conflict, NotAllowed, NotFound, Pending, ReconciliationOpen
from chalicelib.periods.audit import Actor
from chalicelib.periods.problems import list_problems
from chalicelib.treasury import receipts, reversing, writing_off
from chalicelib.treasury.lists import treasury_lists
from chalicelib.treasury.receipt_records import ReceiptRecord, ReceiptState, receipts_of

PAYERS = BY_RANK[:2]
CODE = PAYERS[0]


@pytest.fixture
def paid_room(room: TreasuryRoom) -> TreasuryRoom:
    """Two winners paid; the others defaulted."""
    room.open_settlement()
    for code in PAYERS:
        room.pay(code, push=False)
    room.pass_deadline()
    room.verify()
    room.propose()
    room.default()
    return room


def issue_all(room: TreasuryRoom) -> list[dict[str, int]]:
    chunks = receipts.plan_receipts(room.files, PERIOD)["chunks"]
    return [receipts.issue_receipts(room.files, room.office, PERIOD, chunk["key"]) for chunk in chunks]


def write_off(room: TreasuryRoom) -> dict[str, int]:
    return writing_off.write_off(room.files, room.clock, PERIOD)


def receipt(code: str = CODE, turn: int = 1) -> ReceiptRecord:
    return receipts_of(PERIOD, code)[turn - 1]


def test_given_payments_when_issued_then_each_has_its_receipt_sealed_and_written_off(paid_room: TreasuryRoom) -> None:
    assert issue_all(paid_room) == [{"issued": 2, "refused": 0}]
    assert write_off(paid_room) == {"written_off": 2, "reversed": 0, "surplus": 0, "surplus_fen": 0}

    issued = paid_room.simulator.books.state()["receipts"]
    assert sorted(each["amount"] for each in issued) == ["32000.00", "35000.00"]
    record = receipt()
    assert (record.state, len(record.number), len(record.check_code)) == (ReceiptState.WRITTEN_OFF, 10, 6)
    file = receipts.receipt_file(paid_room.files, paid_room.office, record)
    assert file.startswith(b"%PDF")
    assert hashlib.sha256(file).hexdigest() == record.file_sha256
    assert file not in paid_room.files.read("work", record.file_key)
    content = paid_room.files.read("outbox", f"finance/receipts/{PERIOD}/receipts-{PERIOD}.csv").decode("utf-8-sig")
    assert [row["状态"] for row in csv.DictReader(io.StringIO(content))] == ["已核销", "已核销"]
    assert "张" not in content


def test_given_everything_again_then_nothing_is_issued_twice(paid_room: TreasuryRoom) -> None:
    issue_all(paid_room)
    first = write_off(paid_room)
    before = receipt().attribute_values

    assert issue_all(paid_room) == []
    assert write_off(paid_room) == first
    assert receipt().attribute_values == before


@pytest.mark.parametrize("number", ["8999", "8981", "8982"])
def test_given_a_lost_answer_when_run_again_then_each_payment_has_one_receipt_and_no_number_is_lost(
    paid_room: TreasuryRoom, number: str
) -> None:
    paid_room.control("_fault", kind="silent", requests=1, numbers=[number])

    with pytest.raises(Pending, match="RECEIPTS_PENDING"):
        issue_all(paid_room)
    with pytest.raises(ReconciliationOpen, match="RECEIPTS_OPEN"):
        write_off(paid_room)
    issue_all(paid_room)

    assert write_off(paid_room)["written_off"] == 2
    issued = paid_room.simulator.books.state()["receipts"]
    assert sorted(each["number"] for each in issued) == ["0000000001", "0000000002"]
    assert [each["issues"] for each in issued] == [1, 1]


def test_given_a_payment_that_the_treasury_takes_back_when_issued_then_refused_listed_and_the_month_waits(
    paid_room: TreasuryRoom,
) -> None:
    pay_code = paid_room.notice(CODE).pay_code
    paid_room.simulator.books.notices[pay_code].stats = "0"

    assert issue_all(paid_room) == [{"issued": 1, "refused": 1}]
    with pytest.raises(ReconciliationOpen, match="RECEIPTS_OPEN"):
        write_off(paid_room)
    assert treasury_lists(PERIOD).payments_without_receipt == (pay_code,)
    assert {each.code for each in list_problems(PERIOD)} == {"RECEIPT_REFUSED", "RECEIPTS_OPEN"}


def test_given_a_receipt_without_a_payment_when_written_off_then_listed_and_left(paid_room: TreasuryRoom) -> None:
    issue_all(paid_room)
    receipt().update([ReceiptRecord.amount_fen.set(1)])

    with pytest.raises(ReconciliationOpen, match="RECEIPTS_OPEN"):
        write_off(paid_room)
    lists = treasury_lists(PERIOD)
    assert lists.receipts_without_payment == lists.payments_without_receipt == (paid_room.notice(CODE).pay_code,)
    assert receipt().state == ReceiptState.ISSUED


def test_given_two_persons_when_reversed_then_a_red_receipt_and_another_for_the_payment(
    paid_room: TreasuryRoom,
) -> None:
    issue_all(paid_room)
    write_off(paid_room)
    pay_code = str(paid_room.notice(CODE).pay_code)
    reversing.propose_reversal(pay_code, "交款人名称有误", actor=Actor("cashier", ("cashier",), 1))
    with pytest.raises(NotAllowed, match="SELF_APPROVAL"):
        reversing.confirm_reversal(pay_code, actor=Actor("cashier", ("cashier",), 1))
    reversing.confirm_reversal(pay_code, actor=Actor("approver", ("approver",), 1))
    reversing.confirm_reversal(pay_code, actor=Actor("approver", ("approver",), 1))

    assert issue_all(paid_room) == [{"issued": 2, "refused": 0}]
    assert write_off(paid_room) == {"written_off": 3, "reversed": 1, "surplus": 0, "surplus_fen": 0}
    first, red, second = receipts_of(PERIOD, CODE)
    assert (first.state, red.reverses, second.state) == (ReceiptState.REVERSED, first.number, ReceiptState.WRITTEN_OFF)
    assert [line.amount_fen for line in treasury_lists(PERIOD).receipts if line.code == CODE] == [
        3_500_000,
        -3_500_000,
        3_500_000,
    ]
    assert receipts.receipt_file(paid_room.files, paid_room.office, red).startswith(b"%PDF")


def test_given_nothing_issued_or_nothing_proposed_when_reversed_then_refused(paid_room: TreasuryRoom) -> None:
    pay_code = str(paid_room.notice(CODE).pay_code)
    with pytest.raises(NotFound, match="RECEIPT_UNKNOWN"):
        reversing.propose_reversal(pay_code, "x", actor=Actor("cashier", ("cashier",), 1))
    issue_all(paid_room)
    with pytest.raises(Conflict, match="NOTHING_PROPOSED"):
        reversing.confirm_reversal(pay_code, actor=Actor("approver", ("approver",), 1))


def test_given_money_that_pays_nothing_then_finance_and_the_treasury_have_a_list(paid_room: TreasuryRoom) -> None:
    with paid_room.door():
        paid_room.control("_push")
        paid_room.pay(CODE)
        paid_room.pay(BY_RANK[3])
        paid_room.work_off()
    issue_all(paid_room)

    assert write_off(paid_room)["surplus_fen"] == 3_500_000 + 2_900_000
    content = paid_room.files.read("outbox", f"treasury/surplus/{PERIOD}/surplus-{PERIOD}.csv").decode("utf-8-sig")
    assert [(row["情形"], row["应退金额(元)"]) for row in csv.DictReader(io.StringIO(content))] == [
        ("重复缴款", "35000.00"),
        ("已认定违约", "29000.00"),
    ]


def test_given_a_void_notice_nobody_decided_about_then_the_month_is_not_sealed(room: TreasuryRoom) -> None:
    room.open_settlement()
    room.control("_void", pay_code=room.notice(CODE).pay_code)
    room.pass_deadline()
    room.verify()

    with pytest.raises(ReconciliationOpen) as open_:
        write_off(room)
    assert [problem.field for problem in open_.value.problems] == ["notice"]
