"""Winners pay their price at the treasury; some never do; some confirmations come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.conduct import choose_defaulters
from local.month import Month
from local.world.addresses import Addresses
from local.world.web import ask, each, need, until

# How many payers' confirmations the treasury pushes a second time.
REPEATED_CONFIRMATIONS = 3


@dataclass(frozen=True)
class OwedNotice:
    """A notice as the treasury knows it."""

    pay_code: str
    payer_name: str
    amount_fen: int


@dataclass
class Payers:
    """Who paid and who never will, by application code; ``repeats`` counts confirmations that were pushed again."""

    paid_fen: dict[str, int] = field(default_factory=dict)
    pay_codes: dict[str, str] = field(default_factory=dict)
    defaulters: set[str] = field(default_factory=set)
    repeats: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def registered_notices(at: Addresses) -> list[OwedNotice]:
    """The notices that the hub registered with the treasury (8994), by its simulator's state."""
    state = need("GET", f"{at.treasury}/_state")
    return [
        OwedNotice(str(notice["pay_code"]), str(notice["payer_name"]), int(notice["amount_fen"]))
        for notice in _listed(state["notices"])
    ]


def _listed(notices: Any) -> list[dict[str, Any]]:
    if isinstance(notices, Mapping):
        return [{"pay_code": pay_code, **notice} for pay_code, notice in notices.items()]
    return list(notices)


def pay_prices(at: Addresses, month: Month, notices: list[OwedNotice]) -> Payers:
    """Every winner but the defaulters pays what the notice says. Names are unique among the bidders of a month."""
    codes = {person.name: person.code for person in month.people}
    owed = {codes[notice.payer_name]: notice for notice in notices}
    done = Payers(
        pay_codes={code: notice.pay_code for code, notice in owed.items()},
        defaulters=choose_defaulters(month.seed, owed, month.conduct),
    )
    payers = sorted(set(owed) - done.defaulters)
    for code, paid in zip(payers, each(payers, lambda code: _pay(at, owed[code])), strict=True):
        if paid:
            done.refused[paid] += 1
        else:
            done.paid_fen[code] = owed[code].amount_fen
    again = payers[:REPEATED_CONFIRMATIONS]
    done.repeats = sum(not _pay(at, owed[code]) for code in again)
    return done


def _pay(at: Addresses, notice: OwedNotice) -> str:
    body = {"pay_code": notice.pay_code, "amount_fen": notice.amount_fen, "payer_name": notice.payer_name}
    return ask("POST", f"{at.treasury}/_pay", body=body).code


def wait_for_notices(at: Addresses, expected: int, deadline_ms: int) -> list[OwedNotice]:
    """The notices, once there are ``expected`` of them or the deadline has come."""
    found: list[OwedNotice] = []
    for _ in until(deadline_ms, pause_s=1.0):
        found = registered_notices(at)
        if len(found) >= expected:
            break
    return found
