"""Walks a state machine's definition step by step in this process: tasks, maps, choices, and what they pass on.

As much of the language as the month's end is written in; a state that asks for more fails. Retries and catches are
left to the machines on the embedded AWS.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Invoke = Callable[[str, dict[str, Any]], Any]


def walk(machine: dict[str, Any], given: dict[str, Any], invoke: Invoke) -> str:
    """Run a machine to its end; returns the name of the state that it ended in."""
    standing, name = copy.deepcopy(given), machine["StartAt"]
    while True:
        state = machine["States"][name]
        match state["Type"]:
            case "Succeed" | "Fail":
                return name
            case "Choice":
                name = next((one["Next"] for one in state["Choices"] if _holds(one, standing)), state["Default"])
                continue
            case "Task":
                parameters = _filled(state["Parameters"], standing)
                _keep(state, standing, {"Payload": invoke(parameters["FunctionName"], parameters["Payload"])})
            case "Map":
                for item in _at(state["ItemsPath"], standing):
                    selected = _filled(state["ItemSelector"], {**standing, "$item": item})
                    walk(state["ItemProcessor"], selected, invoke)
                assert state["ResultPath"] is None
            case other:
                raise AssertionError(f"{name}: nobody walks a {other} here")
        if state.get("End"):
            return name
        name = state["Next"]


def _holds(choice: dict[str, Any], standing: dict[str, Any]) -> bool:
    return bool(_at(choice["Variable"], standing) is choice["BooleanEquals"])


def _keep(state: dict[str, Any], standing: dict[str, Any], result: dict[str, Any]) -> None:
    if state["ResultPath"] is None:
        return
    where = state["ResultPath"].removeprefix("$.")
    assert "." not in where
    standing[where] = _filled(state["ResultSelector"], result)


def _filled(template: Any, standing: dict[str, Any]) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): _at(value, standing) if key.endswith(".$") else _filled(value, standing)
        for key, value in template.items()
    }


def _at(path: str, standing: dict[str, Any]) -> Any:
    found: Any = standing
    if path.startswith("$$.Map.Item.Value"):
        path, found = path.removeprefix("$$.Map.Item.Value"), standing["$item"]
    for name in path.removeprefix("$").strip(".").split("."):
        found = found[name] if name else found
    return found
