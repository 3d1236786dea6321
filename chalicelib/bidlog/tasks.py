"""The log's steps in the state machines."""

from __future__ import annotations

from typing import Any

from chalicelib.bidding.door import DYNAMODB, Door
from chalicelib.bidding.listing import all_bidders
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.bidlog import finishing
from chalicelib.bidlog.heads import publish_head
from chalicelib.kernel.clock import at_shanghai, utc_text
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.files import read_json
from chalicelib.kernel.steps import run_step
from chalicelib.periods.problems import record_problems
from chalicelib.wiring import hub

_MS_PER_SECOND = 1_000
# How long after the drain the stream may still bring bids before they are taken from the table.
STREAM_WAIT_MS = 20_000


def _window(period: str) -> dict[str, Any]:
    # What everybody reads: instants there are moved by pauses already.
    window: dict[str, Any] = read_json(hub().files, "public", f"auction/{period}/window.json")
    return window


def _head(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> ``{size, done, again_at}``: a signed head now, and when the next one is due."""
    here, period = hub(), event["period"]
    signed = publish_head(period, clock=here.clock, signer=here.keys.evidence_signer(), files=here.files)
    now_ms, window = here.clock.now_ms(), _window(period)
    every_ms = int(here.settings.need("HEAD_SECONDS")) * _MS_PER_SECOND
    drained_ms = int(window["closes_at_ms"]) + DRAIN_MS
    paused = any(pause["until"] is None for pause in window.get("pauses", ()))
    instants = [at_shanghai(text) for text in window.get("broadcasts", ())] + [drained_ms]
    again_ms = min([now_ms + every_ms, *(at_ms for at_ms in instants if at_ms > now_ms)])
    return {
        "size": signed["head"]["size"],
        "done": signed["head"]["at_ms"] >= drained_ms and not paused,
        "again_at": utc_text(again_ms),
    }


def _finish(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> ``{size, caught_up}``; what the stream left is on the operators' list."""
    here, period = hub(), event["period"]
    found = finishing.finish(
        period,
        all_bidders(BidsTable(Door(DYNAMODB), here.settings.need("BIDS_TABLE")), period),
        wait_until_ms=int(_window(period)["closes_at_ms"]) + DRAIN_MS + STREAM_WAIT_MS,
        clock=here.clock,
        signer=here.keys.evidence_signer(),
        files=here.files,
    )
    if found["caught_up"]:
        problem = Problem(0, "bid log", str(found["caught_up"]), "a stream that brings every bid within seconds")
        record_problems(period, "bid log", [problem], "BID_LOG_CAUGHT_UP", "部分出价未经数据流写入日志,已由出价表补入")
    return found


STEPS = {"head": _head, "finish": _finish}


def handle(event: dict[str, Any], context: object) -> Any:
    """The Lambda entry point."""
    del context
    return run_step("bidlog", STEPS, event)
