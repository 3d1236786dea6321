"""Doors for bidders: SMS codes, account and bid sessions, activation, and one's own state."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.activation import activate, check_activation_window, set_password
from chalicelib.applicants.bodies import Body
from chalicelib.applicants.code_rules import CODE_REQUESTS_MAX, PHONE_REQUESTS_MAX
from chalicelib.applicants.limits import Limit, count_try
from chalicelib.applicants.records import get
from chalicelib.applicants.sessions import account, account_session, login, open_account
from chalicelib.applicants.sms_codes import ACTIVATION, PURPOSES, request_code
from chalicelib.applicants.views import own_state
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.tokens import Session, issue_newest
from chalicelib.periods.records import load_plan
from chalicelib.wiring import hub

applicants_routes = Blueprint(__name__)

_SENT = "如果申请编码与登记手机号码一致,验证码短信将在一分钟内送达,五分钟内有效"
_OFTEN = "操作过于频繁,请一分钟后再试"
_PHONE = Limit("phone", PHONE_REQUESTS_MAX, "PHONE_REQUESTS", _OFTEN)
_CODE = Limit("code", CODE_REQUESTS_MAX, "CODE_REQUESTS", _OFTEN)
# An address may stand for thousands of bidders behind their mobile carrier: how many tries it has is a setting.
_ADDRESS_TRIES = "600"
_ANY_TEXT = r"(?s).*"


@applicants_routes.route("/sms-codes", methods=["POST"])
def sms_codes() -> Response:
    """``{period, application_code, phone, purpose: account|activation}`` -> 202, the same whoever asks."""
    body = _body()
    period, code, phone = body.period(), body.application_code(), body.phone()
    purpose = body.choice("purpose", PURPOSES)
    body.check()
    here = hub()
    now_ms = here.clock.now_ms()
    plan = load_plan(period)
    if purpose == ACTIVATION:
        check_activation_window(plan, now_ms)
    vault = here.keys.vault()
    _count_address(now_ms)
    count_try(_PHONE, vault.lookup("phone", phone), now_ms)
    count_try(_CODE, f"{period}#{code}", now_ms)
    request_code(period, code, phone, purpose, now_ms=now_ms, vault=vault, entropy=here.entropy, send=here.send_sms)
    return Response({"message": _SENT}, status_code=202)


@applicants_routes.route("/account-sessions", methods=["POST"])
def account_sessions() -> Response:
    """``{period, application_code, phone, sms_code}`` -> 201 ``{token}`` for the bidder's own pages."""
    body = _body()
    period, code, phone, sms_code = body.period(), body.application_code(), body.phone(), body.sms_code()
    body.check()
    here = hub()
    load_plan(period)
    now_ms = here.clock.now_ms()
    _count_address(now_ms)
    session = open_account(period, code, phone, sms_code, now_ms=now_ms, vault=here.keys.vault())
    return Response({"token": _issue(session)}, status_code=201)


@applicants_routes.route("/activations", methods=["POST"])
def activations() -> Response:
    """``{period, application_code, phone, sms_code, password, rollover}`` -> 201 ``{token, activated_at}``."""
    body = _body()
    period, code, phone, sms_code = body.period(), body.application_code(), body.phone(), body.sms_code()
    password, rollover = body.text("password", _ANY_TEXT, "a text"), body.flag("rollover")
    body.check()
    here = hub()
    now_ms = here.clock.now_ms()
    _count_address(now_ms)
    applicant = activate(
        load_plan(period),
        code,
        phone,
        sms_code,
        password,
        rollover=rollover,
        now_ms=now_ms,
        vault=here.keys.vault(),
        entropy=here.entropy,
    )
    answer = {
        "token": _issue(account_session(applicant, now_ms)),
        "activated_at": local_text(int(applicant.activated_at_ms)),
    }
    return Response(answer, status_code=201)


@applicants_routes.route("/sessions", methods=["POST"])
def sessions() -> Response:
    """``{period, application_code, password}`` -> 201 ``{token, bidder_class, window: {opens_at, closes_at}}``."""
    body = _body()
    period, code = body.period(), body.application_code()
    password = body.text("password", _ANY_TEXT, "a text")
    body.check()
    plan = load_plan(period)
    now_ms = hub().clock.now_ms()
    address = _count_address(now_ms)
    closes_at_ms = hub().auction_closes(plan)
    session = login(plan, code, password, address=address, closes_at_ms=closes_at_ms, now_ms=now_ms)
    window = {"opens_at": local_text(plan.at("auction_opens")), "closes_at": local_text(closes_at_ms)}
    answer = {"token": _issue(session), "bidder_class": session.bidder_class, "window": window}
    return Response(answer, status_code=201)


@applicants_routes.route("/passwords", methods=["POST"])
def passwords() -> Response:
    """``{period, application_code, phone, sms_code, password}`` -> 201 ``{token}``, once the old was taken away."""
    body = _body()
    period, code, phone, sms_code = body.period(), body.application_code(), body.phone(), body.sms_code()
    password = body.text("password", _ANY_TEXT, "a text")
    body.check()
    here = hub()
    now_ms, vault = here.clock.now_ms(), here.keys.vault()
    _count_address(now_ms)
    plan = load_plan(period)
    applicant = set_password(
        plan,
        code,
        phone,
        sms_code,
        password,
        closes_at_ms=here.auction_closes(plan),
        now_ms=now_ms,
        vault=vault,
        entropy=here.entropy,
    )
    return Response({"token": _issue(account_session(applicant, now_ms))}, status_code=201)


@applicants_routes.route("/me", methods=["GET"])
def me() -> dict[str, Any]:
    """The bidder's own state, masked. Account session."""
    here = hub()
    headers = applicants_routes.current_request.headers
    session = account(headers, here.keys.session_keys(), here.clock.now_ms())
    return own_state(get(session.period, session.subject), here.keys.vault())


def _body() -> Body:
    return Body(applicants_routes.current_request.json_body)


def _count_address(now_ms: int) -> str:
    here = hub()
    request = applicants_routes.current_request
    address = str((request.context.get("identity") or {}).get("sourceIp") or "")
    tries_max = int(here.settings.environment.get("ADDRESS_TRIES_MAX") or _ADDRESS_TRIES)
    limit = Limit("address", tries_max, "ADDRESS_TRIES", _OFTEN)
    # An address is personal data too: kept as a keyed hash, for minutes.
    hashed = here.keys.vault().lookup("address", address)
    count_try(limit, hashed, now_ms)
    return hashed


def _issue(session: Session) -> str:
    return issue_newest(session, hub().keys.session_keys())
