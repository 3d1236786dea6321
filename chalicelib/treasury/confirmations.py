"""The queue's consumer: each message names a stored confirmation; those that fail come back, alone."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kernel.batches import work_off
from chalicelib.treasury.applying import apply_confirmation


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off a batch from SQS; returns the messages to be given out again (``ReportBatchItemFailures``)."""
    del context
    return work_off(event, "confirmation", lambda body: str(apply_confirmation(json.loads(body)["message_id"])))
