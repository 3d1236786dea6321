"""One stack in a process of its own. ``cpu MODULE N``: prints CPU us a call; ``first MODULE``: answers once, prints it.

A first call's event comes on stdin, so that making it is no part of the start.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

WARM_UP = 200


def _checked(handler: Callable[..., dict[str, Any]], event: dict[str, Any]) -> None:
    answer = handler(event, None)
    if answer["statusCode"] not in (200, 201):
        raise SystemExit(f"not accepted: {answer}")


def _cpu(module: str, calls: int) -> None:
    import contextlib
    import os

    from local.bench.bids import event, token

    handler, bearer = importlib.import_module(module).handler, token()
    events = [event(bearer) for _ in range(WARM_UP + calls)]
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        for one in events[:WARM_UP]:
            _checked(handler, one)
        began = time.process_time()
        for one in events[WARM_UP:]:
            handler(one, None)
        spent = time.process_time() - began
        _checked(handler, event(bearer))
    print(spent / calls * 1e6)


def _first(module: str) -> None:
    event = json.loads(sys.stdin.read())
    _checked(importlib.import_module(module).handler, event)
    print("answered", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "cpu":
        _cpu(sys.argv[2], int(sys.argv[3]))
    else:
        _first(sys.argv[2])
