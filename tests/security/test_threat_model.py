"""docs/security.md: what it names is there, and no door is missing from it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from app import app
from local.package import merge_template
from tests.api.test_roles import OPERATORS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
THREATS = ("bidder", "scripted bidder", "insider operator", "forged bank", "stolen token", "leaked backup")


@cache
def defined_in(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def rows(heading: str) -> list[list[str]]:
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_test_that_the_page_names_is_there() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 60
    missing = [f"{file}::{name}" for file, name in named if name not in defined_in(ROOT / file)]
    assert not missing


def test_every_threat_has_a_control_somewhere_and_a_test() -> None:
    found = rows("Threats")
    assert set(THREATS) <= {row[0] for row in found}
    for who, would, _, where, test in found:
        assert NAMED.search(test), (who, would)
        for place in re.findall(r"`([^`]+)`", where):
            assert list(ROOT.glob(place.rstrip("/"))), (who, place)


def test_every_door_without_an_operators_or_bidders_session_is_in_the_table() -> None:
    listed = {door.strip("`") for door, *_ in rows("Doors without a session of ours")}
    # What is posted, by nobody of ours: the view never asks whose session it is
    posted = {f"POST {path}" for path, methods in app.routes.items() if "POST" in methods} - OPERATORS.keys()
    with_session = {"POST /deposits/corrections", "POST /refunds/accounts", "POST /deposits/payments"}
    bare = merge_template()["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    apart = {f"POST {path}" for path, methods in bare.items() if "post" in methods and not path.startswith("/console")}
    assert listed - {"inbox bucket"} == (posted - with_session) | apart


def test_each_door_is_tried_with_a_forgery_and_with_a_repeat() -> None:
    for door, *_, forged, again in rows("Doors without a session of ours"):
        assert NAMED.search(forged), door
        assert NAMED.search(again), door
