"""What the bidder's pages read of an answer is what the API's document says that it holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.package import ROOT
from tests.api.described import document

SOURCE = (ROOT / "integrations" / "alipay" / "miniprogram" / "src" / "hub" / "bidder.ts").read_text()
# Interface of the pages -> the answer that it is, and the way to it inside.
ANSWERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Me": ("get", "/me", ()),
    "Deposit": ("get", "/deposits/mine", ()),
    "Doubtful": ("get", "/deposits/mine", ("doubtful",)),
    "Told": ("get", "/deposits", ()),
    "Payment": ("post", "/deposits/payments", ()),
    "Corrected": ("post", "/deposits/corrections", ()),
    "OwnResult": ("get", "/me/result", ()),
    "Result": ("get", "/periods/{period}/result", ()),
    "ClassResult": ("get", "/periods/{period}/result", ("classes",)),
    "Notice": ("get", "/me/payment-notice", ()),
    "Refund": ("get", "/me/refunds", ("refunds",)),
}
# What the pages send, or make themselves.
OTHERS = {"Activation", "Correction", "Period"}


def interfaces() -> dict[str, set[str]]:
    """Interface -> the names of its fields."""
    found = re.findall(r"^export interface (\w+) \{\n(.*?)^\}", SOURCE, re.M | re.S)
    return {name: set(re.findall(r"^  (\w+)\??:", body, re.M)) for name, body in found}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema itself, or what it points to; of several the one that is no null."""
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return resolved(next(each for each in schema[several] if each.get("type") != "null"))
    return schema


def fields(method: str, path: str, below: tuple[str, ...]) -> set[str]:
    """The fields of the answer that says all is well."""
    answers = document()["paths"][path][method]["responses"]
    good = next(answer for status, answer in answers.items() if status.startswith("2"))
    schema = resolved(good["content"]["application/json"]["schema"])
    for name in below:
        schema = resolved(schema["properties"][name])
        if schema.get("type") == "array":
            schema = resolved(schema["items"])
        elif "properties" not in schema:
            schema = resolved(schema["additionalProperties"])
        elif name == "classes":
            schema = resolved(next(iter(schema["properties"].values())))
    return set(schema["properties"])


def test_every_shape_of_the_pages_is_known_here() -> None:
    assert interfaces().keys() == ANSWERS.keys() | OTHERS


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_page_reads_is_in_the_answer(name: str) -> None:
    assert interfaces()[name] <= fields(*ANSWERS[name])
