"""DynamoDB's condition and update expressions over items as the wire carries them, compiled once a text.

As much of the language as the hub writes: comparisons, AND, OR, NOT, the functions and the clauses below, attributes of
the first level. Anything else raises ``NotUnderstood``: an answer that is not DynamoDB's would make a load test lie.
Source: DynamoDB Developer Guide, "Expressions"; ``tests/load/test_expressions.py`` holds it to another implementation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]

_TOKEN = re.compile(r"\s*(:\w+|#\w+|\w+|<>|<=|>=|[=<>(),+-])")
_CLAUSES = ("SET", "ADD", "REMOVE")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


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


@lru_cache(maxsize=256)
def condition(text: str) -> Truth:
    """A condition, filter or key condition. Raises ``NotUnderstood``."""
    reader = _Reader(_tokens(text))
    truth = reader.disjunction()
    reader.end()
    return truth


@lru_cache(maxsize=256)
def update(text: str) -> Callable[[Given], Item]:
    """An update: the item as it is afterwards, its old content not touched. Raises ``NotUnderstood``."""
    reader = _Reader(_tokens(text))
    changes: list[Change] = []
    while reader.left:
        clause = reader.take()
        if clause not in _CLAUSES:
            raise NotUnderstood(f"clause {clause!r}")
        changes.append(reader.change(clause))
        while reader.left and reader.left[-1] == ",":
            reader.take(",")
            changes.append(reader.change(clause))

    def changed(given: Given) -> Item:
        new = dict(given.item)
        for change in changes:
            change(given, new)
        return new

    return changed


def _tokens(text: str) -> list[str]:
    """The tokens, last first."""
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise NotUnderstood(f"{text[at:]!r} in {text!r}")
        found.append(token[1])
        at = token.end()
    return found[::-1]


@dataclass
class _Reader:
    left: list[str] = field(default_factory=list)

    def take(self, wanted: str = "") -> str:
        if not self.left or (wanted and self.left[-1] != wanted):
            raise NotUnderstood(f"{self.left[-1] if self.left else 'the end'!r} where {wanted or 'more'!r} is due")
        return self.left.pop()

    def end(self) -> None:
        if self.left:
            raise NotUnderstood(f"{self.left[-1]!r} after the end")

    def _next_is(self, word: str) -> bool:
        return bool(self.left) and self.left[-1].upper() == word

    def disjunction(self) -> Truth:
        truth = self._conjunction()
        while self._next_is("OR"):
            self.take()
            truth = _either(truth, self._conjunction())
        return truth

    def _conjunction(self) -> Truth:
        truth = self._negation()
        while self._next_is("AND"):
            self.take()
            truth = _both(truth, self._negation())
        return truth

    def _negation(self) -> Truth:
        if self._next_is("NOT"):
            self.take()
            denied = self._negation()
            return lambda given: not denied(given)
        if self._next_is("("):
            self.take("(")
            truth = self.disjunction()
            self.take(")")
            return truth
        if self.left and self.left[-1] in _TESTS:
            return _TESTS[self.take()](*self._terms())
        one, sign, other = self._operand(), self.take(), self._operand()
        if sign not in _COMPARE:
            raise NotUnderstood(f"comparison {sign!r}")
        return _comparison(one, _COMPARE[sign], other)

    def _operand(self) -> Term:
        if self._next_is("SIZE"):
            self.take()
            return _size(*self._terms())
        return self._plain()

    def _plain(self) -> Term:
        word = self.take()
        if word.startswith(":"):
            return lambda given: given.values[word]
        name = _attribute(word)
        return lambda given: given.item.get(name(given))

    def _terms(self) -> list[Term]:
        self.take("(")
        terms = [self._value()]
        while self._next_is(","):
            self.take(",")
            terms.append(self._value())
        self.take(")")
        return terms

    def _value(self) -> Term:
        if self.left and self.left[-1] in _MAKERS:
            return _MAKERS[self.take()](*self._terms())
        return self._plain()

    def change(self, clause: str) -> Change:
        name = _attribute(self.take())
        if clause == "REMOVE":
            return lambda given, new: new.pop(name(given), None)
        if clause == "ADD":
            added = self._plain()
            return lambda given, new: _put(new, name(given), _sum(given.item.get(name(given)), added(given)))
        self.take("=")
        made = self._value()
        if self.left and self.left[-1] in "+-":
            made = _arithmetic(made, self.take(), self._value())
        return lambda given, new: _put(new, name(given), made(given))


def _attribute(word: str) -> Callable[[Given], str]:
    if word.startswith("#"):
        return lambda given: given.names[word]
    if not word[0].isalpha():
        raise NotUnderstood(f"attribute {word!r}")
    return lambda _: word


def _either(one: Truth, other: Truth) -> Truth:
    return lambda given: one(given) or other(given)


def _both(one: Truth, other: Truth) -> Truth:
    return lambda given: one(given) and other(given)


def _comparable(value: Value) -> tuple[str, Any]:
    ((kind, content),) = value.items()
    return kind, Decimal(content) if kind == "N" else sorted(content) if kind in ("SS", "NS", "BS") else content


def _comparison(one: Term, compare: Callable[[Any, Any], bool], other: Term) -> Truth:
    def truth(given: Given) -> bool:
        left, right = one(given), other(given)
        if left is None or right is None:
            return compare is _COMPARE["<>"]  # what is not there differs from everything
        (kind, content), (other_kind, other_content) = _comparable(left), _comparable(right)
        return compare(content, other_content) if kind == other_kind else compare is _COMPARE["<>"]

    return truth


def _size(of: Term) -> Term:
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


_TESTS: dict[str, Callable[..., Truth]] = {
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


_MAKERS: dict[str, Callable[..., Term]] = {"list_append": _appended, "if_not_exists": _present_or}


def _arithmetic(one: Term, sign: str, other: Term) -> Term:
    def term(given: Given) -> Value:
        left, right = one(given), other(given)
        if left is None or right is None or "N" not in left or "N" not in right:
            raise NotUnderstood("arithmetic on what is no number")
        by = Decimal(right["N"])
        return {"N": str(Decimal(left["N"]) + (by if sign == "+" else -by))}

    return term


def _sum(standing: Value | None, added: Value | None) -> Value:
    if added is None:
        raise NotUnderstood("ADD of nothing")
    kind, content = _first(added)
    if kind == "N":
        return {"N": str(Decimal((standing or {"N": "0"})["N"]) + Decimal(content))}
    if kind not in ("SS", "NS"):
        raise NotUnderstood(f"ADD of {kind}")
    return {kind: sorted({*(standing or {kind: []})[kind], *content})}


def _put(new: Item, name: str, value: Value | None) -> None:
    if value is None:
        raise NotUnderstood(f"SET {name} to what is not there")
    new[name] = value
