"""The bidder's door after a refund came back."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.applicants.bodies import Body
from chalicelib.applicants.sessions import account
from chalicelib.kernel.errors import NotAllowed
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.wiring import hub

refunds_routes = Blueprint(__name__)


@refunds_routes.route("/refunds/accounts", methods=["POST"])
def refund_accounts() -> Response:
    """``{period, account_no, account_name}`` (account session) -> 202 ``{"refunds"}``: how many it counts for."""
    request, here = refunds_routes.current_request, hub()
    now_ms = here.clock.now_ms()
    session = account(request.headers, here.keys.session_keys(), now_ms)
    body = Body(request.json_body)
    period = body.period()
    number = body.text("account_no", r"[0-9A-Za-z]{6,34}", "6 to 34 digits or letters")
    name = body.text("account_name", r"[^|\x00-\x1f\x7f]{1,60}", "1 to 60 characters without | or control characters")
    body.check()
    if session.period != period:
        raise NotAllowed("OTHER_PERIOD", "当前登录不属于该期")
    given = Account(number, name)
    count = give_account(period, session.subject, given, vault=here.keys.vault(), now_ms=now_ms)
    return Response({"refunds": count}, status_code=202)
