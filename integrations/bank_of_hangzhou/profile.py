"""The bank's profile: read once, checked whole, so that a slip of an integrator is named before a file comes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from integrations.bank_of_hangzhou.fields import SKIPPED, Field
from integrations.notices import NoticeLayout, read_layout
from integrations.ports import Direction, PaymentOutcome

# In which a byte of ASCII is never a part of another character: lines are found, and checked, before they are decoded.
ENCODINGS = ("gb18030", "gbk", "gb2312", "utf-8")
KINDS = frozenset({"digits", "text", "count", "fen", "day", "moment", "direction"})
NEEDED = {"digits": "length", "text": "longest", "day": "format", "moment": "format"}
LAYOUTS: Mapping[str, frozenset[str]] = {
    "statement_header": frozenset(
        {"batch_no", "account_no", "day", "opening_fen", "count", "total_fen", "closing_fen"}
    ),
    "statement_row": frozenset(
        {
            "serial",
            "booked_at_ms",
            "value_date",
            "direction",
            "amount_fen",
            "account_no",
            "account_name",
            "memo",
            "our_ref",
        }
    ),
    "batch_header": frozenset({"batch_no", "count", "total_fen"}),
    "batch_row": frozenset({"line", "our_ref", "account_no", "account_name", "principal_fen", "interest_fen", "memo"}),
    "return_header": frozenset({"batch_no", "count", "total_fen"}),
    "return_row": frozenset({"line", "our_ref", "amount_fen", "code", "reason"}),
}
# Of a bank that computes interest itself; without them it tells of none.
INTEREST_LAYOUTS: Mapping[str, frozenset[str]] = {
    "interest_header": frozenset({"account_no", "leaves_on", "count", "total_fen"}),
    "interest_row": frozenset({"serial", "principal_fen", "interest_fen"}),
}


@dataclass(frozen=True)
class Profile:
    """Everything about the bank's files that is the bank's own."""

    channel: str
    encoding: str
    delimiter: str
    line_end: str
    bytes_max: int
    lines_max: int
    batch_name: str
    directions: Mapping[str, str]
    return_codes: Mapping[str, str]
    layouts: Mapping[str, tuple[Field, ...]]
    notice: NoticeLayout


def _layout(name: str, fields: list[dict[str, Any]]) -> tuple[Field, ...]:
    layout = tuple(Field(**field) for field in fields)
    names, wanted = [field.name for field in layout if field.name != SKIPPED], {**LAYOUTS, **INTEREST_LAYOUTS}[name]
    if sorted(names) != sorted(wanted):
        raise ValueError(f"layout {name} must name each of {', '.join(sorted(wanted))} once")
    for field in layout:
        if field.kind not in KINDS:
            raise ValueError(f"layout {name}, field {field.name}: no kind is called {field.kind!r}")
        needed = NEEDED.get(field.kind)
        if needed and not getattr(field, needed):
            raise ValueError(f"layout {name}, field {field.name}: kind {field.kind} needs {needed}")
    return layout


def parse_profile(text: str) -> Profile:
    """A profile from TOML. Raises ``ValueError`` that names the table and what is wrong in it."""
    raw = tomllib.loads(text)
    named = set(raw["layouts"])
    interest = set(INTEREST_LAYOUTS) if named & set(INTEREST_LAYOUTS) else set()
    missing = sorted({*LAYOUTS, *interest} - named)
    if missing:
        raise ValueError(f"layouts are missing: {', '.join(missing)}")
    for table, words in (("directions", Direction), ("return_codes", PaymentOutcome)):
        unknown = sorted(set(raw[table].values()) - {str(word) for word in words})
        if unknown:
            raise ValueError(f"{table}: no meaning is called {', '.join(unknown)}")
    if len(raw["delimiter"]) != 1:
        raise ValueError("delimiter is one character")
    if raw["encoding"] not in ENCODINGS:
        raise ValueError(f"encoding is one of {', '.join(ENCODINGS)}")
    return Profile(
        channel=raw["channel"],
        encoding=raw["encoding"],
        delimiter=raw["delimiter"],
        line_end=raw["line_end"],
        bytes_max=raw["bytes_max"],
        lines_max=raw["lines_max"],
        batch_name=raw["names"]["batch"],
        directions=raw["directions"],
        return_codes=raw["return_codes"],
        layouts={name: _layout(name, raw["layouts"][name]["fields"]) for name in (*LAYOUTS, *interest)},
        notice=read_layout(raw["notice"]),
    )


@cache
def default_profile() -> Profile:
    """The profile that stands beside this file."""
    return parse_profile(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
