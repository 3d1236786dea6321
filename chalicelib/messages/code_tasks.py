"""The code lane's consumer: a function of its own, so that its concurrency is never a campaign's."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.batches import work_off
from chalicelib.messages.codes import text_code
from chalicelib.wiring import hub


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off a batch from SQS; returns the messages to be given out again."""
    del context
    here = hub()
    return work_off(
        event, "code", lambda body: text_code(body, here.carriers().values(), here.keys.vault(), here.clock)
    )
