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
# Nobody bids more often: the bid function would tell him to wait.
BIDS_EACH = 3


def _checked(handler: Callable[..., dict[str, Any]], event: dict[str, Any]) -> None:
    answer = handler(event, None)
    if answer["statusCode"] not in (200, 201):
        raise SystemExit(f"not accepted: {answer}")


def _cpu(module: str, calls: int) -> None:
    import contextlib
    import os

    from local.bench.bids import event, token

    handler = importlib.import_module(module).handler
    bearers = [token(number) for number in range((WARM_UP + calls) // BIDS_EACH + 1)]
    events = [event(bearers[place // BIDS_EACH]) for place in range(WARM_UP + calls)]
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        for one in events[:WARM_UP]:
            _checked(handler, one)
        began = time.process_time()
        for one in events[WARM_UP:]:
            handler(one, None)
        spent = time.process_time() - began
        _checked(handler, event(bearers[-1]))
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
