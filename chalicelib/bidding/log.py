"""One line of JSON a bid, with the keys of ``kernel.log``, whose import alone would double this function's start."""

from __future__ import annotations

import json
import sys
import time

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def write(level: str, message: str, **extra: str) -> None:
    """Write a line for Lambda to collect. Ids and codes only: never a name, a price or a payload."""
    second, ms = divmod(time.time_ns() // 1_000_000, 1_000)
    stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}.{ms:03d}Z"
    line = {"level": level, "message": message, "timestamp": stamp, "service": "hangpai", **extra}
    sys.stdout.write(_ENCODE(line) + "\n")
