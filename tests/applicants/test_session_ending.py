"""A password, a phone, an application: whoever signed in before it changed neither bids nor looks any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from test_applicant_routes import KEYS, MINUTE_MS, Office, office
from test_desk import desk, propose

from chalicelib.periods import access
from tests.applicants.applicants_office import PERIOD, WANG, plan
from tests.bidding.aws_server import aws_server
from tests.bidding.bid_desk import BidDesk

__all__ = ["office"]
NEW_PASSWORD = "xinmima2026"


@pytest.fixture
def bids(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[BidDesk]:
    """The bid function over the same tables, with the office's session keys."""
    monkeypatch.setattr(access, "hub", lambda: office.parts)
    monkeypatch.setattr("chalicelib.applicants.desk_routes.hub", lambda: office.parts)
    with aws_server() as server:
        made = BidDesk(server)
        made.desk = replace(made.desk, session_keys=KEYS)
        yield made


def bid(bids: BidDesk, token: str, request: int) -> tuple[int, Any]:
    bids.clock.advance(10)
    return bids.send(bids.event(16_000, request) | {"headers": {"Authorization": f"Bearer {token}"}})


def signed_in(office: Office, password: str = "paizhao2026") -> str:
    status, answer = office.sign_in(password)
    assert status == 201, answer
    token: str = answer["token"]
    return token


def set_password(office: Office, phone: str = WANG.phone) -> str:
    office.clock.advance(MINUTE_MS)
    office.ask_code("password", phone)
    body = {"period": PERIOD, "application_code": WANG.code, "phone": phone, "password": NEW_PASSWORD}
    assert office.call("POST", "/passwords", body | {"sms_code": office.texts.last})[0] == 201
    return NEW_PASSWORD


@pytest.mark.parametrize("bid_before", [False, True])
def test_given_a_reset_on_the_day_then_the_token_from_before_bids_no_more(
    office: Office, bids: BidDesk, bid_before: bool
) -> None:
    account = office.activate()[1]["token"]
    before = signed_in(office)
    if bid_before:
        assert bid(bids, before, 1)[0] == 201
    office.clock.at_ms = plan().at("auction_opens") + MINUTE_MS
    assert desk(office, propose(office, kind="password"), {}, "qian", "approver")[0] == 200

    assert bid(bids, before, 2)[1]["code"] == "TOKEN_VOID"
    assert office.call("GET", "/me", token=account)[1]["code"] in ("TOKEN_VOID", "TOKEN_EXPIRED")
    after = signed_in(office, set_password(office))
    assert bid(bids, after, 2)[1]["receipt"]["bid_number"] == 1 + bid_before


def test_given_another_phone_then_the_token_from_before_is_void_and_the_password_opens_a_new_one(
    office: Office, bids: BidDesk
) -> None:
    account, before = office.activate()[1]["token"], signed_in(office)
    desk(office, propose(office, kind="phone", phone="13900000009"), {}, "qian", "approver")

    assert bid(bids, before, 1)[1]["code"] == "TOKEN_VOID"
    assert office.call("GET", "/me", token=account)[1]["code"] == "TOKEN_VOID"
    assert bid(bids, signed_in(office), 1)[0] == 201


def test_given_a_withdrawal_then_no_token_from_before_opens_anything(office: Office, bids: BidDesk) -> None:
    account, before = office.activate()[1]["token"], signed_in(office)
    assert desk(office, propose(office, kind="withdrawal"), {}, "qian", "approver")[0] == 200

    assert bid(bids, before, 1)[1]["code"] == "TOKEN_VOID"
    assert office.call("GET", "/me", token=account)[1]["code"] == "TOKEN_VOID"
    office.clock.advance(MINUTE_MS)
    office.ask_code("account")
    body = {"period": PERIOD, "application_code": WANG.code, "phone": WANG.phone, "sms_code": office.texts.last}
    fresh = office.call("POST", "/account-sessions", body)[1]["token"]
    assert office.call("GET", "/me", token=fresh)[1]["refusal"] == "withdrawn"


def test_given_an_activation_once_more_with_another_password_then_the_bid_token_of_the_first_is_void(
    office: Office, bids: BidDesk
) -> None:
    office.activate()
    before = signed_in(office)
    office.clock.advance(MINUTE_MS)
    account = office.activate(NEW_PASSWORD)[1]["token"]

    assert bid(bids, before, 1)[1]["code"] == "TOKEN_VOID"
    assert office.call("GET", "/me", token=account)[0] == 200
    assert bid(bids, signed_in(office, NEW_PASSWORD), 1)[0] == 201


def test_given_a_sign_in_that_read_the_password_before_the_reset_then_its_token_is_void_whatever_its_clock(
    office: Office, bids: BidDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.activate()
    change = propose(office, kind="password")

    def slowly(applicant: Any) -> None:
        # The second person's word comes between the look at the password and the token.
        assert desk(office, change, {}, "qian", "approver")[0] == 200
        office.clock.advance(MINUTE_MS)

    monkeypatch.setattr("chalicelib.applicants.sessions.check_may_bid", slowly)
    assert bid(bids, signed_in(office), 1)[1]["code"] == "TOKEN_VOID"
