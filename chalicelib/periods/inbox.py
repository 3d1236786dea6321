"""Files dropped into the inbox: S3 -> EventBridge -> queue -> here. Each message is worked off on its own."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kernel.errors import InvalidInput, TooMany
from chalicelib.kernel.log import logger
from chalicelib.kernel.machines import Machines
from chalicelib.periods.arrivals import record_arrival
from chalicelib.periods.naming import is_period
from chalicelib.periods.problems import record_problems
from chalicelib.wiring import hub

# Where a file is listed whose folder names no period.
UNPLACED = "unplaced"


def handle(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Note the arrivals of a batch. A message that fails is handed back alone, and the others are not taken twice."""
    del context
    failures = []
    for message in event["Records"]:
        try:
            _take(json.loads(message["body"]), hub().machines)
        except Exception as error:  # whatever is wrong with one message, the others go on
            logger.error("arrival failed", extra={"message_id": message["messageId"], "kind": type(error).__name__})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def _take(event: dict[str, Any], machines: Machines) -> None:
    dropped = event["detail"]["object"]
    key = dropped["key"]
    try:
        record_arrival(key, dropped.get("etag", ""), dropped.get("sequencer", ""), machines)
    except (InvalidInput, TooMany) as error:
        # Sending it again would not help: a person has to see to it.
        named = key.split("/")[2:3]
        period = named[0] if named and is_period(named[0]) else UNPLACED
        record_problems(period, "inbox", error.problems, error.code, error.message)
