"""A batch from SQS: each message is worked off alone, and those that fail come back, alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.kernel.log import logger


def work_off(event: dict[str, Any], what: str, work: Callable[[str], str]) -> dict[str, Any]:
    """Call ``work(body)`` for each message; returns those to be given out again (``ReportBatchItemFailures``).

    ``what`` names the messages in the log, ``work``'s answer says there what became of one.
    """
    failures = []
    for message in event["Records"]:
        try:
            logger.info(f"{what} worked off", extra={"finding": work(message["body"])})
        except Exception:  # one message must not take the others with it; the queue counts its attempts
            logger.exception(f"{what} not worked off")
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
