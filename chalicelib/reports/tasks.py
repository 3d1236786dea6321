"""The steps that state machines call in this room."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalicelib.evidence.records import find_seal
from chalicelib.kernel.steps import Step, run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.reports.announcing import publish
from chalicelib.reports.collect import collect
from chalicelib.reports.exporting import amendment_files, export, write_book
from chalicelib.reports.filing import file_month
from chalicelib.reports.month import Month
from chalicelib.reports.summary import summarize
from chalicelib.reports.tabling import write_tables
from chalicelib.wiring import hub


def _collect(period: str) -> Month:
    return collect(load_plan(period), load_period_rules(period).title, hub().keys.vault())


def _workbook(event: dict[str, Any]) -> dict[str, Any]:
    """Finance's files. Of a month that was sealed, an amendment with what is different by now, or nothing.

    Beside what ``file_month`` returns: ``amended``, whether the month has any amendment, and ``amendments``, those that
    have no package of the notary's yet, ``[{moment, files}]``, in their order.
    """
    period = event["period"]
    sealed = find_seal(period, "month") is not None
    filed = file_month(hub().files, _collect(period), sealed=sealed, book=partial(write_book, period))
    amendments = [
        {"moment": moment, "files": amendment_files(period, number)}
        for number in range(1, filed["amendment"] + 1)
        if find_seal(period, moment := f"amendment-{number}") is None
    ]
    return {**filed, "amended": filed["amendment"] > 0, "amendments": amendments}


def _summary(event: dict[str, Any]) -> dict[str, Any]:
    return summarize(_collect(event["period"]))


def _export(event: dict[str, Any]) -> dict[str, Any]:
    return export(hub().files, event["period"])


def _tables(event: dict[str, Any]) -> dict[str, Any]:
    return write_tables(hub().files, event["period"])


def _announce(event: dict[str, Any]) -> dict[str, Any]:
    return {"published": publish(hub().files, event["period"])}


STEPS: dict[str, Step] = {
    "workbook": _workbook,
    "summary": _summary,
    "export": _export,
    "tables": _tables,
    "announce": _announce,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("reports", STEPS, event)
