"""The steps that state machines call in this room."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.steps import Step, run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.reports.collect import collect
from chalicelib.reports.exporting import export, workbook_key
from chalicelib.reports.month import Month
from chalicelib.reports.summary import summarize
from chalicelib.reports.workbook import write_workbook
from chalicelib.wiring import hub

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _collect(period: str) -> Month:
    return collect(load_plan(period), load_period_rules(period).title, hub().keys.vault())


def _workbook(event: dict[str, Any]) -> dict[str, str]:
    period = event["period"]
    key = workbook_key(period)
    # Overwritten on a second run: a month that was put right before it closes has another workbook.
    hub().files.write("outbox", key, write_workbook(_collect(period)), XLSX)
    return {"key": key}


def _summary(event: dict[str, Any]) -> dict[str, Any]:
    return summarize(_collect(event["period"]))


def _export(event: dict[str, Any]) -> dict[str, Any]:
    return export(hub().files, event["period"])


STEPS: dict[str, Step] = {"workbook": _workbook, "summary": _summary, "export": _export}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("reports", STEPS, event)
