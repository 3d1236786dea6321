"""DynamoDB's condition and update expressions over items as the wire carries them, compiled once a text.

As much of the language as the hub writes: comparisons, BETWEEN, IN, AND, OR, NOT, the functions and the clauses below,
attributes of the first level and elements of a list. Anything else raises ``NotUnderstood``: an answer that is not
DynamoDB's would make a load test or a simulation lie. Source: DynamoDB Developer Guide, "Expressions";
``tests/load/test_endpoint_answers.py`` and ``tests/simulation/test_store.py`` hold it to another implementation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from local.load.terms import (
    COMPARE,
    MAKERS,
    TESTS,
    Change,
    Given,
    Item,
    NotUnderstood,
    Term,
    Truth,
    arithmetic,
    attribute,
    between,
    both,
    comparison,
    either,
    element,
    one_of,
    put,
    size_of,
    total,
    without,
)

__all__ = ["Given", "Item", "NotUnderstood", "condition", "update"]

_TOKEN = re.compile(r"\s*(:\w+|#\w+|\w+|<>|<=|>=|[=<>(),+\-\[\]])")
_CLAUSES = ("SET", "ADD", "REMOVE", "DELETE")


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
            truth = either(truth, self._conjunction())
        return truth

    def _conjunction(self) -> Truth:
        truth = self._negation()
        while self._next_is("AND"):
            self.take()
            truth = both(truth, self._negation())
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
        if self.left and self.left[-1] in TESTS:
            return TESTS[self.take()](*self._terms())
        one, sign = self._operand(), self.take()
        if sign.upper() == "BETWEEN":
            low = self._operand()
            if not self._next_is("AND"):
                raise NotUnderstood("BETWEEN without AND")
            self.take()
            return between(one, low, self._operand())
        if sign.upper() == "IN":
            return one_of(one, self._terms())
        other = self._operand()
        if sign not in COMPARE:
            raise NotUnderstood(f"comparison {sign!r}")
        return comparison(one, COMPARE[sign], other)

    def _operand(self) -> Term:
        if self._next_is("SIZE"):
            self.take()
            return size_of(*self._terms())
        return self._plain()

    def _plain(self) -> Term:
        word = self.take()
        if word.startswith(":"):
            return lambda given: given.values[word]
        name = attribute(word)
        term: Term = lambda given: given.item.get(name(given))  # noqa: E731 (one of many)
        while self._next_is("["):
            self.take("[")
            term = element(term, int(self.take()))
            self.take("]")
        return term

    def _terms(self) -> list[Term]:
        self.take("(")
        terms = [self._value()]
        while self._next_is(","):
            self.take(",")
            terms.append(self._value())
        self.take(")")
        return terms

    def _value(self) -> Term:
        if self.left and self.left[-1] in MAKERS:
            return MAKERS[self.take()](*self._terms())
        return self._plain()

    def change(self, clause: str) -> Change:
        name = attribute(self.take())
        if clause == "REMOVE":
            return lambda given, new: new.pop(name(given), None)
        if clause == "DELETE":
            taken = self._plain()
            return lambda given, new: without(new, name(given), taken(given))
        if clause == "ADD":
            added = self._plain()
            return lambda given, new: put(new, name(given), total(given.item.get(name(given)), added(given)))
        self.take("=")
        made = self._value()
        if self.left and self.left[-1] in "+-":
            made = arithmetic(made, self.take(), self._value())
        return lambda given, new: put(new, name(given), made(given))
