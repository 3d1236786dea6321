"""Papers at the API's doors: the winner's own in full, the offices' masked, and two operators' words."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client
from pdf_fonts import fonts_left_out
from pypdf import PdfReader
from treasury_room import BY_RANK, PERIOD, TreasuryRoom

from app import app
from chalicelib.kernel import aws as aws_doors
from chalicelib.kernel.errors import NotAllowed
from chalicelib.kernel.tokens import Session
from chalicelib.periods import access
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.treasury import confirmations, desk_routes, receipts, writing_off
from chalicelib.treasury.rules import NoticeStatus

CODE = BY_RANK[0]


@pytest.fixture
def desk(room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch) -> TreasuryRoom:
    url = str(aws_doors.client("sqs").create_queue(QueueName="confirmations")["QueueUrl"])
    parts = SimpleNamespace(
        settings=SimpleNamespace(need={"CONFIRMATIONS_QUEUE": url}.__getitem__),
        treasury=lambda: room.link,
        clock=room.clock,
        files=room.files,
        keys=SimpleNamespace(vault=lambda: room.vault, session_keys=lambda: {}),
    )
    for module in (access, desk_routes, confirmations):
        monkeypatch.setattr(module, "hub", lambda: parts)
    # Who is asking stands in the header, as if the token had been verified.
    monkeypatch.setattr(desk_routes, "account", lambda headers, keys, now_ms: Session(
        headers["authorization"], "account", PERIOD, "individual", 0
    ))  # fmt: skip

    def operator(request: Any, *roles: str) -> Session:
        name, held = request.headers["authorization"].split(":")
        if roles and held not in roles:
            raise NotAllowed("ROLE_NEEDED", "您没有办理此业务的权限")
        return Session(name, "operator", "", "", 0, (held,))

    monkeypatch.setattr(access, "operator", operator)
    save_plan(room.plan, PeriodState.RUNNING, "system")
    room.open_settlement()
    return room


def call(method: str, path: str, who: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json", "authorization": who}
    with Client(app) as client:
        answer = client.http.request(method, path, headers=headers, body=json.dumps(body or {}).encode())
    return answer.status_code, answer.json_body


def text_of(document: dict[str, Any]) -> str:
    content = base64.b64decode(document["content"])
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1
    assert fonts_left_out(content) == set()
    return reader.pages[0].extract_text().replace(" ", "")


def test_given_a_winner_when_the_notice_is_asked_for_then_whole_and_the_same_bytes(desk: TreasuryRoom) -> None:
    status, first = call("GET", "/me/payment-notice", CODE)
    _, again = call("GET", "/me/payment-notice", CODE)

    assert (status, first["document"]["content_type"]) == (200, "application/pdf")
    assert first == again
    text = text_of(first["document"])
    for words in ("张1", "110101199003070011", "叁万伍仟元整", "35,000.00", "缴款通知书", "2026年03月30日17:00"):
        assert words in text


def test_given_an_operator_when_the_notice_is_asked_for_then_masked(desk: TreasuryRoom) -> None:
    status, shown = call("GET", f"/treasury/notices/{desk.notice(CODE).pay_code}", "li:auditor")

    text = text_of(shown["document"])
    assert status == 200
    assert "张*" in text
    assert "110101********0011" in text
    assert "张1" not in text


def test_given_somebody_without_a_notice_or_a_role_when_asked_then_refused(desk: TreasuryRoom) -> None:
    assert call("GET", "/me/payment-notice", "2026030000005")[0] == 404
    assert call("GET", "/me/receipt", CODE)[0] == 404
    assert call("GET", "/treasury/notices/1", "li:auditor")[0] == 404
    assert call("GET", f"/treasury/notices/{desk.notice(CODE).pay_code}", "li:planner")[0] == 403


def test_given_two_operators_when_a_notice_is_voided_then_the_old_page_says_so(desk: TreasuryRoom) -> None:
    pay_code = desk.notice(CODE).pay_code
    door = f"/treasury/notices/{pay_code}"
    assert call("POST", f"{door}/void-proposals", "wang:cashier", {"cause": "", "then": "none"})[0] == 400
    assert call("POST", f"{door}/void-proposals", "wang:cashier", {"cause": "姓名有误", "then": "reissue"})[0] == 202
    assert call("POST", f"{door}/void-confirmations", "wang:approver", {"then": "reissue"})[0] == 403
    status, shown = call("POST", f"{door}/void-confirmations", "li:approver", {"then": "reissue"})
    assert (status, shown["void_state"]) == (202, "confirmed")
    url = desk_routes.hub().settings.need("CONFIRMATIONS_QUEUE")
    messages = aws_doors.client("sqs").receive_message(QueueUrl=url)["Messages"]

    event = {"Records": [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]}
    assert confirmations.handle(event, None) == {"batchItemFailures": []}

    _, old = call("GET", door, "li:auditor")
    assert old["state"] == NoticeStatus.VOID
    assert "作废" in text_of(old["document"])
    _, new = call("GET", "/me/payment-notice", CODE)
    assert new["pay_code"] != pay_code
    assert f"替代已作废的缴款码{pay_code}" in text_of(new["document"])


def test_given_a_paid_price_when_the_month_ends_then_the_receipt_can_be_had_and_reversed(desk: TreasuryRoom) -> None:
    desk.pay(CODE, push=False)
    desk.pass_deadline()
    desk.verify()
    for chunk in receipts.plan_receipts(desk.files, PERIOD)["chunks"]:
        receipts.issue_receipts(desk.files, desk.office, PERIOD, chunk["key"])
    writing_off.write_off(desk.files, desk.clock, PERIOD)

    status, mine = call("GET", "/me/receipt", CODE)
    assert (status, mine["state"], mine["code"]) == (200, "written_off", "33030126")
    assert base64.b64decode(mine["document"]["content"]).startswith(b"%PDF")
    door = f"/treasury/receipts/{desk.notice(CODE).pay_code}"
    assert call("POST", f"{door}/reversal-proposals", "wang:cashier", {"cause": "名称有误"})[0] == 202
    assert call("POST", f"{door}/reversal-confirmations", "wang:approver")[0] == 403
    assert call("POST", f"{door}/reversal-confirmations", "li:approver")[0] == 202
    _, lists = call("GET", f"/periods/{PERIOD}/treasury", "li:auditor")
    assert [line["state"] for line in lists["receipts"]] == ["written_off", "planned"]
    _, cleared = call("GET", f"/periods/{PERIOD}/clearing", "li:auditor")
    assert (cleared["paid"], [row["code"] for row in cleared["rows"]]) == (1, list(BY_RANK))
