"""The campaigns as data, held to their form when first used: ``campaigns.toml``, and a city's changes to it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.messages import audiences
from chalicelib.messages.audiences import Recipient
from chalicelib.periods.plan import Plan
from chalicelib.periods.toml_table import TomlTable

AUDIENCES: Mapping[str, Callable[[Plan], Iterator[Recipient]]] = {
    name: getattr(audiences, name)
    for name in ("deposit_unpaid", "qualified", "not_activated", "price_due", "bidders", "refunded", "refund_failed")
}
_NAME = r"[a-z][a-z_]{1,30}"


@dataclass(frozen=True)
class Campaign:
    """Texts of one kind, and how they are sent.

    ``stage``: the contract's number, 0 for none. ``approval_above``: people. ``batches_a_second`` and
    ``batches_in_flight``: of one function.
    """

    name: str
    stage: int
    title: str
    audience_name: str
    template: str
    variables: frozenset[str]
    batches_a_chunk: int
    batches_a_second: int
    batches_in_flight: int
    approval_above: int
    rounds_max: int
    round_after_minutes: int

    def audience(self, plan: Plan) -> Iterator[Recipient]:
        """Who is to get it, asked at the moment of sending: somebody who has just paid gets nothing."""
        return AUDIENCES[self.audience_name](plan)


@cache
def campaigns(city: str) -> Mapping[str, Campaign]:
    """A city's campaigns by name. Raises ``InvalidInput`` (``CAMPAIGNS_INVALID``) naming every wrong key."""
    here = Path(__file__).parent
    own = here / f"campaigns.{city}.toml"
    content = tomllib.loads((here / "campaigns.toml").read_text(encoding="utf-8"))
    changes = tomllib.loads(own.read_text(encoding="utf-8")) if own.exists() else {}
    return read_campaigns(_changed(content, changes))


def campaign(name: str, city: str) -> Campaign:
    """A campaign by name. Raises ``InvalidInput`` (``CAMPAIGN_UNKNOWN``) naming those there are."""
    known = campaigns(city)
    if name not in known:
        raise InvalidInput("CAMPAIGN_UNKNOWN", f"没有该短信批次: {name[:40]};可用: {', '.join(known)}")
    return known[name]


def read_campaigns(content: Mapping[str, Any]) -> Mapping[str, Campaign]:
    """Campaigns from a TOML's content. Raises ``InvalidInput`` (``CAMPAIGNS_INVALID``) naming every wrong key."""
    whole = TomlTable(content)
    sending, entries = whole.table("sending"), whole.table("campaigns")
    how = {
        "batches_a_chunk": sending.whole("batches_a_chunk", 1, 100),
        "batches_a_second": sending.whole("batches_a_second", 0, 1_000),
        "batches_in_flight": sending.whole("batches_in_flight", 1, 10),
        "approval_above": sending.whole("approval_above", 0, 10_000_000),
        "rounds_max": sending.whole("rounds_max", 1, 1_000),
        "round_after_minutes": sending.whole("round_after_minutes", 1, 1_440),
    }
    found = {name: _campaign(name, entries.table(name), how) for name in entries.content}
    for each in (sending, entries, whole):
        each.close()
    if whole.problems:
        raise InvalidInput("CAMPAIGNS_INVALID", "短信批次配置不正确", problems=tuple(whole.problems))
    return found


def check_templates(known: Mapping[str, Campaign], variables_of: Mapping[str, frozenset[str]], carrier: str) -> None:
    """Hold campaigns to a carrier's templates (name -> variables). Raises ``InvalidInput`` naming what does not fit."""
    problems = tuple(
        Problem(0, f"campaigns.{each.name}.template", each.template, f"a template of {carrier} with these variables")
        for each in known.values()
        if variables_of.get(each.template) != each.variables
    )
    if problems:
        raise InvalidInput("CAMPAIGNS_INVALID", "短信批次与平台模板不符", problems=problems)


def _campaign(name: str, table: TomlTable, how: Mapping[str, int]) -> Campaign:
    audience = table.text("audience", _NAME)
    if audience not in AUDIENCES:
        table.fault("audience", audience, f"one of {', '.join(AUDIENCES)}")
    read = Campaign(
        name=name,
        stage=table.whole("stage", 0, 5),
        title=table.text("title"),
        audience_name=audience,
        template=table.text("template", _NAME),
        variables=frozenset(table.texts("variables", _NAME)),
        **how,
    )
    table.close()
    return read


def _changed(content: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(content)
    for key, value in changes.items():
        below = changed.get(key)
        changed[key] = _changed(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return changed
