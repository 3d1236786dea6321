"""The doors of paying: a bidder's by wallet, and those at which banks and the wallet tell of what came in."""

from __future__ import annotations

import re
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.bodies import Body
from chalicelib.applicants.sessions import account
from chalicelib.deposits import notices, paying, records, trade_records
from chalicelib.kernel import aws
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, NotFound
from chalicelib.kernel.log import logger
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.queues import SqsQueue
from chalicelib.kernel.tokens import Session
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.wiring import hub

payment_routes = Blueprint(__name__)

WALLET = "alipay"
# What the wallet takes for an answer; after any other it tells again.
TAKEN = "success"
TEXT: dict[str, str | list[str]] = {"Content-Type": "text/plain; charset=utf-8"}
# The wallet's word comes within seconds of a payment.
ASK_AGAIN_S = "3"
FORM = "application/x-www-form-urlencoded"


@payment_routes.route("/deposits/payments", methods=["POST"])
def open_payment() -> Response:
    """``{period, auth_code}`` (account session) -> 201 ``{our_ref, trade_no, pay_token, amount_yuan, pay_before}``;
    ``pay_token`` is what the client hands to my.tradePay, or to its gateway's pages. Again gives the same while it is
    open."""
    request, here = payment_routes.current_request, hub()
    session = _bidder()
    body = Body(request.json_body)
    period = body.period()
    auth_code = body.text("auth_code", r"[0-9A-Za-z_-]{1,128}", "the code that my.getAuthCode gave")
    body.check()
    if session.period != period:
        raise NotAllowed("OTHER_PERIOD", "当前登录不属于该期")
    till = paying.Till(
        plan=load_plan(period),
        deposit_fen=load_period_rules(period).deposit_fen,
        wallet=here.wallet(WALLET),
        vault=here.keys.vault(),
        now_ms=here.clock.now_ms(),
    )
    paid_with = paying.open_payment(till, session.subject, auth_code)
    trade = paid_with.trade
    opened = {
        "our_ref": trade.our_ref,
        "trade_no": trade.serial,
        "pay_token": paid_with.pay_token,
        "amount_yuan": yuan_text(int(trade.amount_fen)),
        "pay_before": local_text(int(trade.expires_at_ms)),
    }
    return Response(opened, status_code=201)


@payment_routes.route("/deposits/payments/{our_ref}", methods=["GET"])
def payment(our_ref: str) -> Response:
    """``?result_code=`` my.tradePay's (account session) -> ``{our_ref, state, amount_yuan}``: ``open``, ``pending``,
    ``paid`` or ``closed`` by the wallet's own word."""
    request, session = payment_routes.current_request, _bidder()
    told = str(dict(request.query_params or {}).get("result_code", ""))
    client_code = told if re.fullmatch(r"\d{4}", told, re.ASCII) else ""
    here = hub()
    seen = paying.payment_state(
        session.period,
        session.subject,
        our_ref,
        client_code,
        wallet=here.wallet(WALLET),
        now_ms=here.clock.now_ms(),
    )
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if seen["state"] in ("open", "pending"):
        headers["Retry-After"] = ASK_AGAIN_S
    return Response(seen, headers)


@payment_routes.route("/deposits", methods=["GET"])
def deposit() -> dict[str, Any]:
    """(account session) -> ``{application_code, state, amount_yuan, payments: [{channel, state, amount_yuan,
    arrived_at}]}``: ``state`` is the deposit's, or ``pending`` where only a notice told of it, or ``none``."""
    session = _bidder()
    standing = records.find_deposit(session.period, session.subject)
    told = trade_records.announced_to(session.period, session.subject)
    waiting = any(each.state == trade_records.AnnouncedState.PENDING for each in told)
    return {
        "application_code": session.subject,
        "state": str(standing.state) if standing else "pending" if waiting else "none",
        "amount_yuan": yuan_text(int(standing.amount_fen)) if standing else "",
        "payments": [
            {
                "channel": each.channel,
                "state": each.state,
                "amount_yuan": yuan_text(int(each.amount_fen)),
                "arrived_at": local_text(int(each.arrived_at_ms)),
            }
            for each in told
        ],
    }


@payment_routes.route("/alipay/notifications", methods=["POST"], content_types=[FORM])
def wallet_notification() -> Response:
    """The wallet's form -> the bare word ``success`` once it is stored and queued; what is not ours is ignored."""
    here = hub()
    try:
        notices.take_wallet_notice(here.wallet(WALLET), _body(), _queue(), here.clock)
    except HubError as wrong:
        logger.warning("wallet notification ignored", extra={"code": wrong.code})
        return Response("fail", TEXT, wrong.status)
    return Response(TAKEN, TEXT)


@payment_routes.route("/stripe/notifications", methods=["POST"])
def gateway_event() -> Response:
    """A gateway's signed event -> ``{"state": "taken"}`` once it is stored and queued. One that is signed, but about
    nothing of ours, is ``ignored``: told again it would be no other."""
    request, here = payment_routes.current_request, hub()
    signature = str(request.headers.get("Stripe-Signature", ""))
    try:
        notices.take_wallet_notice(here.wallet(WALLET), _body(), _queue(), here.clock, signature)
    except InvalidInput as wrong:
        logger.info("gateway event ignored", extra={"code": wrong.code})
        return Response({"state": "ignored", "code": wrong.code})
    return Response({"state": "taken"})


@payment_routes.route("/banks/{channel}/notifications", methods=["POST"])
def bank_notification(channel: str) -> dict[str, Any]:
    """A bank's signed JSON -> ``{"serial", "state": "taken"}`` once stored and queued; again, the same."""
    request, here = payment_routes.current_request, hub()
    try:
        bank = here.bank(channel)
    except RuntimeError:
        raise NotFound("CHANNEL_UNKNOWN", "没有这一银行渠道") from None
    serial = notices.take_bank_notice(bank, request.headers, _body(), _queue(), here.clock)
    return {"serial": serial, "state": "taken"}


def _bidder() -> Session:
    here = hub()
    return account(payment_routes.current_request.headers, here.keys.session_keys(), here.clock.now_ms())


def _body() -> bytes:
    raw = payment_routes.current_request.raw_body
    return raw if isinstance(raw, bytes) else raw.encode()


def _queue() -> SqsQueue:
    return SqsQueue(aws.client("sqs"), hub().settings.need("NOTICES_QUEUE"))
