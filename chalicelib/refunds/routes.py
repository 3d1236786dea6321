"""The doors after a refund came back: the bidder's own, and the two operators' for a payer who has no session."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.bodies import Body
from chalicelib.applicants.sessions import account
from chalicelib.kernel.errors import NotAllowed
from chalicelib.periods import access
from chalicelib.periods.naming import month_of
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.again import start_again
from chalicelib.refunds.desk import confirm_account, propose_account
from chalicelib.refunds.viewing import own_refunds
from chalicelib.wiring import hub

refunds_routes = Blueprint(__name__)


@refunds_routes.route("/me/refunds", methods=["GET"])
def my_refunds() -> dict[str, Any]:
    """Account session -> the bidder's own payments back, ``viewing.own_refunds``."""
    here = hub()
    session = account(refunds_routes.current_request.headers, here.keys.session_keys(), here.clock.now_ms())
    return own_refunds(session.period, session.subject, here.keys.vault())


@refunds_routes.route("/refunds/accounts", methods=["POST"])
def refund_accounts() -> Response:
    """``{period, account_no, account_name}`` (account session) -> 202 ``{"refunds"}``: how many it counts for."""
    request, here = refunds_routes.current_request, hub()
    now_ms = here.clock.now_ms()
    session = account(request.headers, here.keys.session_keys(), now_ms)
    body = Body(request.json_body)
    period = body.period()
    given = _account(body)
    body.check()
    if session.period != period:
        raise NotAllowed("OTHER_PERIOD", "当前登录不属于该期")
    count = give_account(period, session.subject, given, vault=here.keys.vault(), now_ms=now_ms)
    return Response({"refunds": count}, status_code=202)


@refunds_routes.route("/periods/{period}/refunds/again", methods=["POST"])
def refunds_again(period: str) -> Response:
    """By a cashier -> 202 ``{"batch", "state": "started"}``: the next batch of what came back and has another account,
    or came too late for the last; an approver who is somebody else releases it."""
    actor = access.actor(refunds_routes.current_request, "cashier")
    month_of(period)
    batch = start_again(period, hub().machines, actor)
    return Response({"batch": batch, "state": "started"}, status_code=202)


@refunds_routes.route("/refunds/account-proposals", methods=["POST"])
def account_proposals() -> Response:
    """``{our_ref, account_no, account_name}`` (operator, cashier) -> 202 ``{"our_ref", "state": "proposed"}``."""
    request, here = refunds_routes.current_request, hub()
    actor = access.actor(request, "cashier")
    our_ref, given = _failed_payment(request.json_body)
    propose_account(our_ref, given, actor=actor, vault=here.keys.vault())
    return Response({"our_ref": our_ref, "state": "proposed"}, status_code=202)


@refunds_routes.route("/refunds/account-confirmations", methods=["POST"])
def account_confirmations() -> Response:
    """The same, keyed in again by an approver who is not the proposer -> 202 ``{"our_ref", "state": "confirmed"}``."""
    request, here = refunds_routes.current_request, hub()
    actor = access.actor(request, "approver")
    our_ref, given = _failed_payment(request.json_body)
    confirm_account(our_ref, given, actor=actor, vault=here.keys.vault())
    return Response({"our_ref": our_ref, "state": "confirmed"}, status_code=202)


def _failed_payment(content: object) -> tuple[str, Account]:
    body = Body(content)
    our_ref = body.text("our_ref", r"RF20\d\d(0[1-9]|1[0-2])[0-9a-f]{24}", "a payment's number on the failed list")
    given = _account(body)
    body.check()
    return our_ref, given


def _account(body: Body) -> Account:
    number = body.text("account_no", r"[0-9A-Za-z]{6,34}", "6 to 34 digits or letters")
    name = body.text("account_name", r"[^|\x00-\x1f\x7f]{1,60}", "1 to 60 characters without | or control characters")
    return Account(number, name)
