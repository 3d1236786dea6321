"""A payment that came back: another account by two operators' hands, and the next batch that sends again."""

from __future__ import annotations

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.errors import NotFound
from chalicelib.refunds import desk, records
from chalicelib.refunds.accounts import Account
from chalicelib.refunds.again import start_again
from chalicelib.refunds.records import FailedRecord
from chalicelib.refunds.rules import RefundState
from chalicelib.wiring import hub


def show(ask: Ask) -> Answer:
    """The payment, and the form to key its other account in. What the first keyed in is shown to nobody."""
    failure = _failure(ask)
    refund = records.find_refund(failure.sk)
    waits = refund is not None and refund.state == RefundState.FAILED and not failure.answered_at_ms
    return page(ask, "failed_refund.html", failure=failure, refund=refund, waits=waits)


def propose(ask: Ask) -> Answer:
    """A cashier keys in the account from the payer's papers."""
    desk.propose_account(_failure(ask).sk, _account(ask), actor=ask.actor, vault=hub().keys.vault())
    return _back(ask, "proposed")


def confirm(ask: Ask) -> Answer:
    """An approver who is somebody else keys in the same."""
    desk.confirm_account(_failure(ask).sk, _account(ask), actor=ask.actor, vault=hub().keys.vault())
    return _back(ask, "confirmed")


def again(ask: Ask) -> Answer:
    """A cashier starts the next batch of what is to be sent again; it then waits for an approver."""
    start_again(ask.period, hub().machines, ask.actor)
    return redirect(f"/console/{ask.period}/refunds?said=started")


def _account(ask: Ask) -> Account:
    number = ask.field("account_no", r"[0-9A-Za-z]{6,34}", "收款账号为 6 至 34 位数字或字母")
    name = ask.field("account_name", r"[^|\x00-\x1f\x7f]{1,60}", "户名为 1 至 60 个字")
    return Account(number, name)


def _back(ask: Ask, said: str) -> Answer:
    return redirect(f"/console/{ask.period}/refunds/{ask.named['our_ref']}?said={said}")


def _failure(ask: Ask) -> FailedRecord:
    failure = next((each for each in records.failed(ask.period) if each.sk == ask.named["our_ref"]), None)
    if failure is None:
        raise NotFound("NO_FAILED_REFUND", "没有这一笔退回的款项")
    return failure
