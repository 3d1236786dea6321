"""Operators at the desk: two people for phone or password, a bidder who is present, withdrawal, validity; limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_applicant_routes import KEYS, Office, office

from chalicelib.applicants.amendments import amendments
from chalicelib.applicants.records import get, owner_of, set_qualification
from chalicelib.kernel.tokens import Session, issue
from chalicelib.periods import access
from tests.applicants.applicants_office import PASSWORD, PERIOD, VAULT, WANG, plan, qualify, take_in

__all__ = ["office"]
MINUTE_MS = 60_000
ROOT = f"/periods/{PERIOD}/applicants/{WANG.code}"
NEW_PHONE = "13900000009"


@pytest.fixture(autouse=True)
def _hub_of_the_desk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "hub", lambda: office.parts)
    monkeypatch.setattr("chalicelib.applicants.desk_routes.hub", lambda: office.parts)


def token_of(office: Office, name: str, *roles: str) -> str:
    session = Session(name, "operator", "", "", office.clock.now_ms() + MINUTE_MS * 600, roles)
    return issue(session, "k1", KEYS["k1"])


def desk(office: Office, path: str, body: object, name: str = "zhou", role: str = "planner") -> tuple[int, dict]:
    return office.call("POST", f"{ROOT}/{path}", body, token=token_of(office, name, role))


def propose(office: Office, **body: str) -> str:
    status, answer = desk(office, "changes", {"reason": "手机丢失,本人到场", **body})
    assert status == 202, answer
    return f"changes/{answer['change_id']}"


def own_session(office: Office) -> str:
    token: str = office.activate()[1]["token"]
    return token


def test_given_a_changed_phone_then_two_people_change_it_and_sessions_from_before_are_void(office: Office) -> None:
    token = own_session(office)
    office.clock.advance(MINUTE_MS)
    change = propose(office, kind="phone", phone=NEW_PHONE)
    assert office.call("GET", "/me", token=token)[1]["phone"] == "138****0001"
    assert desk(office, change, {}, "zhou", "approver")[1]["code"] == "OWN_CHANGE"
    assert desk(office, change, {}, "qian", "cashier")[1]["code"] == "ROLE_NEEDED"
    status, state = desk(office, change, {}, "qian", "approver")
    assert (status, state["phone"]) == (200, "139****0009")
    assert office.call("GET", "/me", token=token)[1]["code"] == "TOKEN_VOID"
    office.ask_code("account")
    assert office.texts.to_nobody == 1
    office.ask_code("account", phone=NEW_PHONE)
    assert office.texts.sent[-1][1] == NEW_PHONE
    (kept,) = amendments(PERIOD, WANG.code)
    assert (kept.by, kept.confirmed_by, kept.reason) == ("zhou", "qian", "phone: 手机丢失,本人到场")
    assert VAULT.open(kept.before["sealed_phone"], owner_of(PERIOD, WANG.code)) == WANG.phone
    assert desk(office, change, {}, "qian", "approver")[0] == 200
    assert len(amendments(PERIOD, WANG.code)) == 1


def test_given_a_lost_password_then_the_old_one_opens_nothing_and_a_new_one_is_set_by_sms_code(office: Office) -> None:
    own_session(office)
    body = {"period": PERIOD, "application_code": WANG.code, "phone": WANG.phone, "password": "xinmima2026"}
    office.clock.at_ms = plan().at("activation_closes") + MINUTE_MS
    office.ask_code("password")
    refused = office.call("POST", "/passwords", body | {"sms_code": office.texts.last})
    assert refused[1]["code"] == "PASSWORD_STANDS"
    desk(office, propose(office, kind="password"), {}, "qian", "approver")
    assert office.sign_in()[1]["code"] == "LOGIN_FAILED"
    assert office.sign_in("")[0] in (400, 401)
    office.clock.advance(MINUTE_MS)
    office.ask_code("password")
    assert office.call("POST", "/passwords", body | {"sms_code": office.texts.last})[0] == 201
    assert office.sign_in("xinmima2026")[0] == 201
    assert get(PERIOD, WANG.code).rollover
    assert "argon2" not in str([kept.attribute_values for kept in amendments(PERIOD, WANG.code)])


def test_given_another_proposal_then_the_earlier_one_can_not_be_confirmed(office: Office) -> None:
    earlier = propose(office, kind="phone", phone=NEW_PHONE)
    office.clock.advance(1)
    propose(office, kind="password")
    assert desk(office, earlier, {}, "qian", "approver")[1]["code"] == "CHANGE_UNKNOWN"


def test_given_a_bidder_who_is_present_then_the_id_decides_and_the_operator_is_on_record(office: Office) -> None:
    body = {"id_number": "440524188001010014", "password": PASSWORD, "rollover": False}
    assert desk(office, "activation", body)[1]["code"] == "ID_DIFFERS"
    status, state = desk(office, "activation", body | {"id_number": WANG.id_number.lower()})
    assert (status, bool(state["activated_at"])) == (201, True)
    assert get(PERIOD, WANG.code).activated_by == "zhou"
    assert office.sign_in()[0] == 201


def test_given_an_activated_bidder_then_no_operator_alone_gives_another_password(office: Office) -> None:
    own_session(office)
    body = {"id_number": WANG.id_number, "password": "bierende2026", "rollover": False}

    refused = desk(office, "activation", body)

    assert (refused[0], refused[1]["code"]) == (409, "ALREADY_ACTIVATED")
    assert office.sign_in("bierende2026")[0] == 401
    assert office.sign_in()[0] == 201


def test_given_a_withdrawal_then_nothing_may_be_bid_nor_rolled_over_and_the_bidder_reads_why(office: Office) -> None:
    own_session(office)
    office.clock.advance(MINUTE_MS)
    change = propose(office, kind="withdrawal", reason="本人申请撤回")
    assert get(PERIOD, WANG.code).qualified, "one operator's word changes nothing"
    assert desk(office, change, {}, "zhou", "approver")[1]["code"] == "OWN_CHANGE"
    assert desk(office, change, {}, "qian", "approver")[1]["refusal_text"] == "申请已撤回"
    gone = get(PERIOD, WANG.code)
    assert (gone.rollover, gone.qualified, gone.withdrawn_by) == (False, False, "zhou")
    (kept,) = amendments(PERIOD, WANG.code)
    assert (kept.by, kept.confirmed_by, kept.reason) == ("zhou", "qian", "本人申请撤回")
    assert (kept.before["qualified"], kept.after["qualified"], kept.after["refusal"]) == (True, False, "withdrawn")
    assert office.sign_in()[1]["code"] == "LOGIN_FAILED"
    office.ask_code()
    body = {"period": PERIOD, "application_code": WANG.code, "phone": WANG.phone, "rollover": True}
    refused = office.call("POST", "/activations", body | {"sms_code": office.texts.last, "password": PASSWORD})
    assert "申请已撤回" in refused[1]["detail"]
    qualify(WANG.code)
    assert not get(PERIOD, WANG.code).qualified


def test_given_an_open_auction_then_a_withdrawal_is_neither_proposed_nor_confirmed(office: Office) -> None:
    change = propose(office, kind="withdrawal")
    office.clock.at_ms = plan().at("auction_opens")

    assert desk(office, "changes", {"kind": "withdrawal", "reason": "太晚了"})[1]["code"] == "AUCTION_OPEN"
    assert desk(office, change, {}, "qian", "approver")[1]["code"] == "AUCTION_OPEN"
    assert not get(PERIOD, WANG.code).withdrawn


def test_given_a_longer_validity_then_before_and_after_stand_and_a_shorter_one_is_refused(office: Office) -> None:
    body = {"kind": "validity", "reason": "调控办延期通知"}
    change = propose(office, **body, valid_until="2027-06-30")
    assert desk(office, change, {}, "qian", "approver")[1]["valid_until"] == "2027-06-30"
    assert desk(office, "changes", body | {"valid_until": "2026-06-30"})[1]["code"] == "VALIDITY_SHORTER"
    assert desk(office, "changes", body | {"valid_until": "2027-02-30"})[1]["code"] == "BODY_INVALID"
    (kept,) = amendments(PERIOD, WANG.code)
    assert (kept.before, kept.after) == ({"valid_until": "2026-12-31"}, {"valid_until": "2027-06-30"})
    assert kept.confirmed_by == "qian"


def test_given_a_refusal_then_the_bidder_reads_the_audits_reason(office: Office) -> None:
    take_in(replace(WANG, code="3301260000007"))
    set_qualification(
        PERIOD, "3301260000007", audit="failed", audit_reason="驾驶证状态异常", qualified=False, refusal="audit_failed"
    )
    path = f"/periods/{PERIOD}/applicants/3301260000007"
    shown = office.call("GET", path, token=token_of(office, "sun", "auditor"))[1]
    assert shown["refusal_text"] == "资格审核未通过: 驾驶证状态异常"
    assert WANG.phone not in str(shown)


@pytest.mark.parametrize("tries", [60])
def test_given_one_address_that_asks_on_and_on_then_it_is_stopped_for_a_minute(office: Office, tries: int) -> None:
    for number in range(tries):
        assert office.sign_in(code=f"33012600{number:05d}")[0] == 401
    status, answer = office.sign_in(code="3301260009999")
    assert (status, answer["code"]) == (429, "ADDRESS_TRIES")
    office.clock.advance(MINUTE_MS)
    assert office.sign_in(code="3301260009999")[0] == 401


def test_given_one_phone_or_code_that_is_asked_for_on_and_on_then_it_is_stopped_whether_known_or_not(
    office: Office,
) -> None:
    for phone in (WANG.phone, "13999999999"):
        answers = [
            office.call(
                "POST",
                "/sms-codes",
                {"period": PERIOD, "application_code": f"33012600{n:05d}", "phone": phone, "purpose": "account"},
            )
            for n in range(11)
        ]
        assert [status for status, _ in answers] == [202] * 10 + [429]
        assert answers[-1][1]["code"] == "PHONE_REQUESTS"
    office.clock.advance(MINUTE_MS)
    for code in (WANG.code, "3301260000099"):
        body = {"period": PERIOD, "application_code": code, "purpose": "account"}
        answers = [office.call("POST", "/sms-codes", body | {"phone": f"139000000{n:02d}"}) for n in range(21)]
        assert [status for status, _ in answers] == [202] * 20 + [429]
        assert answers[-1][1]["code"] == "CODE_REQUESTS"
