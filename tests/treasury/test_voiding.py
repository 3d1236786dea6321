"""Voiding: two persons, a cause, the treasury's word; another notice or a release, and batch 2 goes on without him."""

from __future__ import annotations

import json
from typing import Any

import pytest
from treasury_room import BY_RANK, PERIOD, TreasuryRoom

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Pending
from chalicelib.periods.audit import Actor
from chalicelib.periods.problems import list_problems
from chalicelib.treasury import records, voiding
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import NoticeStatus, VoidState, pay_code_rule
from integrations.ports import NoticeState

CODE, OTHER = BY_RANK[:2]


def cashier(room: Any) -> Actor:
    return Actor("cashier", ("cashier",), room.clock.now_ms())


@pytest.fixture
def open_room(room: TreasuryRoom) -> TreasuryRoom:
    room.open_settlement()
    return room


def agree(room: TreasuryRoom, then: str, code: str = CODE, cause: str = "姓名有误") -> str:
    pay_code = str(room.notice(code).pay_code)
    voiding.propose_void(pay_code, cause, then, actor=cashier(room))
    voiding.confirm_void(pay_code, then, actor=Actor("approver", ("approver",), 1), queue=room.queue)
    return pay_code


def carry_out(room: TreasuryRoom, pay_code: str) -> None:
    voiding.carry_out_void(room.office, pay_code_rule("hangzhou"), pay_code)


def test_given_two_persons_when_reissued_then_the_old_code_is_void_and_the_new_one_can_be_paid(
    open_room: TreasuryRoom,
) -> None:
    old = agree(open_room, "reissue")
    assert [json.loads(body) for body in open_room.queue.bodies] == [{"void": old}]
    open_room.queue.bodies.clear()

    carry_out(open_room, old)

    new = open_room.notice(CODE)
    assert (new.state, new.replaces, new.pay_code[-1]) == (NoticeStatus.REGISTERED, old, "5")
    assert open_room.link.ask(old, "q1") == NoticeState.VOID
    assert open_room.link.ask(new.pay_code, "q2") == NoticeState.UNPAID
    kept = records.notice_by_pay_code(old)
    assert kept is not None
    assert (kept.state, kept.void_cause, kept.void_proposed_by, kept.void_confirmed_by) == (
        NoticeStatus.VOID, "姓名有误", "cashier", "approver",
    )  # fmt: skip
    with open_room.door():
        open_room.pay(CODE)
        open_room.work_off()
    assert records.paid(PERIOD, CODE)
    assert len(list(records.notices(PERIOD))) == 4


def test_given_a_reissued_notice_when_everything_runs_again_then_nothing_changes(open_room: TreasuryRoom) -> None:
    old = agree(open_room, "reissue")
    carry_out(open_room, old)
    before = open_room.notice(CODE).attribute_values

    carry_out(open_room, old)
    voiding.confirm_void(old, "reissue", actor=Actor("approver", ("approver",), 1), queue=open_room.queue)
    open_room.issue()
    open_room.register()

    assert open_room.notice(CODE).attribute_values == before
    assert open_room.simulator.books.notices[before["pay_code"]].uploads == 1


def test_given_a_payment_of_the_void_code_when_confirmed_then_it_is_listed_for_return(open_room: TreasuryRoom) -> None:
    old = agree(open_room, "reissue")
    carry_out(open_room, old)
    with open_room.door():
        open_room.control(
            "_pay", pay_code=old, amount_fen=3_500_000, payer_name="张三", paid_at="2026-03-27T10:00:00+08:00"
        )
        open_room.work_off()

    assert open_room.notice(CODE).state == NoticeStatus.REGISTERED
    [over] = records.surplus(PERIOD)
    assert (over.finding, over.amount_fen, over.code) == ("notice_void", 3_500_000, CODE)


def test_given_a_silent_treasury_when_voided_then_nothing_changes_until_it_answers(open_room: TreasuryRoom) -> None:
    old = agree(open_room, "release")
    open_room.control("_fault", kind="silent", requests=1)

    with pytest.raises(Pending):
        carry_out(open_room, old)
    assert open_room.notice(CODE).state == NoticeStatus.REGISTERED
    open_room.pass_deadline()
    with pytest.raises(Pending, match="VERIFICATION_PENDING"):
        open_room.verify()

    carry_out(open_room, old)
    assert records.released(PERIOD, CODE)
    assert open_room.verify() == {"paid": 0, "unpaid": 3, "void": 0}
    assert open_room.propose()["defaulters"] == 3


def test_given_a_notice_paid_meanwhile_when_voided_then_refused_listed_and_paid(open_room: TreasuryRoom) -> None:
    old = agree(open_room, "release")
    open_room.queue.bodies.clear()
    with open_room.door():
        open_room.pay(CODE)
        carry_out(open_room, old)
        open_room.work_off()

    notice = open_room.notice(CODE)
    assert (notice.state, notice.void_state) == (NoticeStatus.PAID, VoidState.REFUSED)
    assert [each.code for each in list_problems(PERIOD)] == ["VOID_REFUSED"]
    assert not records.undecided(PERIOD, CODE)


def test_given_a_void_between_proposal_and_default_then_he_is_no_defaulter(open_room: TreasuryRoom) -> None:
    open_room.pass_deadline()
    open_room.verify()
    open_room.propose()
    old = agree(open_room, "release")

    assert open_room.default()["defaulted"] == 3
    carry_out(open_room, old)
    assert records.released(PERIOD, CODE)


def test_given_a_notice_void_by_the_treasury_then_undecided_until_two_persons_release_the_winner(
    open_room: TreasuryRoom,
) -> None:
    pay_code = str(open_room.notice(CODE).pay_code)
    open_room.control("_void", pay_code=pay_code)
    open_room.pass_deadline()
    open_room.verify()
    assert (records.undecided(PERIOD, CODE), records.released(PERIOD, CODE)) == (True, False)

    with pytest.raises(Conflict, match="DEADLINE_PASSED"):
        voiding.propose_void(pay_code, "财政作废", "reissue", actor=cashier(open_room))
    agree(open_room, "release")
    carry_out(open_room, pay_code)

    assert (records.undecided(PERIOD, CODE), records.released(PERIOD, CODE)) == (False, True)


def test_given_one_person_or_no_cause_or_another_word_then_nothing_is_voided(open_room: TreasuryRoom) -> None:
    pay_code = str(open_room.notice(CODE).pay_code)
    with pytest.raises(InvalidInput, match="VOID_INVALID"):
        voiding.propose_void(pay_code, " ", "release", actor=cashier(open_room))
    with pytest.raises(InvalidInput, match="VOID_INVALID"):
        voiding.propose_void(pay_code, "姓名有误", "forget", actor=cashier(open_room))
    with pytest.raises(NotFound, match="NOTICE_UNKNOWN"):
        voiding.propose_void("1" * 20, "姓名有误", "release", actor=cashier(open_room))
    with pytest.raises(Conflict, match="VOID_DIFFERS"):
        voiding.confirm_void(pay_code, "release", actor=Actor("approver", ("approver",), 1), queue=open_room.queue)
    voiding.propose_void(pay_code, "姓名有误", "release", actor=cashier(open_room))
    with pytest.raises(NotAllowed, match="SELF_APPROVAL"):
        voiding.confirm_void(pay_code, "release", actor=Actor("cashier", ("cashier",), 1), queue=open_room.queue)
    with pytest.raises(Conflict, match="VOID_DIFFERS"):
        voiding.confirm_void(pay_code, "reissue", actor=Actor("approver", ("approver",), 1), queue=open_room.queue)

    assert open_room.queue.bodies == []
    carry_out(open_room, pay_code)
    assert open_room.notice(CODE).state == NoticeStatus.REGISTERED


def test_given_a_paid_notice_when_void_is_proposed_then_refused(open_room: TreasuryRoom) -> None:
    notice = open_room.notice(CODE)
    records.advance(PERIOD, CODE, [NoticeRecord.state.set(NoticeStatus.PAID)], records.open_notice())

    with pytest.raises(Conflict, match="NOTICE_SETTLED"):
        voiding.propose_void(notice.pay_code, "姓名有误", "release", actor=cashier(open_room))


def test_given_two_voids_when_reissued_then_numbers_follow_without_gap(open_room: TreasuryRoom) -> None:
    for code in (CODE, OTHER):
        carry_out(open_room, agree(open_room, "reissue", code))
    carry_out(open_room, agree(open_room, "reissue", CODE))

    assert sorted(notice.pay_code[-1] for notice in records.notices(PERIOD)) == ["3", "4", "6", "7"]
    assert sorted(notice.pay_code[-1] for notice in records.replaced(PERIOD)) == ["1", "2", "5"]
    open_room.issue()
