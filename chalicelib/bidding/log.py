"""One line of JSON a bid, with the keys of ``kernel.log``, whose import alone would double this function's start."""

from __future__ import annotations

import json
import sys

from chalicelib.kernel.clock import SystemClock, utc_text


def write(level: str, message: str, **extra: str) -> None:
    """Write a line for Lambda to collect. Ids and codes only: never a name, a price or a payload."""
    stamp = utc_text(SystemClock().now_ms())
    line = {"level": level, "message": message, "timestamp": stamp, "service": "hangpai", **extra}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
