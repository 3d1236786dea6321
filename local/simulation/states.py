"""The Amazon States Language, as much of it as ``state_machines/`` is written in; anything else fails loudly.

Source: Amazon States Language specification (https://states-language.net/spec.html) and the Step Functions Developer
Guide for ``lambda:invoke``, task tokens, ``startExecution.sync:2`` and Distributed Map.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chalicelib.kernel.clock import at_shanghai
from local.simulation.machines import Execution, Machines, StateFailed

_FORMAT = re.compile(r"States\.Format\('([^']*)'(.*)\)\Z")


@dataclass(frozen=True)
class Context:
    """What ``$$`` shows."""

    execution: Execution
    item: Any = None
    token: str = ""

    def at(self, path: str) -> Any:
        """What stands at ``$$.…``."""
        if path.startswith("$$.Map.Item.Value"):
            return at_path("$" + path.removeprefix("$$.Map.Item.Value"), self.item)
        arn = self.execution.arn
        known = {"$$.Task.Token": self.token, "$$.Execution.Id": arn, "$$.Execution.Name": arn.partition(":")[2]}
        return known[path]


def run_machine(machines: Machines, execution: Execution, definition: dict[str, Any]) -> Any:
    """Run an execution to its end; its output. Raises ``StateFailed``."""
    return _Run(machines, execution).walk(definition, copy.deepcopy(execution.given), Context(execution))


@dataclass
class _Run:
    machines: Machines
    execution: Execution

    def walk(self, machine: dict[str, Any], data: Any, context: Context) -> Any:
        name: str | None = machine["StartAt"]
        while name is not None:
            state = machine["States"][name]
            try:
                data, name = self._enter(state, data, context)
            except StateFailed as failed:
                catch = _matching(state.get("Catch", ()), failed)
                if catch is None:
                    raise
                told = {"Error": failed.error, "Cause": failed.cause}
                data, name = _with_result(data, catch.get("ResultPath", "$"), told), catch["Next"]
        return data

    def _enter(self, state: dict[str, Any], data: Any, context: Context) -> tuple[Any, str | None]:
        work = self.machines.clockwork
        match state["Type"]:
            case "Succeed":
                return data, None
            case "Fail":
                raise StateFailed(state["Error"], state["Cause"])
            case "Wait":
                until = at_shanghai(at_path(state["TimestampPath"], data)) if "TimestampPath" in state else 0
                work.pause_until(until or work.now_ms + state["Seconds"] * 1_000)
                return data, state.get("Next")
            case "Choice":
                return data, next((c["Next"] for c in state["Choices"] if holds(c, data)), state.get("Default"))
            case "Pass" | "Task" | "Map" | "Parallel":
                made = self._made(state, data, context)
                return _with_result(data, state.get("ResultPath", "$"), made), state.get("Next")
        raise NotImplementedError(state["Type"])

    def _made(self, state: dict[str, Any], data: Any, context: Context) -> Any:
        seen = at_path(state.get("InputPath", "$"), data)
        act: Callable[[], Any]
        match state["Type"]:
            case "Pass":
                return filled(state["Parameters"], seen, context) if "Parameters" in state else seen
            case "Task":
                act = lambda: self._task(state, seen, context)  # noqa: E731 (one of three)
            case "Map":
                act = lambda: self._map(state, seen, context)  # noqa: E731
            case _:
                act = lambda: self._parallel(state, seen, context)  # noqa: E731
        result = self._retried(state, act)
        return filled(state["ResultSelector"], result, context) if "ResultSelector" in state else result

    def _retried(self, state: dict[str, Any], act: Callable[[], Any]) -> Any:
        tried = [0] * len(state.get("Retry", ()))
        while True:
            try:
                return act()
            except StateFailed as failed:
                retry = _matching(state.get("Retry", ()), failed)
                if retry is None:
                    raise
                place = state["Retry"].index(retry)
                if tried[place] >= retry.get("MaxAttempts", 3):
                    raise
                pause_s = retry.get("IntervalSeconds", 1) * retry.get("BackoffRate", 2.0) ** tried[place]
                pause_s = min(pause_s, retry.get("MaxDelaySeconds", pause_s))
                if retry.get("JitterStrategy") == "FULL":
                    pause_s *= self.machines.rng.random()
                tried[place] += 1
                self.machines.clockwork.pause(pause_s * 1_000)

    def _task(self, state: dict[str, Any], data: Any, context: Context) -> Any:
        service, _, action = state["Resource"].rpartition(":::")[2].partition(":")
        waits = action.endswith(".waitForTaskToken")
        if waits:
            context = replace(context, token=self.machines.new_token())
        asked = filled(state["Parameters"], data, context)
        match service, action.partition(".")[0]:
            case "lambda", "invoke":
                name = asked["FunctionName"].removesuffix("Aliaslive").lower()
                return self._invoked(state, name, asked["Payload"], context.token)
            case "states", "startExecution":
                return self._started(asked, sync=action.endswith(".sync:2"))
            case "sqs", "sendMessage":
                self.machines.send(asked["QueueUrl"], json.dumps(asked["MessageBody"]))
                return {}
        raise NotImplementedError(state["Resource"])

    def _invoked(self, state: dict[str, Any], name: str, payload: Any, token: str) -> Any:
        try:
            told = self.machines.invoke(name, payload)
        except StateFailed:
            self.machines.drop_token(token)
            raise
        if not token:
            return {"Payload": told, "StatusCode": 200}
        return self.machines.await_token(token, state.get("TimeoutSeconds", 0))

    def _started(self, asked: dict[str, Any], *, sync: bool) -> Any:
        child = self.machines.start(asked["StateMachineArn"], asked["Name"], asked["Input"])
        if child is None:
            raise StateFailed("StepFunctions.ExecutionAlreadyExistsException", "Execution Already Exists")
        if not sync:
            return {"ExecutionArn": child.arn}
        self.execution.children.append(child)
        return {"Output": self.machines.wait_for(child), "Status": child.status}

    def _map(self, state: dict[str, Any], data: Any, context: Context) -> list[Any]:
        if "ItemReader" in state:
            place = filled(state["ItemReader"]["Parameters"], data, context)
            items = json.loads(self.machines.read_file(place["Bucket"], place["Key"]))
        else:
            items = at_path(state["ItemsPath"], data)
        inner = [replace(context, item=item) for item in items]
        bodies = [partial(self._item, state, data, each) for each in inner]
        return self._side_by_side(bodies, state.get("MaxConcurrency") or len(bodies))

    def _item(self, state: dict[str, Any], data: Any, context: Context) -> Any:
        given = filled(state["ItemSelector"], data, context) if "ItemSelector" in state else context.item
        return self.walk(state["ItemProcessor"], given, context)

    def _parallel(self, state: dict[str, Any], data: Any, context: Context) -> list[Any]:
        bodies = [partial(self.walk, branch, copy.deepcopy(data), context) for branch in state["Branches"]]
        return self._side_by_side(bodies, len(bodies))

    def _side_by_side(self, bodies: Sequence[Callable[[], Any]], most: int) -> list[Any]:
        """Run all, so many at once; the first failure ends the others."""
        work, left = self.machines.clockwork, list(enumerate(bodies))
        results: dict[int, Any] = {}
        failures: list[StateFailed] = []
        here = work.current
        told: list[bool] = []

        def worker() -> None:
            try:
                while left and not failures:
                    place, body = left.pop(0)
                    results[place] = body()
            except StateFailed as failed:
                failures.append(failed)
            if here is not None and not told and (failures or len(results) == len(bodies)):
                told.append(True)
                work.wake(here)

        if not bodies:
            return []
        strands = [work.spawn(self.execution.arn, worker) for _ in range(min(most, len(bodies)))]
        self.execution.strands += strands
        work.park()
        if failures:
            for strand in strands:
                work.end(strand)
            raise failures[0]
        return [results[place] for place in range(len(bodies))]


def _matching(rules: Iterable[dict[str, Any]], failed: StateFailed) -> dict[str, Any] | None:
    for rule in rules:
        named = rule["ErrorEquals"]
        task = "States.TaskFailed" in named and failed.error != "States.Timeout"
        if failed.error in named or "States.ALL" in named or task:
            return rule
    return None


def holds(choice: dict[str, Any], data: Any) -> bool:
    """Whether a choice's condition holds."""
    if "And" in choice:
        return all(holds(each, data) for each in choice["And"])
    found = at_path(choice["Variable"], data)
    if "StringEquals" in choice:
        return bool(found == choice["StringEquals"])
    if "BooleanEquals" in choice:
        return found is choice["BooleanEquals"]
    return bool(found > choice["NumericGreaterThan"])


def filled(template: Any, data: Any, context: Context) -> Any:
    """A payload template with its paths and functions put in."""
    if isinstance(template, list):
        return [filled(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): _value(value, data, context) if key.endswith(".$") else filled(value, data, context)
        for key, value in template.items()
    }


def _value(text: str, data: Any, context: Context) -> Any:
    if text.startswith("$$"):
        return context.at(text)
    if text.startswith("$"):
        return copy.deepcopy(at_path(text, data))
    found = _FORMAT.match(text)
    if found is None:
        raise NotImplementedError(text)
    given = [_value(part.strip(), data, context) for part in found[2].split(",") if part.strip()]
    return found[1].format(*given)


def at_path(path: str, data: Any) -> Any:
    """What stands at a reference path. Raises ``StateFailed`` (``States.Runtime``)."""
    found = data
    for name in path.removeprefix("$").strip(".").split("."):
        if not name:
            continue
        if not isinstance(found, dict) or name not in found:
            raise StateFailed("States.Runtime", f"{path} is not there")
        found = found[name]
    return found


def _with_result(data: Any, path: str | None, result: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return result
    made = dict(data)
    *above, last = path.removeprefix("$.").split(".")
    inner = made
    for name in above:
        inner[name] = dict(inner.get(name, {}))
        inner = inner[name]
    inner[last] = result
    return made
