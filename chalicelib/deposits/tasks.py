"""The steps that state machines call in this room."""

from __future__ import annotations

from typing import Any

from chalicelib.deposits import corrections, exporting, qualifying, reconciling, statements
from chalicelib.deposits.intake import intake_of
from chalicelib.kernel.steps import Step, run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.wiring import hub


def _read_statement(event: dict[str, Any]) -> dict[str, Any]:
    parts = hub()
    return statements.read_statement(
        parts.files,
        parts.bank(event["channel"]),
        period=event["period"],
        day=event["day"],
        key=event["key"],
        code_pattern=load_period_rules(event["period"]).code_pattern,
    )


def _book(event: dict[str, Any]) -> dict[str, int]:
    parts, period = hub(), event["period"]
    plan, rules = load_plan(period), load_period_rules(period)
    intake = intake_of(plan, rules, event["channel"], parts.keys.vault(), parts.clock)
    return statements.book_chunk(parts.files, intake, event["key"])


def _close_statement(event: dict[str, Any]) -> dict[str, int]:
    return statements.close_statement(event["period"], event["channel"], event["day"])


def _close_corrections(event: dict[str, Any]) -> dict[str, int]:
    day = load_plan(event["period"]).day("corrections_close")
    return corrections.close_corrections(event["period"], day, hub().clock.now_ms())


def _summary(event: dict[str, Any]) -> dict[str, Any]:
    return exporting.summarize(hub().files, hub().keys.vault(), event["period"])


def _qualify(event: dict[str, Any]) -> dict[str, int]:
    return qualifying.qualify(hub().files, hub().regulator(), event["period"], event["key"])


def _export_qualified(event: dict[str, Any]) -> dict[str, Any]:
    return exporting.export_qualified(hub().files, event["period"])


def _reconcile(event: dict[str, Any]) -> dict[str, int]:
    return reconciling.reconcile(event["period"])


STEPS: dict[str, Step] = {
    "read_statement": _read_statement,
    "book": _book,
    "close_statement": _close_statement,
    "close_corrections": _close_corrections,
    "summary": _summary,
    "qualify": _qualify,
    "export_qualified": _export_qualified,
    "reconcile": _reconcile,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("deposits", STEPS, event)
