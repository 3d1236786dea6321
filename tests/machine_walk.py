"""Walks a state machine's definition step by step in this process, and what its states pass on.

As much of the language as the machines here are written in; a state that asks for more fails. Nothing sleeps: what
would be waited for is told.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

# (function, event) -> what it returns; what it raises is an error by the name of its class.
Invoke = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True)
class Around:
    """What a machine reaches beside functions: other services, a Map's items in S3, and time."""

    service: Callable[[str, dict[str, Any]], Any] = lambda name, given: None
    items: Callable[[str, str], Iterable[Any]] = lambda bucket, key: ()
    wait_until: Callable[[str], None] = lambda instant: None
    wait_for: Callable[[float], None] = lambda seconds: None
    visited: list[str] = field(default_factory=list)


def walk(machine: dict[str, Any], given: dict[str, Any], invoke: Invoke, around: Around | None = None) -> str:
    """Run a machine to its end; returns the name of the state that it ended in."""
    around = around or Around()
    standing, name = copy.deepcopy(given), machine["StartAt"]
    while True:
        state = machine["States"][name]
        around.visited.append(name)
        try:
            following = _step(name, state, standing, invoke, around)
        except Exception as error:
            caught = next((each for each in state.get("Catch", ()) if _names(each, error)), None)
            if caught is None:
                raise
            # As Lambda tells of what a function raised
            _put(caught.get("ResultPath"), standing, {"Error": type(error).__name__, "Cause": str(error)})
            name = caught["Next"]
            continue
        if following is None:
            return name
        name = following


def _step(name: str, state: dict[str, Any], standing: dict[str, Any], invoke: Invoke, around: Around) -> str | None:
    """One state; the next one's name, ``None`` at the end."""
    match state["Type"]:
        case "Succeed" | "Fail":
            return None
        case "Choice":
            return str(next((one["Next"] for one in state["Choices"] if _holds(one, standing)), state["Default"]))
        case "Pass":
            _keep(state, standing, _filled(state["Parameters"], _at(state.get("InputPath", "$"), standing)))
        case "Wait":
            around.wait_until(_at(state["TimestampPath"], standing))
        case "Task":
            _keep(state, standing, _tried(state, standing, invoke, around))
        case "Map":
            for item in _items(state, standing, around):
                selected = _filled(state["ItemSelector"], {**standing, "$item": item})
                walk(state["ItemProcessor"], selected, invoke, around)
            assert state["ResultPath"] is None
        case other:
            raise AssertionError(f"{name}: nobody walks a {other} here")
    return None if state.get("End") else str(state["Next"])


def _tried(state: dict[str, Any], standing: dict[str, Any], invoke: Invoke, around: Around) -> Any:
    """A task's result, tried again as the state says."""
    parameters, tries = _filled(state["Parameters"], standing), dict.fromkeys(range(len(state.get("Retry", ()))), 0)
    while True:
        try:
            if "lambda:invoke" not in state["Resource"]:
                return around.service(state["Resource"].rpartition(":::")[2], parameters)
            result = invoke(parameters["FunctionName"], parameters["Payload"])
        except Exception as error:
            number = next((n for n, each in enumerate(state.get("Retry", ())) if _names(each, error)), None)
            if number is None or tries[number] >= state["Retry"][number]["MaxAttempts"]:
                raise
            how = state["Retry"][number]
            seconds = how["IntervalSeconds"] * how["BackoffRate"] ** tries[number]
            around.wait_for(min(seconds, how.get("MaxDelaySeconds", seconds)))
            tries[number] += 1
        else:
            return result if state["Resource"].endswith(".waitForTaskToken") else {"Payload": result}


def _items(state: dict[str, Any], standing: dict[str, Any], around: Around) -> Iterable[Any]:
    if "ItemReader" not in state:
        return _at(state["ItemsPath"], standing) or ()
    where = _filled(state["ItemReader"]["Parameters"], standing)
    return around.items(where["Bucket"], where["Key"])


def _names(each: dict[str, Any], error: Exception) -> bool:
    return bool({"States.ALL", type(error).__name__} & set(each["ErrorEquals"]))


def _holds(choice: dict[str, Any], standing: dict[str, Any]) -> bool:
    found = _at(choice["Variable"], standing)
    (compared,) = choice.keys() - {"Variable", "Next"}
    match compared:
        case "BooleanEquals":
            return found is choice[compared]
        case "StringEquals":
            return bool(found == choice[compared])
    raise AssertionError(f"nobody compares by {compared} here")


def _keep(state: dict[str, Any], standing: dict[str, Any], result: Any) -> None:
    _put(
        state["ResultPath"], standing, _filled(state["ResultSelector"], result) if "ResultSelector" in state else result
    )


def _put(path: str | None, standing: dict[str, Any], result: Any) -> None:
    if path is None:
        return
    where = path.removeprefix("$.")
    assert "." not in where
    standing[where] = result


def _filled(template: Any, standing: dict[str, Any]) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): _at(value, standing) if key.endswith(".$") else _filled(value, standing)
        for key, value in template.items()
    }


def _at(path: str, standing: dict[str, Any]) -> Any:
    if path.startswith("States.Format("):
        text, *names = re.fullmatch(r"States\.Format\('([^']*)', (.+)\)", path).groups()  # type: ignore[union-attr]
        return text.format(*(_at(name, standing) for name in names[0].split(", ")))
    if path == "$$.Task.Token":
        return "token"
    found: Any = standing
    if path.startswith("$$.Map.Item.Value"):
        path, found = path.removeprefix("$$.Map.Item.Value"), standing["$item"]
    for name in path.removeprefix("$").strip(".").split("."):
        found = found[name] if name else found
    return found
