"""Whoever changes something through an operator's door is on the audit trail, and an entry stays as it was written."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from app import app
from chalicelib.kernel.errors import Conflict, InvalidInput
from chalicelib.periods import audit
from chalicelib.periods.audit import SIGN_INS, Act, Actor, ActRecord, note_alone, trail
from tests.api.test_roles import OPERATORS

# They answer, and keep nothing.
KEEP_NOTHING = {"POST /plan-drafts", "POST /periods/{period}/campaigns/{name}/dry-run"}
CHANGING = sorted(door for door in OPERATORS if not door.startswith("GET ") and door not in KEEP_NOTHING)
AT_MS = 1_790_000_000_000
WANG = Actor("wang", ("planner",), AT_MS)


def names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names(inner)


def called(function: FunctionType) -> Iterator[FunctionType]:
    """The hub's functions that a function names, by itself or as a module's."""
    mentioned = list(names(function.__code__))
    known = [function.__globals__[name] for name in mentioned if name in function.__globals__]
    modules = [each for each in known if isinstance(each, ModuleType) and each.__name__.startswith("chalicelib.")]
    known += [getattr(module, name) for module in modules for name in mentioned if hasattr(module, name)]
    for each in known:
        if isinstance(each, FunctionType) and each.__module__.startswith("chalicelib."):
            yield each


def reaches(view: Any, target: FunctionType) -> bool:
    seen: set[FunctionType] = set()
    open_ends = [inspect.unwrap(view)]
    while open_ends:
        function = open_ends.pop()
        if function is target:
            return True
        if function not in seen:
            seen.add(function)
            open_ends += called(function)
    return False


def view_of(door: str) -> Any:
    method, _, path = door.partition(" ")
    return app.routes[path][method].view_function


@pytest.mark.parametrize("door", CHANGING)
def test_each_door_that_changes_something_comes_to_the_trail(door: str) -> None:
    assert reaches(view_of(door), audit.note)  # type: ignore[arg-type]


@pytest.mark.parametrize("door", sorted(set(OPERATORS) - set(CHANGING)))
def test_and_none_that_only_answers_does(door: str) -> None:
    # So that the test above can fail
    assert not reaches(view_of(door), audit.note)  # type: ignore[arg-type]


def test_an_entry_is_never_written_over(aws: None) -> None:
    act = Act("plan.draft", "2026-03", {}, {"version": 1})
    note_alone(WANG, act)
    standing = ActRecord.query("2026-09").next().attribute_values
    # When the same act is put there again, or another at the same moment
    with pytest.raises(Conflict):
        note_alone(WANG, act)
    note_alone(WANG, Act("plan.draft", "2026-03", {}, {"version": 2}))
    # Then the first stands as it did, and the second beside it
    kept = [each.attribute_values for each in ActRecord.query("2026-09")]
    assert standing in kept
    assert len(kept) == 2


def test_pages_give_every_act_once_in_the_order_of_time(aws: None) -> None:
    for number in range(7):
        note_alone(Actor("wang", ("planner",), AT_MS + number), Act("plan.draft", f"2026-{number + 1:02d}"))
    seen: list[str] = []
    after, pages = "", 0
    while True:
        page = trail("2026-09", after=after, limit=3)
        seen += [act["subject"] for act in page.acts]
        pages += 1
        # What comes between two pages changes neither what was seen nor what is left
        note_alone(Actor("wang", ("planner",), AT_MS - pages), Act("plan.draft", "early"))
        if not page.after:
            break
        after = page.after
    assert seen == [f"2026-{number:02d}" for number in range(1, 8)]
    assert pages == 3
    assert trail("2026-08").acts == ()
    with pytest.raises(InvalidInput, match="PAGE_INVALID"):
        trail("2026-09", limit=audit.PAGE_MAX + 1)


def test_sign_ins_stand_apart_so_that_none_buries_an_act(aws: None) -> None:
    note_alone(WANG, Act("operator.sign_in", "wang", {}, {"signed_in": True}, SIGN_INS))
    assert trail("2026-09").acts == ()
    assert [act["act"] for act in trail("2026-09", book=SIGN_INS).acts] == ["operator.sign_in"]
