"""The hub's functions as Lambda runs them: each invocation in a strand of its own, with a deadline, and mortal."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.simulation.clockwork import Clockwork, Killed, Strand
from local.simulation.faults import Faults

ROOT = Path(__file__).resolve().parents[2]
API = "api_handler"
# How many calls a function makes at least before it is killed, and at most.
KILLED_AFTER_CALLS_MAX = 40
CALL_MS = (1, 12)


class FunctionFailed(Exception):
    """An invocation that gave no result: the error's name and its cause, as Step Functions has them."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass
class Invocation:
    """One run of a function. ``left``: the calls it still makes before its process ends; negative: it lives."""

    name: str
    deadline_ms: int
    left: int = -1


class _Context:
    """As much of Lambda's context as Chalice reads."""

    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "simulated"


@dataclass
class Functions:
    """Every function of the template."""

    clockwork: Clockwork
    faults: Faults
    rng: random.Random
    # What a new process begins without.
    forget: Callable[[], None] = lambda: None
    invoked: int = 0
    # The last error that a machine was told of.
    last_error: str = ""
    handlers: dict[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    timeouts_ms: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the handlers that the app names, and their time."""
        from app import FUNCTIONS, app

        for name, path in FUNCTIONS.items():
            module, _, attribute = path.rpartition(".")
            self.handlers[name] = getattr(importlib.import_module(module), attribute)
        self.handlers[API] = app
        config = json.loads((ROOT / ".chalice" / "config.json").read_text())
        for name, each in config["lambda_functions"].items():
            self.timeouts_ms[name] = each["lambda_timeout"] * 1_000

    def breathe(self) -> None:
        """A moment between two calls of a function: time goes by, and it may be the last."""
        work = self.clockwork
        work.pause(self.rng.randint(*CALL_MS))
        strand = work.current
        run: Invocation | None = strand.invocation if strand else None
        if run is None:
            return
        if run.left == 0 or work.now_ms > run.deadline_ms:
            raise Killed
        run.left -= run.left > 0

    def start(self, name: str, event: Any, *, mortal: bool = True) -> Strand:
        """Begin an invocation; its strand's result is the function's."""
        self.invoked += 1
        now_ms = self.clockwork.now_ms
        # As it goes over the wire: what is no JSON fails here too.
        text = json.dumps(event)
        run = Invocation(name, now_ms + self.timeouts_ms[name])
        if mortal and self.faults.strikes("killed", now_ms):
            run.left = self.rng.randint(1, KILLED_AFTER_CALLS_MAX)

        def live() -> Any:
            answer = self.handlers[name](json.loads(text), _Context())
            return json.loads(json.dumps(answer))

        strand = self.clockwork.spawn(name, live)
        strand.invocation = run
        return strand

    def invoke(self, name: str, event: Any) -> Any:
        """Invoke and wait. Raises ``FunctionFailed``."""
        work = self.clockwork
        if self.faults.strikes("not_invoked", work.now_ms):
            raise FunctionFailed("Lambda.TooManyRequestsException", "Rate exceeded")
        strand = self.start(name, event)
        try:
            result = work.join(strand)
        except Killed:
            self.forget()
            # Nobody is told that a process is gone; the time runs out.
            work.pause_until(strand.invocation.deadline_ms)
            raise FunctionFailed("Sandbox.Timedout", f"{name} timed out") from None
        except Exception as error:
            self.last_error = f"{name} {event.get('step', '')}: {type(error).__name__}: {error}"
            told = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
            raise FunctionFailed(type(error).__name__, json.dumps(told, ensure_ascii=False)) from error
        if self.faults.strikes("answer_lost", work.now_ms):
            raise FunctionFailed("Lambda.SdkClientException", "Read timed out")
        return result
