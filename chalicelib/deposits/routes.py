"""The bidder's doors to a deposit and to a doubtful payment, and the operators' to what the books differ in."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.bodies import Body
from chalicelib.applicants.sessions import account
from chalicelib.deposits.correction_desk import check_open, confirm, propose
from chalicelib.deposits.corrections import Claim, correct
from chalicelib.deposits.difference_records import last_found
from chalicelib.deposits.records import DepositRecord
from chalicelib.deposits.viewing import own_deposit
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Problem
from chalicelib.kernel.money import fen_from_yuan, yuan_text
from chalicelib.kernel.paging import page_of
from chalicelib.periods import access
from chalicelib.periods.naming import month_of
from chalicelib.periods.records import load_period_rules
from chalicelib.wiring import hub

deposits_routes = Blueprint(__name__)


@deposits_routes.route("/deposits/corrections", methods=["POST"])
def corrections() -> dict[str, Any]:
    """``{period, paid_on, amount_yuan, payer_account_tail}`` (account session) -> ``{application_code, state,
    amount_yuan, excess_yuan}``. Before the correction deadline only."""
    request, here = deposits_routes.current_request, hub()
    now_ms = here.clock.now_ms()
    session = account(request.headers, here.keys.session_keys(), now_ms)
    body = Body(request.json_body)
    period = body.period()
    paid_on = body.text("paid_on", r"\d{4}-\d{2}-\d{2}", "YYYY-MM-DD")
    amount = body.text("amount_yuan", r"\d{1,9}(\.\d{1,2})?", "yuan with at most two decimals, as a text")
    tail = body.text("payer_account_tail", r"[0-9A-Za-z]{4,8}", "the account's last 4 to 8 characters")
    body.check()
    if session.period != period:
        raise NotAllowed("OTHER_PERIOD", "当前登录不属于该期")
    check_open(period, now_ms)
    deposit = correct(
        period,
        Claim(session.subject, _day(paid_on), fen_from_yuan(amount), tail),
        deposit_fen=load_period_rules(period).deposit_fen,
        vault=here.keys.vault(),
        # When it is written down, which is after what it moves: reading plan and keys may have taken a while.
        now_ms=here.clock.now_ms(),
    )
    return _shown(deposit)


def _shown(deposit: DepositRecord) -> dict[str, Any]:
    return {
        "application_code": deposit.code,
        "state": deposit.state,
        "amount_yuan": yuan_text(int(deposit.amount_fen)),
        "excess_yuan": yuan_text(int(deposit.excess_fen)),
    }


@deposits_routes.route("/deposits/correction-proposals", methods=["POST"])
def correction_proposals() -> Response:
    """``{period, channel, serial, application_code}`` (operator, cashier) -> 202: whose a doubtful payment is."""
    actor = access.actor(deposits_routes.current_request, "cashier")
    period, ref, code = _desk_body(actor.at_ms)
    propose(period, ref, code, actor=actor)
    return Response({"payment": ref, "application_code": code, "state": "proposed"}, status_code=202)


@deposits_routes.route("/deposits/correction-confirmations", methods=["POST"])
def correction_confirmations() -> dict[str, Any]:
    """The same, said again by an approver who is not the proposer -> the deposit, as ``/deposits/corrections``."""
    actor = access.actor(deposits_routes.current_request, "approver")
    period, ref, code = _desk_body(actor.at_ms)
    deposit_fen = load_period_rules(period).deposit_fen
    return _shown(confirm(period, ref, code, actor=actor, deposit_fen=deposit_fen))


def _desk_body(now_ms: int) -> tuple[str, str, str]:
    """Period, payment and code. Raises ``TooEarlyOrLate`` (``CORRECTIONS_CLOSED``) after the deadline."""
    body = Body(deposits_routes.current_request.json_body)
    period = body.period()
    channel = body.text("channel", r"[a-z_]{2,20}", "a channel, such as hangzhou")
    serial = body.text("serial", r"[0-9A-Za-z_-]{1,64}", "the bank's serial of the payment")
    code = body.text("application_code", r"[0-9A-Za-z]{6,32}", "an application code")
    body.check()
    check_open(period, now_ms)
    return period, f"{channel}#{serial}", code


@deposits_routes.route("/deposits/mine", methods=["GET"])
def mine() -> dict[str, Any]:
    """Account session -> the bidder's own deposit of the session's period, and payments that wait to be put right.

    It is read from the booking itself, so it is there as soon as the credit is.
    """
    request, here = deposits_routes.current_request, hub()
    session = account(request.headers, here.keys.session_keys(), here.clock.now_ms())
    return own_deposit(session.period, session.subject)


@deposits_routes.route("/periods/{period}/differences", methods=["GET"])
def differences(period: str) -> dict[str, Any]:
    """Operators: what the last reconciliation found, each with code, proposed cause, subject and both sides in fen."""
    request = deposits_routes.current_request
    access.operator(request)
    month_of(period)
    found = last_found(period)
    shown, following = page_of(found["differences"], request.query_params)
    return {**found, "differences": shown, "next": following}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = Problem(0, "paid_on", text, "a day that exists")
        raise InvalidInput("BODY_INVALID", "请求内容不符合要求", problems=(problem,)) from None
