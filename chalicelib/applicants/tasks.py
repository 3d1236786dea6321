"""The applicants' steps in the state machines."""

from __future__ import annotations

from typing import Any

from chalicelib.applicants.exporting import applicants_csv
from chalicelib.applicants.importing import import_list
from chalicelib.applicants.records import listed
from chalicelib.applicants.rules import Terms
from chalicelib.kernel.steps import run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.wiring import hub


def _import_list(event: dict[str, Any]) -> dict[str, int]:
    """``{period, bidder_class, key}`` -> counts; ``key`` is the list's in the inbox."""
    here, period, key = hub(), event["period"], event["key"]
    terms = Terms(
        bidder_class=event["bidder_class"],
        is_code=load_period_rules(period).is_code,
        auction_day=load_plan(period).day("auction_opens"),
    )
    file = here.regulator().read_applicants(here.files.read("inbox", key), key.rpartition("/")[2])
    return import_list(period, key, file, terms, here.keys.vault())


def _export(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, moment}`` -> ``{"files": [{"name", "key"}]}``, the list for the notary in the work bucket."""
    here, period = hub(), event["period"]
    key = f"evidence/{period}/{event['moment']}/applicants.csv"
    here.files.write("work", key, applicants_csv(listed(period), here.keys.vault()), "text/csv; charset=utf-8")
    return {"files": [{"name": "applicants.csv", "key": key}]}


STEPS = {"import_list": _import_list, "export": _export}


def handle(event: dict[str, Any], context: object) -> Any:
    """Run the step that the event names."""
    del context
    return run_step("applicants", STEPS, event)
