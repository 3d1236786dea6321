"""The auction's steps in the state machines."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib.applicants.records import listed
from chalicelib.auctions import broadcast as broadcasting
from chalicelib.auctions import close as closing
from chalicelib.auctions import exporting, publishing, window
from chalicelib.bidding.door import DYNAMODB, Door
from chalicelib.bidding.records import BidsTable
from chalicelib.kernel.steps import run_step
from chalicelib.periods.records import load_period_rules, load_plan, rules_text_of
from chalicelib.wiring import hub


def _table() -> BidsTable:
    return BidsTable(Door(DYNAMODB), hub().settings.need("BIDS_TABLE"))


def _prepare(event: dict[str, Any]) -> dict[str, str]:
    """``{period}`` -> ``{opens_at, closes_at, count_from}``."""
    here, period = hub(), event["period"]
    return window.prepare(
        load_plan(period),
        load_period_rules(period),
        clock=here.clock,
        entropy=here.entropy,
        vault=here.keys.vault(),
        window_key=here.keys.window_key(),
        table=_table(),
        files=here.files,
    )


def _broadcast(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, number}``, number from 1 -> the broadcast."""
    here, period = hub(), event["period"]
    return broadcasting.broadcast(
        load_plan(period),
        load_period_rules(period),
        int(event["number"]),
        clock=here.clock,
        table=_table(),
        files=here.files,
    )


def _close(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> the result, without the seed: that is published, not passed around."""
    here, period = hub(), event["period"]
    result = closing.close(
        load_plan(period),
        load_period_rules(period),
        qualified=Counter(applicant.bidder_class for applicant in listed(period) if applicant.qualified),
        clock=here.clock,
        vault=here.keys.vault(),
        table=_table(),
        files=here.files,
    )
    return {"period": period, "classes": result["classes"]}


def _publish(event: dict[str, Any]) -> dict[str, str]:
    """``{period}`` -> ``{key}`` of the result in the public bucket."""
    return publishing.publish(event["period"], hub().files)


def _export(event: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """``{period}`` -> ``{files: [{name, key}]}`` for the notary."""
    return exporting.export(event["period"], rules_text_of(event["period"]), hub().files)


STEPS = {"prepare": _prepare, "broadcast": _broadcast, "close": _close, "publish": _publish, "export": _export}


def handle(event: dict[str, Any], context: object) -> Any:
    """The Lambda entry point."""
    del context
    return run_step("auctions", STEPS, event)
