"""The deadline: the treasury's word decides, pending is not default, and a default is one transaction."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from treasury_room import BY_RANK, DEPOSIT_FEN, PERIOD, PLAN, TreasuryRoom, held_fen

from chalicelib.applicants.records import get
from chalicelib.deposits.records import DepositRecord, DepositState, find_deposit
from chalicelib.kernel.errors import Conflict, Pending
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.periods.problems import list_problems
from chalicelib.treasury import clearing, defaulting, records
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import NoticeStatus

PAYER, *OTHERS = BY_RANK


@pytest.fixture
def due_room(room: TreasuryRoom) -> TreasuryRoom:
    """The settlement is open and one winner has paid; the treasury's confirmation got lost."""
    room.open_settlement()
    room.pay(PAYER, push=False)
    room.pass_deadline()
    return room


def states() -> dict[str, str]:
    return {notice.code: notice.state for notice in records.notices(PERIOD)}


def test_given_the_deadline_ahead_when_verified_then_pending(room: TreasuryRoom) -> None:
    room.open_settlement()

    with pytest.raises(Pending, match="DEADLINE_AHEAD"):
        room.verify()


def test_given_a_lost_confirmation_when_verified_then_the_treasury_s_answer_counts(due_room: TreasuryRoom) -> None:
    assert due_room.verify() == {"paid": 1, "unpaid": 3, "void": 0}
    assert due_room.notice(PAYER).paid_by == "inquiry"
    assert due_room.verify() == {"paid": 0, "unpaid": 3, "void": 0}


def test_given_a_silent_treasury_when_verified_then_nobody_can_be_proposed(due_room: TreasuryRoom) -> None:
    due_room.control("_busy", requests=1)

    with pytest.raises(Pending, match="VERIFICATION_PENDING"):
        due_room.verify()
    with pytest.raises(Pending, match="NOT_VERIFIED"):
        due_room.propose()
    due_room.verify()
    assert due_room.propose() == {"defaulters": 3, "forfeit_fen": 3 * DEPOSIT_FEN, "defaulted": 0}


def test_given_a_notice_the_treasury_never_had_when_verified_then_nobody_defaults(room: TreasuryRoom) -> None:
    room.issue()
    room.pass_deadline()

    with pytest.raises(Conflict, match="NOTICES_UNKNOWN"):
        room.verify()
    assert len(list_problems(PERIOD)) == 4
    with pytest.raises(Pending, match="NOT_VERIFIED"):
        room.propose()


def test_given_an_upload_whose_answer_was_lost_when_verified_then_the_notice_counts_as_registered(
    room: TreasuryRoom,
) -> None:
    room.issue()
    room.control("_silent", requests=4, worked=True)
    with pytest.raises(Pending):
        room.register()
    room.pass_deadline()

    assert room.verify() == {"paid": 0, "unpaid": 4, "void": 0}
    assert set(states().values()) == {NoticeStatus.REGISTERED}


def test_given_a_void_notice_when_verified_then_it_is_listed_and_nobody_s_default(due_room: TreasuryRoom) -> None:
    due_room.control("_void", pay_code=due_room.notice(OTHERS[0]).pay_code)

    assert due_room.verify() == {"paid": 1, "unpaid": 2, "void": 1}
    assert due_room.propose()["defaulters"] == 2
    assert [listed.code for listed in list_problems(PERIOD)] == ["NOTICE_VOID"]


def test_given_defaulters_when_carried_out_then_locked_forfeited_and_posted(due_room: TreasuryRoom) -> None:
    due_room.verify()
    due_room.propose()

    assert due_room.default() == {"defaulted": 3, "forfeit_fen": 3 * DEPOSIT_FEN}
    assert states() == {PAYER: "paid", **dict.fromkeys(OTHERS, "defaulted")}
    assert [get(PERIOD, code).locked for code in BY_RANK] == [False, True, True, True]
    deposits = {code: find_deposit(PERIOD, code) for code in BY_RANK}
    assert [deposit.state for deposit in deposits.values() if deposit] == ["held", *["forfeited"] * 3]
    balances = held_fen()
    assert balances[accounts.forfeited(PERIOD)] == -3 * DEPOSIT_FEN
    # The payer's deposit, and what every defaulter paid above his own.
    assert balances[accounts.held(PERIOD)] == -(DEPOSIT_FEN + 50) - 3 * 50
    assert sum(balances.values()) == 0
    entry = ledger.read(PERIOD, causes.forfeit(PERIOD, OTHERS[0]))
    assert entry is not None
    assert entry.day == PLAN.day("settlement_closes")
    assert due_room.notice(OTHERS[0]).defaulted_by == "王主管"


def test_given_defaulters_when_carried_out_again_then_nothing_more_happens(due_room: TreasuryRoom) -> None:
    due_room.verify()
    due_room.propose()
    first = due_room.default()
    before = held_fen()

    assert due_room.default() == first
    assert held_fen() == before


def test_given_a_run_that_broke_off_when_carried_out_again_then_each_defaults_once(
    due_room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_room.verify()
    due_room.propose()
    commit, commits = Transaction.commit, []

    def break_off(transaction: Transaction) -> None:
        commits.append(transaction)
        if len(commits) == 2:
            raise RuntimeError("the function ran out of time")
        commit(transaction)

    monkeypatch.setattr(Transaction, "commit", break_off)
    with pytest.raises(RuntimeError):
        due_room.default()

    assert due_room.default() == {"defaulted": 3, "forfeit_fen": 3 * DEPOSIT_FEN}
    assert held_fen()[accounts.forfeited(PERIOD)] == -3 * DEPOSIT_FEN


def test_given_nobody_was_proposed_when_carried_out_then_nobody_defaults(due_room: TreasuryRoom) -> None:
    due_room.verify()

    assert due_room.default() == {"defaulted": 0, "forfeit_fen": 0}


def test_given_a_payment_between_proposal_and_default_then_the_payer_keeps_his_deposit(due_room: TreasuryRoom) -> None:
    """The bank took the money before the deadline; the treasury's word came while the list was being approved."""
    due_room.verify()
    due_room.propose()
    with due_room.door():
        due_room.pay(OTHERS[0], at_ms=PLAN.at("settlement_closes") - 1_000)
        due_room.work_off()

    assert due_room.default()["defaulted"] == 2
    assert due_room.notice(OTHERS[0]).state == NoticeStatus.PAID
    assert not get(PERIOD, OTHERS[0]).locked


def test_given_a_payment_in_the_very_moment_of_default_then_the_transaction_does_nothing(
    due_room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_room.verify()
    due_room.propose()
    add_forfeit = defaulting.add_forfeit

    def paid_meanwhile(transaction: Transaction, deposit: DepositRecord, *more: object) -> None:
        add_forfeit(transaction, deposit, *more)  # type: ignore[arg-type]
        paid = [NoticeRecord.state.set(NoticeStatus.PAID)]
        records.advance(PERIOD, deposit.code, paid, records.open_notice())

    monkeypatch.setattr(defaulting, "add_forfeit", paid_meanwhile)

    assert due_room.default() == {"defaulted": 0, "forfeit_fen": 0}
    assert accounts.forfeited(PERIOD) not in held_fen()
    assert not get(PERIOD, OTHERS[0]).locked


def test_given_a_payment_after_the_default_when_confirmed_then_it_is_listed(due_room: TreasuryRoom) -> None:
    due_room.verify()
    due_room.propose()
    due_room.default()
    with due_room.door():
        due_room.pay(OTHERS[0], at_ms=PLAN.at("settlement_closes") - 1_000)
        due_room.work_off()

    assert due_room.notice(OTHERS[0]).state == NoticeStatus.DEFAULTED
    assert [listed.code for listed in list_problems(PERIOD)] == ["CONFIRMATION_NOT_PAYABLE"]


def test_given_a_deposit_that_is_gone_when_proposed_then_refused(due_room: TreasuryRoom) -> None:
    due_room.verify()
    deposit = find_deposit(PERIOD, OTHERS[0])
    assert deposit is not None
    deposit.update([DepositRecord.state.set(DepositState.REFUNDED)])

    with pytest.raises(Conflict, match="DEPOSIT_NOT_HELD"):
        due_room.propose()


def test_given_the_end_when_cleared_then_one_row_a_winner_in_the_order_of_the_result(due_room: TreasuryRoom) -> None:
    due_room.verify()
    due_room.propose()
    due_room.default()

    cleared = due_room.clear()

    assert cleared == {
        "key": f"regulator/clearing/{PERIOD}/clearing-2026-03.csv",
        "winners": 4,
        "paid": 1,
        "paid_fen": 3_500_000,
        "defaulted": 3,
        "forfeit_fen": 600_000,
        "released": 0,
        "undecided": 0,
        "quota": {
            "individual": {
                "quota": 3, "winners": 3, "paid": 1, "defaulted": 2, "released": 0, "undecided": 0, "unused": 2,
            },
            "unit": {
                "quota": 2, "winners": 1, "paid": 0, "defaulted": 1, "released": 0, "undecided": 0, "unused": 2,
            },
        },
    }  # fmt: skip
    quota = due_room.files.read("outbox", f"regulator/clearing/{PERIOD}/quota-{PERIOD}.csv").decode("utf-8-sig")
    assert [row["未使用配额"] for row in csv.DictReader(io.StringIO(quota))] == ["2", "2"]
    content = due_room.files.read("outbox", cleared["key"])
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["申请编码"] for row in rows] == list(BY_RANK)
    assert [row["缴款状态"] for row in rows] == ["已缴款", "违约", "违约", "违约"]
    assert [row["没收保证金(元)"] for row in rows] == ["0.00", "2000.00", "2000.00", "2000.00"]
    assert (rows[0]["已缴金额(元)"], rows[0]["缴款时间"]) == ("35000.00", "2026-03-30T17:00:00.000")
    sidecar = due_room.files.read("outbox", cleared["key"] + ".sm3").decode()
    assert sidecar == f"{hashlib.new('sm3', content).hexdigest()}  clearing-2026-03.csv\n"
    assert "张" not in content.decode("utf-8-sig")
    due_room.clear()
    assert due_room.files.read("outbox", cleared["key"]) == content
    [sealed] = clearing.export(due_room.files, PERIOD)["files"]
    assert due_room.files.read("work", sealed["key"]) == content
