"""The bidders' doors as a client meets them, over Chalice's own request handling."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client

from app import app
from chalicelib.applicants import routes, tasks
from chalicelib.applicants.limits import count_try
from chalicelib.applicants.records import find, get, lock
from chalicelib.applicants.sessions import BID_SESSION_AFTER_CLOSE_MS, LOGIN_ANYWHERE, login
from chalicelib.kernel.clock import SetClock, local_text
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.tokens import verify
from chalicelib.periods.records import PeriodState, save_plan
from integrations.regulator.client import RegulatorFiles
from tests.applicants.applicants_office import (
    LI,
    PASSWORD,
    PERIOD,
    VAULT,
    WANG,
    CountedEntropy,
    Texts,
    plan,
    qualify,
    take_in,
    while_activating_ms,
)

KEYS = {"k1": b"session key"}
MINUTE_MS = 60_000


class Office:
    """The hub's parts that the routes ask for, and an HTTP client in front of them."""

    def __init__(self) -> None:
        self.clock = SetClock(while_activating_ms())
        self.texts = Texts()
        self.settings = Settings({"ADDRESS_TRIES_MAX": "60"})
        self.files = MemoryFiles()
        self.parts = SimpleNamespace(
            clock=self.clock,
            settings=self.settings,
            entropy=CountedEntropy(),
            keys=SimpleNamespace(vault=lambda: VAULT, session_keys=lambda: KEYS),
            send_sms=self.texts,
            files=self.files,
            regulator=RegulatorFiles,
            auction_closes=lambda plan: plan.at("auction_closes"),
        )

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        return self.send(method, path, json.dumps(body).encode(), token)

    def send(self, method: str, path: str, raw: bytes, token: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        with Client(app) as client:
            answer = client.http.request(method, path, headers=headers, body=raw)
        return answer.status_code, answer.json_body

    def ask_code(self, purpose: str = "activation", phone: str = WANG.phone) -> tuple[int, Any]:
        return self.call("POST", "/sms-codes", person(phone=phone) | {"purpose": purpose})

    def activate(self, password: str = PASSWORD) -> tuple[int, Any]:
        assert self.ask_code()[0] == 202
        body = person() | {"sms_code": self.texts.last, "password": password, "rollover": True}
        return self.call("POST", "/activations", body)

    def sign_in(self, password: str = PASSWORD, code: str = WANG.code) -> tuple[int, Any]:
        return self.call("POST", "/sessions", {"period": PERIOD, "application_code": code, "password": password})


def person(phone: str = WANG.phone) -> dict[str, Any]:
    return {"period": PERIOD, "application_code": WANG.code, "phone": phone}


@pytest.fixture
def office(aws: None, monkeypatch: pytest.MonkeyPatch) -> Office:
    save_plan(plan(), PeriodState.RUNNING, "planner")
    take_in(WANG, LI)
    qualify(WANG.code)
    office = Office()
    monkeypatch.setattr(routes, "hub", lambda: office.parts)
    monkeypatch.setattr(tasks, "hub", lambda: office.parts)
    return office


def test_given_anyone_who_asks_for_a_code_then_the_answer_is_the_same(office: Office) -> None:
    known, stranger = office.ask_code(), office.ask_code(phone="13999999999")
    assert known == stranger
    assert known[0] == 202
    assert len(office.texts.sent) == 1


def test_given_an_activation_then_the_bidder_sees_his_own_masked_state(office: Office) -> None:
    status, answer = office.activate()
    assert status == 201
    assert answer["activated_at"] == local_text(while_activating_ms())
    status, me = office.call("GET", "/me", token=answer["token"])
    assert status == 200
    assert (me["name"], me["phone"], me["qualified"], me["rollover"]) == ("王**", "138****0001", True, True)
    assert (me["activated_at"], me["locked"]) == (answer["activated_at"], False)


def test_given_an_account_code_then_an_account_session_opens_and_a_bid_session_does_not(office: Office) -> None:
    office.ask_code("account")
    status, answer = office.call("POST", "/account-sessions", person() | {"sms_code": office.texts.last})
    assert status == 201
    session = verify(answer["token"], "account", KEYS, office.clock.now_ms())
    assert (session.subject, session.period, session.bidder_class) == (WANG.code, PERIOD, "individual")
    office.clock.advance(30 * MINUTE_MS)
    status, problem = office.call("GET", "/me", token=answer["token"])
    assert (status, problem["code"]) == (401, "TOKEN_EXPIRED")


def test_given_the_bidding_password_then_a_bid_session_lasts_until_four_hours_after_the_close(office: Office) -> None:
    office.activate()
    status, answer = office.sign_in()
    assert status == 201
    assert answer["bidder_class"] == "individual"
    assert answer["window"] == {"opens_at": "2026-03-25T09:00:00.000", "closes_at": "2026-03-25T15:00:00.000"}
    session = verify(answer["token"], "bid", KEYS, office.clock.now_ms())
    assert session.expires_at_ms == plan().at("auction_closes") + BID_SESSION_AFTER_CLOSE_MS
    assert office.call("GET", "/me", token=answer["token"])[1]["code"] == "TOKEN_AUDIENCE"


@pytest.mark.parametrize(("password", "code"), [("wrong2026", WANG.code), (PASSWORD, LI.code), (PASSWORD, "33012")])
def test_given_a_wrong_password_no_activation_or_an_unknown_code_then_the_refusal_is_the_same(
    office: Office, password: str, code: str
) -> None:
    office.activate()
    status, problem = office.sign_in(password, code)
    assert (status, problem["code"], problem["detail"]) == (401, "LOGIN_FAILED", "申请编码或竞价密码错误")


def test_given_ten_tries_in_a_minute_then_the_next_minute_opens_again(office: Office) -> None:
    office.activate()
    assert {office.sign_in("wrong2026")[0] for _ in range(10)} == {401}
    assert office.sign_in()[1]["code"] == "LOGIN_TRIES"
    office.clock.advance(MINUTE_MS)
    assert office.sign_in()[0] == 201


def test_given_a_stranger_who_tries_without_end_then_the_bidder_signs_in_from_his_own_address(office: Office) -> None:
    office.activate()
    now = {"closes_at_ms": plan().at("auction_closes"), "now_ms": office.clock.now_ms()}

    def tried(password: str, address: str) -> str:
        try:
            login(plan(), WANG.code, password, address=address, **now)
        except HubError as refused:
            return refused.code
        return ""

    assert [tried("wrong2026", "stranger") for _ in range(12)] == ["LOGIN_FAILED"] * 10 + ["LOGIN_TRIES"] * 2
    assert tried(PASSWORD, "own") == ""
    # What is guessed from many addresses has an end too
    for _ in range(LOGIN_ANYWHERE.tries_max - 11):
        count_try(LOGIN_ANYWHERE, f"{PERIOD}#{WANG.code}", now["now_ms"])
    assert tried(PASSWORD, "own") == "LOGIN_TRIES"


def test_given_a_lock_or_the_close_then_nobody_signs_in(office: Office) -> None:
    office.activate()
    lock(PERIOD, WANG.code)
    assert office.sign_in()[1]["code"] == "APPLICANT_LOCKED"
    office.clock.at_ms = plan().at("auction_closes")
    assert office.sign_in()[1]["code"] == "AUCTION_CLOSED"


def test_given_a_pause_that_moved_the_close_then_bidders_sign_in_and_set_passwords_until_then(office: Office) -> None:
    office.activate()
    moved_ms = plan().at("auction_closes") + 60 * MINUTE_MS
    office.parts.auction_closes = lambda _: moved_ms
    new_password = person() | {"sms_code": "000000", "password": PASSWORD}

    office.clock.at_ms = moved_ms - 1
    status, answer = office.sign_in()
    assert (status, answer["window"]["closes_at"]) == (201, local_text(moved_ms))
    expires_at_ms = verify(answer["token"], "bid", KEYS, office.clock.now_ms()).expires_at_ms
    assert expires_at_ms == moved_ms + BID_SESSION_AFTER_CLOSE_MS
    assert office.call("POST", "/passwords", new_password)[1]["code"] != "AUCTION_CLOSED"

    office.clock.at_ms = moved_ms
    assert office.sign_in()[1]["code"] == "AUCTION_CLOSED"
    assert office.call("POST", "/passwords", new_password)[1]["code"] == "AUCTION_CLOSED"


def test_given_activation_outside_its_window_then_it_is_refused_before_a_text_goes(office: Office) -> None:
    office.clock.at_ms = plan().at("activation_opens") - 1
    assert office.ask_code()[1]["code"] == "ACTIVATION_NOT_OPEN"
    assert office.ask_code("account")[0] == 202
    office.clock.at_ms = plan().at("activation_closes")
    assert office.ask_code()[1]["code"] == "ACTIVATION_CLOSED"


def test_given_a_body_with_faults_then_each_field_is_named_and_no_value_is_quoted(office: Office) -> None:
    body = {"period": "2026-13", "application_code": "x" * 33, "phone": "１３８００００００１１", "purpose": "gift"}
    status, problem = office.call("POST", "/sms-codes", body)
    assert (status, problem["code"]) == (400, "BODY_INVALID")
    assert [each["field"] for each in problem["problems"]] == ["period", "application_code", "phone", "purpose"]
    assert "１" not in json.dumps(problem, ensure_ascii=False)
    assert office.call("POST", "/activations", ["not an object"])[1]["code"] == "BODY_INVALID"
    assert office.call("POST", "/sessions", {"period": "2030-01", "application_code": "1", "password": "x"})[0] == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"period":' * 100_000,
        b"1" * 5_000,
        b"null",
        b'"text"',
        b'{"period": {"period": 1}, "application_code": [], "password": 1e999}',
        b'{"period": "2026-03", "application_code": "1\\u0000", "password": "x"}',
    ],
)
def test_given_a_hostile_body_then_it_is_refused_as_the_senders_fault(office: Office, raw: bytes) -> None:
    status, problem = office.send("POST", "/sessions", raw)
    assert (status, problem["code"]) in ((400, "BODY_NOT_JSON"), (400, "BODY_INVALID"))


def test_given_half_a_character_in_a_password_then_the_code_is_still_good_for_another(office: Office) -> None:
    office.ask_code()
    body = person() | {"sms_code": office.texts.last, "rollover": False}
    status, problem = office.call("POST", "/activations", body | {"password": "abcd1234\ud800"})
    assert (status, problem["code"]) == (400, "BODY_NOT_JSON")
    assert office.call("POST", "/activations", body | {"password": PASSWORD})[0] == 201
    assert office.sign_in("abcd1234\udfff")[0] == 400


def test_given_no_token_then_nobodys_state_is_shown(office: Office) -> None:
    assert office.call("GET", "/me")[1]["code"] == "TOKEN_INVALID"
    forged = base64.urlsafe_b64encode(b"{}").decode()
    assert office.call("GET", "/me", token=f"v1.k1.{forged}.{forged}")[0] == 401


def test_given_a_list_in_the_inbox_then_the_steps_take_it_in_and_export_it(office: Office) -> None:
    header = "申请编码,类别,名称,证件类型,证件号码,手机号码,有效期起,有效期止"
    row = "3301260000008,个人,韩梅梅,身份证,440524188001010014,13800000008,2026-01-01,2026-12-31"
    key = f"regulator/applicants/{PERIOD}/individual/applicants-individual.csv"
    office.files.write("inbox", key, f"{header}\r\n{row}\r\n".encode("gb18030"))
    event = {"period": PERIOD, "bidder_class": "individual", "key": key}

    def import_list() -> dict[str, int]:
        split = tasks.handle({"step": "split_list", **event}, None)
        for chunk in split["chunks"]:
            tasks.handle({"step": "keep_chunk", **event, "chunk": chunk["key"]}, None)
        counted: dict[str, int] = tasks.handle({"step": "close_list", **event, "prefix": split["prefix"]}, None)
        return counted

    assert import_list() == {"rows": 1, "kept": 1, "unchanged": 0, "amended": 0, "problems": 0}
    assert import_list()["unchanged"] == 1
    found = find(PERIOD, "3301260000008")
    assert found is not None
    assert found.name(VAULT) == "韩梅梅"
    (exported,) = tasks.handle({"step": "export", "period": PERIOD, "moment": "applicants"}, None)["files"]
    assert exported["name"] == "applicants.csv"
    assert len(office.files.read("work", exported["key"]).splitlines()) == 4
    assert get(PERIOD, WANG.code).code == replace(WANG).code
