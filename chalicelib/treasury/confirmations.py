"""The queue's consumer: each message names a stored confirmation, or a notice that two persons void.

Those that fail, or about which the treasury did not answer, come back, alone.
"""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kernel.batches import work_off
from chalicelib.periods.records import load_plan
from chalicelib.treasury.applying import apply_confirmation
from chalicelib.treasury.registering import Office
from chalicelib.treasury.rules import pay_code_rule
from chalicelib.treasury.voiding import carry_out_void, period_of
from chalicelib.wiring import hub


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off a batch from SQS; returns the messages to be given out again (``ReportBatchItemFailures``)."""
    del context
    return work_off(event, "confirmation", _work_off)


def _work_off(body: str) -> str:
    work = json.loads(body)
    if "void" not in work:
        return str(apply_confirmation(work["message_id"]))
    parts, pay_code = hub(), work["void"]
    office = Office(parts.treasury(), parts.keys.vault(), parts.clock)
    carry_out_void(office, pay_code_rule(load_plan(period_of(pay_code)).city), pay_code)
    return "void"
