"""The steps that the settlement and the month-end machine call in this room."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.steps import Step, run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.treasury import clearing, deadline, defaulting, notices, receipts, registering, writing_off
from chalicelib.treasury.registering import Office
from chalicelib.treasury.winners import all_winners
from chalicelib.wiring import hub


def _office() -> Office:
    parts = hub()
    return Office(parts.treasury(), parts.keys.vault(), parts.clock)


def _issue_notices(event: dict[str, Any]) -> dict[str, Any]:
    period, parts = event["period"], hub()
    plan = load_plan(period)
    return notices.issue_notices(parts.files, plan, all_winners(period), parts.auction_closes(plan))


def _register(event: dict[str, Any]) -> dict[str, int]:
    return registering.register(hub().files, _office(), event["period"], event["key"])


def _verify(event: dict[str, Any]) -> dict[str, int]:
    parts = hub()
    return deadline.verify(parts.treasury(), parts.clock, event["period"])


def _propose_defaulters(event: dict[str, Any]) -> dict[str, int]:
    return defaulting.propose_defaulters(hub().clock, event["period"])


def _default(event: dict[str, Any]) -> dict[str, int]:
    period = event["period"]
    months = load_period_rules(period).default_ban_months
    return defaulting.default(hub().clock, load_plan(period), event["by"], months)


def _clearing(event: dict[str, Any]) -> dict[str, Any]:
    return clearing.clearing(hub().files, event["period"])


def _export(event: dict[str, Any]) -> dict[str, Any]:
    return clearing.export(hub().files, event["period"])


def _plan_receipts(event: dict[str, Any]) -> dict[str, Any]:
    return receipts.plan_receipts(hub().files, event["period"])


def _issue_receipts(event: dict[str, Any]) -> dict[str, int]:
    return receipts.issue_receipts(hub().files, _office(), event["period"], event["key"])


def _write_off(event: dict[str, Any]) -> dict[str, int]:
    parts = hub()
    return writing_off.write_off(parts.files, parts.clock, event["period"])


STEPS: dict[str, Step] = {
    "issue_notices": _issue_notices,
    "register": _register,
    "verify": _verify,
    "propose_defaulters": _propose_defaulters,
    "default": _default,
    "clearing": _clearing,
    "export": _export,
    "plan_receipts": _plan_receipts,
    "issue_receipts": _issue_receipts,
    "write_off": _write_off,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("treasury", STEPS, event)
