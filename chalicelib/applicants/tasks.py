"""The applicants' steps in the state machines."""

from __future__ import annotations

from typing import Any

from chalicelib.applicants.exporting import applicants_csv
from chalicelib.applicants.importing import close_list, keep_chunk
from chalicelib.applicants.records import listed
from chalicelib.applicants.rules import Terms
from chalicelib.applicants.splitting import split_list
from chalicelib.kernel.steps import run_step
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.wiring import hub


def _split_list(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, bidder_class, key}`` -> ``{prefix, chunks: [{key}]}``; ``key`` is the list's in the inbox."""
    here, period, key = hub(), event["period"], event["key"]
    terms = Terms(
        bidder_class=event["bidder_class"],
        is_code=load_period_rules(period).is_code,
        auction_day=load_plan(period).day("auction_opens"),
    )
    name = key.rpartition("/")[2]
    with here.files.fetch("inbox", key) as source:
        return split_list(period, name, source, here.regulator(), terms, files=here.files, vault=here.keys.vault())


def _keep_chunk(event: dict[str, Any]) -> dict[str, int]:
    """``{period, key, chunk}`` -> counts; ``key`` is the list's, ``chunk`` one of its chunks'."""
    here = hub()
    return keep_chunk(
        event["period"],
        event["key"],
        event["chunk"],
        files=here.files,
        vault=here.keys.vault(),
        now_ms=here.clock.now_ms(),
        auction_opens_ms=load_plan(event["period"]).at("auction_opens"),
    )


def _close_list(event: dict[str, Any]) -> dict[str, int]:
    """``{period, key, prefix}`` -> the list's counts; its problems are listed and reported."""
    return close_list(event["period"], event["key"], event["prefix"], hub().files)


def _export(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, moment}`` -> ``{"files": [{"name", "key"}]}``, the list for the notary in the work bucket."""
    here, period = hub(), event["period"]
    key = f"evidence/{period}/{event['moment']}/applicants.csv"
    here.files.write("work", key, applicants_csv(listed(period), here.keys.vault()), "text/csv; charset=utf-8")
    return {"files": [{"name": "applicants.csv", "key": key}]}


STEPS = {"split_list": _split_list, "keep_chunk": _keep_chunk, "close_list": _close_list, "export": _export}


def handle(event: dict[str, Any], context: object) -> Any:
    """Run the step that the event names."""
    del context
    return run_step("applicants", STEPS, event)
