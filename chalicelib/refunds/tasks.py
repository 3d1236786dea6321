"""The steps that state machines call in this room."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.steps import Step, run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.refunds import accounts, returns, sending
from chalicelib.refunds.advised import list_unheard
from chalicelib.refunds.preparing import Means, prepare
from chalicelib.refunds.rules import REMITTANCE
from chalicelib.refunds.selecting import Payee
from chalicelib.wiring import hub


def _means(period: str) -> Means:
    here, rules = hub(), load_period_rules(period)
    return Means(
        plan=load_plan(period),
        interest=rules.interest,
        vault=here.keys.vault(),
        files=here.files,
        bank=here.bank,
        now_ms=here.clock.now_ms(),
        wallets=rules.wallets,
        paying_bank=rules.channels[0],
        channels=rules.ways,
    )


def _treasury_account() -> Payee:
    config = hub().settings
    return Payee(config.need("TREASURY_ACCOUNT_NO"), config.need("TREASURY_ACCOUNT_NAME"))


def _prepare(event: dict[str, Any]) -> dict[str, Any]:
    payee = _treasury_account() if event["batch"] == REMITTANCE else None
    # Before more goes out: whether a bank has said something else since of what went before.
    returns.hear_overwritten(event["period"], _means(event["period"]))
    return prepare(event["batch"], _means(event["period"]), payee)


def _release(event: dict[str, Any]) -> dict[str, int]:
    return sending.release(event["period"], event["batch"], event["by"])


def _send(event: dict[str, Any]) -> dict[str, str]:
    return sending.send(event["batch_no"], _means(event["period"]))


def _fetch_return(event: dict[str, Any]) -> str:
    return returns.fetch_return(event["batch_no"], int(event["after"]), _means(event["period"]))


def _apply_return(event: dict[str, Any]) -> dict[str, int]:
    return returns.apply_return(event["batch_no"], event["key"], _means(event["period"]))


def _failed_list(event: dict[str, Any]) -> dict[str, Any]:
    returns.list_unknown(hub().files, event["period"], load_period_rules(event["period"]).ways)
    returns.hear_overwritten(event["period"], _means(event["period"]))
    list_unheard(hub().files, load_plan(event["period"]), load_period_rules(event["period"]).ways)
    return accounts.failed_list(hub().files, hub().keys.vault(), event["period"])


STEPS: dict[str, Step] = {
    "prepare": _prepare,
    "release": _release,
    "send": _send,
    "fetch_return": _fetch_return,
    "apply_return": _apply_return,
    "failed_list": _failed_list,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("refunds", STEPS, event)
