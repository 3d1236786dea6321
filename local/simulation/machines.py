"""Step Functions in virtual time: executions of the deployed definitions, by name, with their tokens and children."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local.package import machine_definitions
from local.simulation.clockwork import Clockwork, Killed, Strand
from local.simulation.functions import FunctionFailed, Functions

RUNNING, SUCCEEDED, FAILED, ABORTED = "RUNNING", "SUCCEEDED", "FAILED", "ABORTED"


class StateFailed(Exception):
    """A state that failed, by the error's name and its cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause[:300]}")
        self.error = error
        self.cause = cause


@dataclass
class Execution:
    """One run of a machine."""

    machine: str
    name: str
    given: Any
    status: str = RUNNING
    error: str = ""
    cause: str = ""
    strand: Strand | None = None
    children: list[Execution] = field(default_factory=list)
    # Every strand of it: its Maps and Parallels run in strands of their own.
    strands: list[Strand] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """Its name among all machines'."""
        return f"{self.machine}:{self.name}"

    def described(self) -> str:
        """What a parent is told of a child that failed."""
        return json.dumps({"Error": self.error, "Cause": self.cause, "Name": self.name, "Status": self.status})


@dataclass
class Waiting:
    """A task that waits for its token's answer."""

    strand: Strand
    answer: Any = None
    answered: bool = False
    parked: bool = False


# What runs an execution: handed the definition, it returns the output or raises ``StateFailed``.
Interpret = Callable[["Machines", Execution, dict[str, Any]], Any]


@cache
def definitions() -> dict[str, Any]:
    """As they are deployed, each ``${Name}`` standing for itself."""
    text = json.dumps(machine_definitions())
    named = re.sub(r"\$\{(\w+)\}", lambda name: "aws-cn" if name[1] == "Partition" else name[1], text)
    found: dict[str, Any] = json.loads(named)
    return found


@dataclass
class Machines:
    """Every machine of the template. ``ended`` is told of each execution that comes to its end."""

    clockwork: Clockwork
    functions: Functions
    rng: random.Random
    interpret: Interpret
    send: Callable[[str, str], None]
    read_file: Callable[[str, str], bytes]
    ended: Callable[[Execution], None] = lambda _execution: None
    # Told of each task: function, payload. An approver sees there that somebody waits for a word.
    tasked: Callable[[str, Any], None] = lambda _name, _payload: None
    executions: dict[str, Execution] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=definitions)
    _tokens: dict[str, Waiting] = field(default_factory=dict)
    _numbers: int = 0

    def start(self, machine: str, name: str, given: Any) -> Execution | None:
        """Start a machine under a name; ``None`` where that name was used. The same input while it runs is a yes."""
        known = self.executions.get(f"{machine}:{name}")
        if known is not None:
            return known if known.status == RUNNING and known.given == given else None
        execution = self.executions[f"{machine}:{name}"] = Execution(machine, name, given)
        execution.strand = self.clockwork.spawn(execution.arn, lambda: self._live(execution))
        return execution

    def _live(self, execution: Execution) -> Any:
        output = None
        try:
            output = self.interpret(self, execution, self.known[execution.machine])
            execution.status = SUCCEEDED
        except StateFailed as failed:
            execution.status, execution.error, execution.cause = FAILED, failed.error, failed.cause
        except Killed:
            execution.status = ABORTED
        self.ended(execution)
        return output

    def abort(self, execution: Execution) -> None:
        """End an execution where it stands, and those that it waits for; what its functions do just now they finish."""
        if execution.status != RUNNING:
            return
        execution.status = ABORTED
        for child in execution.children:
            self.abort(child)
        for strand in [execution.strand, *execution.strands]:
            if strand is not None:
                self.clockwork.end(strand)

    def wait_for(self, execution: Execution) -> Any:
        """Wait for a child. Raises ``StateFailed`` as a parent is told."""
        if execution.strand is None:
            raise RuntimeError(f"{execution.arn} was never started")
        output = self.clockwork.join(execution.strand)
        if execution.status != SUCCEEDED:
            raise StateFailed("States.TaskFailed", execution.described())
        return output

    def invoke(self, name: str, payload: Any) -> Any:
        """Call a function. Raises ``StateFailed``."""
        self.tasked(name, payload)
        try:
            return self.functions.invoke(name, payload)
        except FunctionFailed as failed:
            raise StateFailed(failed.error, failed.cause) from None

    def new_token(self) -> str:
        """A token for the task of the strand that runs."""
        self._numbers += 1
        strand = self.clockwork.current
        if strand is None:
            raise RuntimeError("only a machine's strand waits for a token")
        self._tokens[f"token-{self._numbers:06d}"] = Waiting(strand)
        return f"token-{self._numbers:06d}"

    def await_token(self, token: str, timeout_s: int) -> Any:
        """Wait for the answer. Raises ``StateFailed`` (``States.Timeout``)."""
        waiting = self._tokens[token]
        if not waiting.answered:
            waiting.parked = True
            if timeout_s:
                self.clockwork.after(timeout_s * 1_000, lambda: self._run_out(token))
            self.clockwork.park()
        self._tokens.pop(token, None)
        if not waiting.answered:
            raise StateFailed("States.Timeout", "")
        return waiting.answer

    def drop_token(self, token: str) -> None:
        """Nobody waits for it any more: its task failed."""
        self._tokens.pop(token, None)

    def _run_out(self, token: str) -> None:
        waiting = self._tokens.get(token)
        if waiting is not None and not waiting.answered and not waiting.strand.ended:
            waiting.strand.switch()

    def answer(self, token: str, output: Any) -> bool:
        """Give a task its answer; ``False`` where nobody waits."""
        waiting = self._tokens.get(token)
        if waiting is None or waiting.answered or waiting.strand.ended:
            return False
        waiting.answer, waiting.answered = output, True
        if waiting.parked:
            self.clockwork.wake(waiting.strand)
        return True
