"""The link's profile: read once, checked whole, so that a slip of an integrator is named before money moves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from integrations.minsheng.rows import SKIPPED, Field
from integrations.notices import NoticeLayout, read_layout
from integrations.ports import Direction, PaymentOutcome

KINDS = frozenset({"row_no", "text", "yuan", "const"})
NEEDED = {"row_no": "digits", "text": "longest"}
REPLIES = frozenset({"accepted", "refused", "not_found", "duplicate", "unknown"})
BATCH_STATES = frozenset({"done", "failed", "pending"})
_PAYMENT = frozenset({"line", "account_no", "account_name", "amount_fen", "explain"})
_RETURN = frozenset({"line", "amount_fen", "code", "reason"})
LAYOUTS: Mapping[str, frozenset[str]] = {
    "own_row": _PAYMENT,
    "other_row": _PAYMENT,
    "own_return": _RETURN,
    "other_return": _RETURN,
}


@dataclass(frozen=True)
class Way:
    """One way money leaves: its transaction codes, the letter that ends its numbers, its rows and their codes."""

    trn_code: str
    ask_code: str
    letter: str
    pay_type: str
    row: tuple[Field, ...]
    returned: tuple[Field, ...]
    return_codes: Mapping[str, str]


@dataclass(frozen=True)
class Detail:
    """Element names and formats of the account detail (``qryDtl``)."""

    page_rows: int
    order: str
    type_code: str
    row: str
    total: str
    serial: tuple[str, ...]
    account: str
    direction: str
    day: str
    value_day: str
    time: str
    amount: str
    payer_account: str
    payer_name: str
    memo: str
    balance: str
    day_format: str
    time_format: str
    instant_format: str
    interest_explains: tuple[str, ...]
    directions: Mapping[str, str]


@dataclass(frozen=True)
class Profile:
    """Everything about the link that the contract with the bank says."""

    channel: str
    path: str
    content_type: str
    declared_encoding: str
    encoding: str
    bytes_max: int
    lines_max: int
    names: Mapping[str, str]
    reply_codes: Mapping[str, str]
    batch_states: Mapping[str, str]
    field_separator: str
    row_separator: str
    own: Way
    other: Way
    card_prefixes: tuple[str, ...]
    card_length: int
    explain: str
    our_ref: re.Pattern[str]
    detail: Detail
    balance: Mapping[str, str]
    notice: NoticeLayout

    def way_to(self, account_no: str) -> Way:
        """How money reaches an account: the bank's own cards one way, every other account the other."""
        own = len(account_no) == self.card_length and account_no.startswith(self.card_prefixes)
        return self.own if own else self.other

    def way_called(self, trn_code: str) -> Way | None:
        """The way whose batches go out under a transaction code."""
        return next((way for way in (self.own, self.other) if way.trn_code == trn_code), None)


def _layout(name: str, table: Mapping[str, Any]) -> tuple[Field, ...]:
    layout = tuple(Field(**field) for field in table["fields"])
    names = [field.name for field in layout if field.name != SKIPPED]
    if sorted(names) != sorted(LAYOUTS[name]):
        raise ValueError(f"layout {name} must name each of {', '.join(sorted(LAYOUTS[name]))} once")
    for field in layout:
        if field.kind not in KINDS:
            raise ValueError(f"layout {name}, field {field.name}: no kind is called {field.kind!r}")
        needed = NEEDED.get(field.kind)
        if needed and not getattr(field, needed):
            raise ValueError(f"layout {name}, field {field.name}: kind {field.kind} needs {needed}")
    return layout


def _words(name: str, table: Mapping[str, str], known: frozenset[str]) -> Mapping[str, str]:
    unknown = sorted(set(table.values()) - known)
    if unknown:
        raise ValueError(f"{name}: no meaning is called {', '.join(unknown)}")
    return table


def _way(name: str, raw: Mapping[str, Any]) -> Way:
    table = raw[name]
    return Way(
        trn_code=table["trn_code"],
        ask_code=table["ask_code"],
        letter=table["letter"],
        pay_type=table["pay_type"],
        row=_layout(f"{name}_row", raw["layouts"][f"{name}_row"]),
        returned=_layout(f"{name}_return", raw["layouts"][f"{name}_return"]),
        return_codes=_words(f"{name}.return_codes", table["return_codes"], frozenset(map(str, PaymentOutcome))),
    )


def _detail(table: Mapping[str, Any]) -> Detail:
    missing = sorted({field.name for field in fields(Detail)} - set(table))
    if missing:
        raise ValueError(f"detail: missing {', '.join(missing)}")
    if table["page_rows"] < 1:
        raise ValueError("detail: page_rows is at least 1")
    if table["order"] not in ("ascending", "descending"):
        raise ValueError("detail: order is ascending or descending")
    _words("detail.directions", table["directions"], frozenset(map(str, Direction)))
    lists = {"serial": tuple(table["serial"]), "interest_explains": tuple(table["interest_explains"])}
    return Detail(**{**table, **lists})


def parse_profile(text: str) -> Profile:
    """A profile from TOML. Raises ``ValueError`` that names the table and what is wrong in it."""
    raw = tomllib.loads(text)
    missing = sorted(set(LAYOUTS) - set(raw["layouts"]))
    if missing:
        raise ValueError(f"layouts are missing: {', '.join(missing)}")
    rows = raw["rows"]
    if {len(rows["field_separator"]), len(rows["row_separator"])} != {1} or len(set(rows.values())) != 2:
        raise ValueError("field_separator and row_separator are one character each, and not the same")
    own, other = _way("own", raw), _way("other", raw)
    if own.letter == other.letter or own.trn_code == other.trn_code:
        raise ValueError("own and other differ in trn_code and letter")
    if "{our_ref}" not in raw["explain"]["template"]:
        raise ValueError("explain.template must hold {our_ref}: it ties the account detail to our payments")
    return Profile(
        **{name: raw[name] for name in ("channel", "path", "content_type", "declared_encoding", "encoding", "names")},
        bytes_max=raw["bytes_max"],
        lines_max=raw["lines_max"],
        reply_codes=_words("reply_codes", raw["reply_codes"], REPLIES),
        batch_states=_words("batch_states", raw["batch_states"], BATCH_STATES),
        field_separator=rows["field_separator"],
        row_separator=rows["row_separator"],
        own=own,
        other=other,
        card_prefixes=tuple(raw["own"]["card_prefixes"]),
        card_length=raw["own"]["card_length"],
        explain=raw["explain"]["template"],
        our_ref=re.compile(raw["explain"]["our_ref_pattern"]),
        detail=_detail(raw["detail"]),
        balance=raw["balance"],
        notice=read_layout(raw["notice"]),
    )


@cache
def default_profile() -> Profile:
    """The profile that stands beside this file."""
    return parse_profile(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
