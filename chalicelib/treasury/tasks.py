"""The steps that the settlement machine calls in this room."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.steps import Step, run_step
from chalicelib.periods.records import load_plan
from chalicelib.treasury import clearing, deadline, defaulting, notices, registering
from chalicelib.treasury.registering import Office
from chalicelib.treasury.winners import all_winners
from chalicelib.wiring import hub


def _issue_notices(event: dict[str, Any]) -> dict[str, Any]:
    period = event["period"]
    return notices.issue_notices(hub().files, load_plan(period), all_winners(period))


def _register(event: dict[str, Any]) -> dict[str, int]:
    parts = hub()
    office = Office(parts.treasury(), parts.keys.vault(), parts.clock)
    return registering.register(parts.files, office, event["period"], event["key"])


def _verify(event: dict[str, Any]) -> dict[str, int]:
    parts = hub()
    return deadline.verify(parts.treasury(), parts.clock, event["period"])


def _propose_defaulters(event: dict[str, Any]) -> dict[str, int]:
    return defaulting.propose_defaulters(hub().clock, event["period"])


def _default(event: dict[str, Any]) -> dict[str, int]:
    return defaulting.default(hub().clock, load_plan(event["period"]), event["by"])


def _clearing(event: dict[str, Any]) -> dict[str, Any]:
    return clearing.clearing(hub().files, event["period"])


def _export(event: dict[str, Any]) -> dict[str, Any]:
    return clearing.export(hub().files, event["period"])


STEPS: dict[str, Step] = {
    "issue_notices": _issue_notices,
    "register": _register,
    "verify": _verify,
    "propose_defaulters": _propose_defaulters,
    "default": _default,
    "clearing": _clearing,
    "export": _export,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("treasury", STEPS, event)
