"""Receipts at the hub's own door: repeated, late, in any order, unknown; and what operators then see."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client
from messages.campaign_desk import CAMPAIGN, Carrier, Desk, people, phone_of

from app import app
from chalicelib.messages import routes
from chalicelib.messages.records import batches, dead_phones
from chalicelib.periods import access
from integrations.aliyun_sms.codec import read_reports
from integrations.aliyun_sms.profile import profile
from integrations.ports import SmsReport
from tests.applicants.applicants_office import PERIOD, VAULT

pytestmark = pytest.mark.usefixtures("aws")


class Pushing(Carrier):
    """A carrier whose pushes are Aliyun's."""

    def read_reports(self, body: bytes) -> list[SmsReport]:
        return read_reports(body, profile())


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(monkeypatch, Pushing())
    parts = SimpleNamespace(
        carriers=lambda: made.carriers, keys=SimpleNamespace(vault=lambda: VAULT), machines=made.files, clock=made.clock
    )
    monkeypatch.setattr(routes, "hub", lambda: parts)
    monkeypatch.setattr(access, "operator", lambda request, *roles: SimpleNamespace(subject="o"))
    return made


def key() -> str:
    return routes.report_key("aliyun", VAULT)


def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Client(app) as client:
        answer = client.http.request(method, path, headers={"Content-Type": "application/json"}, body=raw)
    return answer.status_code, answer.json_body


def push(*reports: dict[str, Any], door: str | None = None) -> tuple[int, Any]:
    return ask("POST", f"/sms-reports/aliyun/{door or key()}", list(reports))


def report(number: int, *, ok: bool = True, code: str = "DELIVERED", out_id: str = "") -> dict[str, Any]:
    (batch, *_) = batches(PERIOD, CAMPAIGN)
    return {
        "phone_number": phone_of(number),
        "send_time": "2026-03-12 10:00:00",
        "report_time": "2026-03-12 10:00:05",
        "success": ok,
        "err_code": code,
        "err_msg": "",
        "sms_size": "1",
        "biz_id": "1",
        "out_id": out_id or f"{PERIOD}.{CAMPAIGN}.{batch.sk}",
    }


def seen() -> dict[str, Any]:
    status, body = ask("GET", f"/periods/{PERIOD}/campaigns")
    assert status == 200
    (found,) = (each for each in body["campaigns"] if each["name"] == CAMPAIGN)
    return {name: found[name] for name in ("sent", "delivered", "failed", "waiting", "pending")}


def test_given_reports_repeated_unknown_and_in_any_order_then_each_is_answered_and_the_first_word_stands(
    desk: Desk,
) -> None:
    people(4)
    desk.run()
    failed = report(3, ok=False, code="MK:0001")
    unknown = report(1, out_id="2026-03.deposit_unpaid.nothing")
    for pushed in ([failed], [report(1), report(2), failed], [report(3)], [unknown], [report(9)]):
        assert push(*pushed) == (200, {"code": 0, "msg": "成功"})
    assert seen() == {"sent": 1, "delivered": 2, "failed": {"MK:0001": 1}, "waiting": 0, "pending": {}}


@pytest.mark.parametrize("wrong", ["0" * 32, "密钥", "\x7f", "k%C3%A9y"])
def test_given_an_address_that_is_not_the_carrier_s_then_there_is_no_such_door(desk: Desk, wrong: str) -> None:
    assert ask("POST", f"/sms-reports/aliyun/{wrong}", [])[0] == 404


def test_given_a_report_that_a_limit_stopped_the_message_then_it_waits_for_the_next_round_and_goes_once(
    desk: Desk,
) -> None:
    people(2)
    desk.run()
    push(report(1, ok=False, code="MOBILE_SEND_LIMIT"), report(2))
    assert (seen()["waiting"], seen()["delivered"]) == (1, 1)
    assert desk.run() == {"sent": 1}
    assert seen() == {"sent": 1, "delivered": 1, "failed": {}, "waiting": 0, "pending": {}}


def test_given_a_dead_number_then_no_later_campaign_texts_it(desk: Desk) -> None:
    people(2)
    desk.run()
    push(report(1, ok=False, code="MOBILE_NOT_ON_SERVICE"))
    assert len(dead_phones()) == 1
    again = json.loads(desk.files.read("work", desk.step("audience", "activate")["items"]))
    assert again == []
    status, dry = ask("POST", f"/periods/{PERIOD}/campaigns/{CAMPAIGN}/dry-run", {})
    assert (status, dry["count"]) == (200, 1)


@pytest.mark.parametrize("body", [b"{}", b"null", b"not json"])
def test_given_what_is_no_push_then_it_is_refused(desk: Desk, body: bytes) -> None:
    assert ask("POST", f"/sms-reports/aliyun/{key()}", body)[0] == 400


def test_given_another_key_then_there_is_no_such_door(desk: Desk) -> None:
    people(1)
    desk.run()
    assert push(report(1), door="0" * 32)[0] == 404
    assert seen()["delivered"] == 0


def test_given_a_carrier_to_be_set_up_then_a_planner_is_told_where_it_is_to_report(desk: Desk) -> None:
    assert ask("GET", "/sms-reports") == (
        200,
        {"carriers": [{"name": "aliyun", "path": f"/sms-reports/aliyun/{key()}"}]},
    )


def test_given_no_push_then_the_carrier_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    people(2)
    desk.run()
    real = Carrier.ask

    def delivered(carrier: Carrier, *given: Any) -> Any:
        found = real(carrier, *given)
        return found and found.__class__(found.out_id, "delivered", "DELIVERED")

    monkeypatch.setattr(Carrier, "ask", delivered)
    stands = desk.standing()
    assert (stands["sent"], stands["delivered"]) == (0, 2)
