"""Confirmations: pushed over HTTP, stored, acknowledged, worked off; twice is once, and a fen too few is no payment."""

from __future__ import annotations

import base64

import pytest
import requests
from treasury_room import BY_RANK, PERIOD, PLAN, SECRET, TreasuryRoom, body_of

from chalicelib.kernel.errors import NotFound
from chalicelib.periods.problems import list_problems
from chalicelib.treasury import records
from chalicelib.treasury.applying import apply_confirmation
from chalicelib.treasury.rules import Finding, NoticeStatus
from integrations.treasury_nontax.simulator import wire

CODE = BY_RANK[0]


@pytest.fixture
def open_room(room: TreasuryRoom) -> TreasuryRoom:
    room.open_settlement()
    return room


def codes_listed(period: str = PERIOD) -> list[str]:
    return [listed.code for listed in list_problems(period)]


def test_given_a_winner_when_he_pays_then_acknowledged_at_once_and_paid_from_the_queue(
    open_room: TreasuryRoom,
) -> None:
    with open_room.door():
        answer = open_room.pay(CODE)

        assert (answer["answer"], answer["result"], answer["information"]) == ("8001", "00000", "成功")
        assert open_room.notice(CODE).state == NoticeStatus.REGISTERED
        assert open_room.work_off() == {"batchItemFailures": []}

    notice = open_room.notice(CODE)
    assert (notice.state, notice.paid_by) == (NoticeStatus.PAID, "confirmation")
    assert notice.paid_at_ms == open_room.clock.now_ms() // 1_000 * 1_000
    assert records.paid(PERIOD, CODE)
    assert not records.paid(PERIOD, BY_RANK[1])
    assert codes_listed() == []


def test_given_a_confirmation_when_it_comes_twice_then_it_pays_once(open_room: TreasuryRoom) -> None:
    with open_room.door():
        answer = open_room.pay(CODE, copies=2)
    assert answer["answer"] == "8001"
    assert len(open_room.queue.bodies) == 2
    open_room.work_off()
    before = open_room.notice(CODE).attribute_values
    open_room.queue.bodies = [body_of(answer["message_id"])] * 2

    assert open_room.work_off() == {"batchItemFailures": []}
    assert open_room.notice(CODE).attribute_values == before
    assert codes_listed() == []


@pytest.mark.parametrize(("off_by", "code"), [(-1, "CONFIRMATION_PARTIAL"), (1, "CONFIRMATION_OVERPAID")])
def test_given_an_amount_off_by_one_fen_when_confirmed_then_listed_and_not_paid(
    open_room: TreasuryRoom, off_by: int, code: str
) -> None:
    with open_room.door():
        answer = open_room.pay(CODE, amount_fen=3_500_000 + off_by)
        open_room.work_off()

    assert answer["answer"] == "8001"
    assert open_room.notice(CODE).state == NoticeStatus.REGISTERED
    [listed] = list_problems(PERIOD)
    assert listed.code == code
    assert f"{3_500_000 + off_by} fen" in listed.problem.found


def test_given_a_second_payment_of_a_paid_notice_when_confirmed_then_listed(open_room: TreasuryRoom) -> None:
    with open_room.door():
        open_room.pay(CODE)
        open_room.pay(CODE)
        open_room.work_off()

    assert codes_listed() == ["CONFIRMATION_PAID_TWICE"]


def test_given_a_payment_after_the_deadline_when_confirmed_then_listed_and_not_paid(open_room: TreasuryRoom) -> None:
    with open_room.door():
        open_room.pay(CODE, at_ms=PLAN.at("settlement_closes") + 1_000)
        open_room.work_off()

    assert open_room.notice(CODE).state == NoticeStatus.REGISTERED
    assert codes_listed() == ["CONFIRMATION_TOO_LATE"]


def frame(fields: dict[str, str], message_id: str = "P9", token: str = SECRET) -> bytes:
    base = {
        "PayCode": "33010026300000000099",
        "CfmDate": "20260327",
        "CfmTime": "101502",
        "Amt": "1.00",
        "TraNoBus": "S",
    }
    return wire.pack("5996", (message_id, message_id), "20260327", base | fields, token)


def post(url: str, content: bytes) -> tuple[int, str, dict[str, str]]:
    given = {"frame": base64.b64encode(content).decode()}
    answer = requests.post(f"{url}/treasury/messages", json=given, timeout=5)
    number, _, fields = wire.unpack(base64.b64decode(answer.json()["frame"]), SECRET)
    return answer.status_code, number, fields


def test_given_an_unknown_pay_code_when_confirmed_then_listed_under_the_month_of_payment(
    open_room: TreasuryRoom,
) -> None:
    with open_room.door() as url:
        assert post(url, frame({}))[:2] == (200, "8001")
        open_room.work_off()

    assert codes_listed("2026-03") == ["CONFIRMATION_UNKNOWN_CODE"]


def test_given_other_content_under_the_same_number_when_it_comes_then_refused_and_listed(
    open_room: TreasuryRoom,
) -> None:
    with open_room.door() as url:
        assert post(url, frame({"Amt": "1.00"}))[0] == 200
        status, number, fields = post(url, frame({"Amt": "1.01"}))

    assert (status, number, fields["Result"]) == (409, "5001", "99999")
    assert codes_listed("2026-03") == ["CONFIRMATION_CHANGED"]
    assert records.find_confirmation("P9").amount_fen == 100


def test_given_a_forged_frame_when_it_comes_then_refused_and_nothing_is_kept(open_room: TreasuryRoom) -> None:
    with open_room.door() as url:
        status, number, fields = post(url, frame({}, token="not the treasury's"))

    assert (status, number) == (400, "5001")
    assert "MAC" in fields["Information"]
    assert open_room.queue.bodies == []
    with pytest.raises(NotFound):
        records.find_confirmation("P9")


def test_given_rubbish_when_it_comes_then_the_answer_is_still_a_frame(open_room: TreasuryRoom) -> None:
    with open_room.door() as url:
        assert post(url, b"GET / HTTP/1.0")[:2] == (400, "5001")


def test_given_a_hub_that_was_down_when_pushed_again_then_the_payment_counts(open_room: TreasuryRoom) -> None:
    open_room.control("_hub", url="http://127.0.0.1:9")
    assert open_room.pay(CODE)["result"] == ""
    with open_room.door():
        assert open_room.control("_push") == {"pushed": 1, "acknowledged": 1}
        open_room.work_off()

    assert records.paid(PERIOD, CODE)


def test_given_the_queue_fails_when_a_frame_comes_then_it_is_not_acknowledged(
    open_room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.treasury.receiving import receive

    def fail(body: str) -> None:
        raise OSError("no queue")

    content = frame({})
    send = open_room.queue.send
    monkeypatch.setattr(open_room.queue, "send", fail)
    with pytest.raises(OSError, match="no queue"):
        receive(content, open_room.link, open_room.queue, open_room.clock)
    monkeypatch.setattr(open_room.queue, "send", send)

    assert receive(content, open_room.link, open_room.queue, open_room.clock).status == 200
    assert len(open_room.queue.bodies) == 1


def test_given_a_message_that_fails_when_worked_off_then_only_it_comes_back(open_room: TreasuryRoom) -> None:
    with open_room.door():
        open_room.pay(CODE)
    open_room.queue.bodies.insert(0, body_of("never stored"))
    open_room.queue.bodies.insert(1, "not json")

    assert open_room.work_off() == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}
    assert records.paid(PERIOD, CODE)


def test_given_a_notice_paid_by_inquiry_when_its_confirmation_comes_then_only_the_serial_is_added(
    open_room: TreasuryRoom,
) -> None:
    pushed = open_room.pay(CODE, push=False)
    open_room.pass_deadline()
    assert open_room.verify() == {"paid": 1, "unpaid": 3, "void": 0}
    paid_at_ms = open_room.notice(CODE).paid_at_ms
    with open_room.door():
        open_room.control("_push")

    assert apply_confirmation(pushed["message_id"]) == Finding.REPEATED
    notice = open_room.notice(CODE)
    assert (notice.paid_by, notice.paid_at_ms) == ("inquiry", paid_at_ms)
    assert notice.bank_serial != ""
