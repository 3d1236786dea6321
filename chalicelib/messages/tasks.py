"""The messages' steps in the state machines."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.steps import run_step
from chalicelib.messages.campaigns import campaign
from chalicelib.messages.chunks import send_chunk, write_chunks
from chalicelib.messages.receipts import gather_receipts
from chalicelib.messages.sender import Sender
from chalicelib.periods.records import load_plan
from chalicelib.wiring import hub


def _audience(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, campaign}`` -> ``{"count", "chunks": [{"key"}]}``, in the work bucket."""
    return write_chunks(load_plan(event["period"]), campaign(event["campaign"]), hub().files)


def _send(event: dict[str, Any]) -> dict[str, int]:
    """``{period, campaign, key}`` -> counts by state."""
    here = hub()
    return send_chunk(
        event["period"],
        campaign(event["campaign"]),
        event["key"],
        files=here.files,
        sender=Sender(here.carrier(), here.clock),
        vault=here.keys.vault(),
    )


def _receipts(event: dict[str, Any]) -> dict[str, int]:
    """``{period, campaign}`` -> counts by state."""
    here = hub()
    sender = Sender(here.carrier(), here.clock)
    return gather_receipts(event["period"], campaign(event["campaign"]).name, sender, here.keys.vault())


STEPS = {"audience": _audience, "send": _send, "receipts": _receipts}


def handle(event: dict[str, Any], context: object) -> Any:
    """Run the step that the event names."""
    del context
    return run_step("messages", STEPS, event)
