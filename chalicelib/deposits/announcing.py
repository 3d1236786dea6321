"""The queue's consumer: each message names a stored notice; those that fail come back, alone."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.deposits.notices import work_off
from chalicelib.kernel.log import logger
from chalicelib.periods.openings import openings
from chalicelib.periods.records import load_period_rules
from chalicelib.wiring import hub


def _code_pattern(period: str) -> str:
    return load_period_rules(period).code_pattern


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off a batch from SQS; returns the messages to be given out again (``ReportBatchItemFailures``)."""
    del context
    failures = []
    opens_ms = openings()
    for message in event["Records"]:
        try:
            done = work_off(json.loads(message["body"]), opens_ms, _code_pattern, hub().clock.now_ms())
            logger.info("notice worked off", extra={"done": done})
        except Exception:  # one message must not take the others with it; the queue counts its attempts
            logger.exception("notice not worked off")
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
