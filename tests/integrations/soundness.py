"""Whether what a codec accepted is what its records promise: each field of its type, and fit to be stored and shown."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import HubError

# DynamoDB keeps 38 digits of a number; no amount and no count has half as many.
NUMBER_MAX = 10**18
FOUND_CHARACTERS_MAX = 200

_hints = cache(get_type_hints)


def faults(value: Any, hint: Any = Any, where: str = "") -> Iterator[str]:
    """What is wrong with a value, and with what it is made of."""
    if isinstance(value, str):
        yield from _text_faults(value, where)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _number_faults(value, where)
    if not _is(value, hint):
        yield f"{where} is a {type(value).__name__}, where {hint} is promised"
        return
    if is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from faults(getattr(value, each.name), _hints(type(value))[each.name], f"{where}.{each.name}")
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name in value._fields:
            yield from faults(getattr(value, name), _hints(type(value))[name], f"{where}.{name}")
    elif isinstance(value, tuple | list | frozenset):
        inner = [each for each in get_args(hint) if each is not Ellipsis]
        for number, each in enumerate(value):
            yield from faults(each, inner[0] if len(inner) == 1 else Any, f"{where}[{number}]")
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from faults(each, Any, f"{where}[{name!r}]")


def refusal_faults(error: HubError) -> Iterator[str]:
    """What is wrong with a refusal: it is stored, logged and shown too."""
    yield from _text_faults(error.message, "message")
    for problem in error.problems:
        for name in ("field", "found", "remedy"):
            text = getattr(problem, name)
            yield from _text_faults(text, f"problem.{name}")
        if len(problem.found) > FOUND_CHARACTERS_MAX:
            yield f"problem.found has {len(problem.found)} characters"


def _text_faults(text: str, where: str) -> Iterator[str]:
    try:
        text.encode()
    except UnicodeEncodeError:
        yield f"{where} can't be written in UTF-8: {text[:40]!a}"


def _number_faults(number: int, where: str) -> Iterator[str]:
    if abs(number) > NUMBER_MAX:
        yield f"{where} has {len(str(abs(number)))} digits"
    elif where.endswith("_ms"):
        try:
            from_ms(number)
        except (OverflowError, ValueError):
            yield f"{where} is no instant: {number}"


def _is(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_is(value, each) for each in get_args(hint))
    kind = origin or hint
    if kind is None or kind is type(None):
        return value is None
    if kind is int:
        return type(value) is int
    if kind is date:
        return type(value) is date
    if isinstance(kind, type) and (issubclass(kind, Enum | str | bytes | bool | tuple) or is_dataclass(kind)):
        return isinstance(value, kind)
    return True
