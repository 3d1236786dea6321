"""What DynamoDB's expressions are made of: terms, tests and changes over an item as the wire carries it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]


class NotUnderstood(ValueError):
    """An expression that uses what is not made here."""


@dataclass(frozen=True)
class Given:
    """What an expression is taken over: an item (empty where there is none), names for ``#x``, values for ``:x``."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]


Term = Callable[[Given], Value | None]
Truth = Callable[[Given], bool]
Change = Callable[[Given, Item], object]

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def attribute(word: str) -> Callable[[Given], str]:
    """The name of an attribute of the first level. Raises ``NotUnderstood``."""

    if word.startswith("#"):
        return lambda given: given.names[word]
    if not word[0].isalpha():
        raise NotUnderstood(f"attribute {word!r}")
    return lambda _: word


def either(one: Truth, other: Truth) -> Truth:
    """``OR``."""

    return lambda given: one(given) or other(given)


def both(one: Truth, other: Truth) -> Truth:
    """``AND``."""

    return lambda given: one(given) and other(given)


def _comparable(value: Value) -> tuple[str, Any]:
    ((kind, content),) = value.items()
    return kind, Decimal(content) if kind == "N" else sorted(content) if kind in ("SS", "NS", "BS") else content


def comparison(one: Term, compare: Callable[[Any, Any], bool], other: Term) -> Truth:
    """One of ``COMPARE`` between values of one kind."""

    def truth(given: Given) -> bool:
        left, right = one(given), other(given)
        if left is None or right is None:
            return compare is COMPARE["<>"]  # what is not there differs from everything
        (kind, content), (other_kind, other_content) = _comparable(left), _comparable(right)
        return compare(content, other_content) if kind == other_kind else compare is COMPARE["<>"]

    return truth


def size_of(of: Term) -> Term:
    """``size(of)``."""

    def size(given: Given) -> Value | None:
        value = of(given)
        content = next(iter(value.values())) if value else None
        return {"N": str(len(content))} if isinstance(content, str | list | dict) else None

    return size


def _contains(whole: Term, part: Term) -> Truth:
    def truth(given: Given) -> bool:
        value, sought = whole(given), part(given)
        if value is None or sought is None:
            return False
        (kind, content), (sought_kind, sought_content) = _first(value), _first(sought)
        if kind == "L":
            return sought in content
        return kind in (sought_kind, f"{sought_kind}S") and sought_content in content

    return truth


def _begins(whole: Term, start: Term) -> Truth:
    def truth(given: Given) -> bool:
        value, sought = whole(given), start(given)
        return bool(value and sought and "S" in value and value["S"].startswith(sought["S"]))

    return truth


def _first(value: Value) -> tuple[str, Any]:
    return next(iter(value.items()))


TESTS: dict[str, Callable[..., Truth]] = {
    "attribute_exists": lambda of: lambda given: of(given) is not None,
    "attribute_not_exists": lambda of: lambda given: of(given) is None,
    "contains": _contains,
    "begins_with": _begins,
}


def _appended(one: Term, other: Term) -> Term:
    return lambda given: {"L": [*_list(one(given)), *_list(other(given))]}


def _list(value: Value | None) -> list[Value]:
    if value is None or "L" not in value:
        raise NotUnderstood("list_append of what is no list")
    content: list[Value] = value["L"]
    return content


def _present_or(one: Term, other: Term) -> Term:
    return lambda given: there if (there := one(given)) is not None else other(given)


MAKERS: dict[str, Callable[..., Term]] = {"list_append": _appended, "if_not_exists": _present_or}


def arithmetic(one: Term, sign: str, other: Term) -> Term:
    """``one + other`` or ``one - other``."""

    def term(given: Given) -> Value:
        left, right = one(given), other(given)
        if left is None or right is None or "N" not in left or "N" not in right:
            raise NotUnderstood("arithmetic on what is no number")
        by = Decimal(right["N"])
        return {"N": str(Decimal(left["N"]) + (by if sign == "+" else -by))}

    return term


def total(standing: Value | None, added: Value | None) -> Value:
    """``ADD``: a number more, or members of a set more."""

    if added is None:
        raise NotUnderstood("ADD of nothing")
    kind, content = _first(added)
    if kind == "N":
        return {"N": str(Decimal((standing or {"N": "0"})["N"]) + Decimal(content))}
    if kind not in ("SS", "NS"):
        raise NotUnderstood(f"ADD of {kind}")
    return {kind: sorted({*(standing or {kind: []})[kind], *content})}


def put(new: Item, name: str, value: Value | None) -> None:
    """``SET``."""

    if value is None:
        raise NotUnderstood(f"SET {name} to what is not there")
    new[name] = value


def between(one: Term, low: Term, high: Term) -> Truth:
    """``one BETWEEN low AND high``, both ends in it."""
    return both(comparison(one, COMPARE[">="], low), comparison(one, COMPARE["<="], high))


def one_of(one: Term, others: list[Term]) -> Truth:
    """``one IN (others)``."""
    tests = [comparison(one, COMPARE["="], other) for other in others]
    return lambda given: any(test(given) for test in tests)


def element(of: Term, number: int) -> Term:
    """``of[number]`` of a list."""

    def found(given: Given) -> Value | None:
        value = of(given)
        held: list[Value] = value["L"] if value and "L" in value else []
        return held[number] if number < len(held) else None

    return found


def without(new: Item, name: str, taken: Value | None) -> None:
    """``DELETE``: a set without some of its members; with none left there is no attribute any more."""
    if name not in new or taken is None:
        return
    kind, content = _first(taken)
    if kind not in new[name]:
        raise NotUnderstood(f"DELETE of {kind} from another kind")
    left = [each for each in new[name][kind] if each not in content]
    if left:
        new[name] = {kind: left}
    else:
        del new[name]
