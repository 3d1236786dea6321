"""The messages' steps in the state machines, and the queue of chunks that were left."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kernel.batches import work_off
from chalicelib.kernel.clock import utc_text
from chalicelib.kernel.steps import run_step
from chalicelib.messages.campaigns import Campaign, campaign
from chalicelib.messages.dry_run import dry_run
from chalicelib.messages.lists import addressed, make_list, read_chunk
from chalicelib.messages.receipts import gather_receipts
from chalicelib.messages.rules import quiet_hours
from chalicelib.messages.sender import Sender
from chalicelib.messages.sending import send_batches
from chalicelib.messages.standing import standing
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.wiring import hub

_MINUTE_MS = 60_000


def _campaign(event: dict[str, Any]) -> Campaign:
    return campaign(event["campaign"], load_period_rules(event["period"]).city)


def _not_before(at_ms: int) -> str:
    return utc_text(quiet_hours(hub().settings.need("SMS_QUIET_HOURS")).after(at_ms))


def _begin(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, campaign}`` -> ``{count, cost_fen, parts, approval, not_before}``: what would go, were it now."""
    here, chosen = hub(), _campaign(event)
    first = next(iter(here.carriers().values()))
    plan = load_plan(event["period"])
    seen = dry_run(chosen, addressed(plan, chosen, first), first)
    return {
        "count": seen["count"],
        "parts": seen["parts"],
        "cost_fen": seen["cost_fen"],
        "approval": seen["count"] > chosen.approval_above,
        "not_before": _not_before(here.clock.now_ms()),
    }


def _audience(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, campaign}`` -> ``{round, count, bucket, items}``: the round's list in the work bucket."""
    here = hub()
    first = next(iter(here.carriers().values()))
    made = make_list(load_plan(event["period"]), _campaign(event), first, here.files)
    return {
        "round": made.round_no,
        "count": made.count,
        "bucket": here.settings.bucket("work"),
        "items": made.items,
    }


def _send(event: dict[str, Any]) -> dict[str, int]:
    """``{period, campaign, key}`` -> people by state."""
    here, chosen = hub(), _campaign(event)
    carriers = here.carriers()
    gap_s = 1 / chosen.batches_a_second if chosen.batches_a_second else 0.0
    sender = Sender(carriers, here.clock, here.keys.vault(), chosen.template, gap_s)
    chunk = read_chunk(here.files, event["period"], chosen.name, event["key"], next(iter(carriers)))
    return send_batches(chunk, sender, chosen.batches_in_flight)


def _receipts(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, campaign, round}`` -> how it stands (``standing``), ``again`` and when the next round may begin."""
    here, chosen = hub(), _campaign(event)
    gather_receipts(event["period"], chosen.name, here.carriers(), here.clock, here.keys.vault())
    stands = standing(event["period"], chosen.name)
    later_ms = here.clock.now_ms() + chosen.round_after_minutes * _MINUTE_MS
    return {
        **stands,
        "again": stands["waiting"] > 0 and event["round"] < chosen.rounds_max,
        "not_before": _not_before(later_ms),
    }


STEPS = {"begin": _begin, "audience": _audience, "send": _send, "receipts": _receipts}


def handle(event: dict[str, Any], context: object) -> Any:
    """Run the step that the event names, or send the chunks that the queue gives out (``{period, campaign, key}``)."""
    del context
    if "Records" in event:
        return work_off(event, "chunk", lambda body: json.dumps(_send(json.loads(body))))
    return run_step("messages", STEPS, event)
