"""The queue's consumer: each message names a stored confirmation; those that fail come back, alone."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kernel.log import logger
from chalicelib.treasury.applying import apply_confirmation


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off a batch from SQS; returns the messages to be given out again (``ReportBatchItemFailures``)."""
    del context
    failures = []
    for message in event["Records"]:
        try:
            finding = apply_confirmation(json.loads(message["body"])["message_id"])
            logger.info("confirmation worked off", extra={"finding": str(finding)})
        except Exception:  # one message must not take the others with it; the queue counts its attempts
            logger.exception("confirmation not worked off")
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
