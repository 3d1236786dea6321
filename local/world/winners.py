"""Winners read the payment code on the phone and pay at the treasury; some never do, some confirmations come twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.conduct import choose_defaulters
from local.month import Month
from local.world.addresses import Addresses
from local.world.phones import texts
from local.world.web import ask, each, need, now_ms, until

FEN_PER_YUAN = 100
# How many payers' confirmations the treasury pushes twice at once.
REPEATED_CONFIRMATIONS = 3

_NOTICE = re.compile(r"成交价(?P<yuan>[\d,]+)(?:\.(?P<part>\d{2}))?元.*?缴款码(?P<pay_code>\d{20})")


@dataclass(frozen=True)
class OwedPrice:
    """What a winner's phone says is owed."""

    pay_code: str
    amount_fen: int


@dataclass
class Payers:
    """Who paid and who never will, by application code; ``repeats`` counts confirmations that were pushed twice."""

    owed: dict[str, OwedPrice] = field(default_factory=dict)
    paid_fen: dict[str, int] = field(default_factory=dict)
    defaulters: set[str] = field(default_factory=set)
    repeats: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def owed_price(phone_texts: Iterable[str]) -> OwedPrice | None:
    """The payment code and price of the latest text that has them; ``None`` on a loser's phone."""
    owed = None
    for text in phone_texts:
        if found := _NOTICE.search(text):
            yuan = int(found["yuan"].replace(",", ""))
            owed = OwedPrice(found["pay_code"], yuan * FEN_PER_YUAN + int(found["part"] or 0))
    return owed


def read_notices(
    at: Addresses, month: Month, bidders: Iterable[str], winners: int, deadline_ms: int
) -> dict[str, OwedPrice]:
    """What each bidder's phone says is owed, once there are ``winners`` of them or the deadline has come."""
    waiting = sorted(bidders)
    owed: dict[str, OwedPrice] = {}
    for _ in until(deadline_ms, pause_s=1.0):
        found = each(waiting, lambda code: owed_price(texts(at, month.person(code).phone)))
        owed.update({code: price for code, price in zip(waiting, found, strict=True) if price})
        if len(owed) >= winners:
            break
        waiting = [code for code in waiting if code not in owed]
    return owed


def pay_prices(at: Addresses, month: Month, owed: dict[str, OwedPrice], deadline_ms: int) -> Payers:
    """Every winner but the defaulters pays; what the hub did not acknowledge is pushed again until the deadline."""
    done = Payers(owed=owed, defaulters=choose_defaulters(month.seed, owed, month.conduct))
    payers = sorted(owed.keys() - done.defaulters)
    twice = set(payers[:REPEATED_CONFIRMATIONS])

    def pay(code: str) -> str:
        body = {
            "pay_code": owed[code].pay_code,
            "amount_fen": owed[code].amount_fen,
            "payer_name": month.person(code).name,
            "copies": 2 if code in twice else 1,
        }
        # Paying is not for repeating: a second call would be a second payment.
        return ask("POST", f"{at.treasury}/_pay", body=body, attempts=1).code

    for code, refusal in zip(payers, each(payers, pay), strict=True):
        if refusal:
            done.refused[refusal] += 1
            done.faults.append(f"the treasury refused a payment: {refusal}")
        else:
            done.paid_fen[code] = owed[code].amount_fen
            done.repeats += code in twice
    _push_until_acknowledged(at, deadline_ms, done)
    return done


def _push_until_acknowledged(at: Addresses, deadline_ms: int, done: Payers) -> None:
    left = 0
    for _ in until(max(deadline_ms, now_ms()), pause_s=2.0):
        pushed = need("POST", f"{at.treasury}/_push", body={})
        left = int(pushed["pushed"]) - int(pushed["acknowledged"])
        if not left:
            return
    done.faults.append(f"{left} confirmations were never acknowledged by the hub")
