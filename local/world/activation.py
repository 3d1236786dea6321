"""Qualified bidders take up the right to bid with the code on their phone; some type a wrong one first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from local.conduct import Conduct
from local.month import Month
from local.people import Person
from local.world.addresses import Addresses
from local.world.phones import ask_for_code, wrong
from local.world.web import Answer, ask, each, now_ms

# How many of those who are not qualified try all the same, and how long they wait for a code.
UNQUALIFIED_TRY = 3
UNQUALIFIED_PATIENCE_MS = 3_000


@dataclass
class Activations:
    """Who activated; refusals of good attempts by code; how many wrong codes and unqualified bidders were refused."""

    activated: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    wrong_codes_refused: int = 0
    unqualified_refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def activate_all(at: Addresses, month: Month) -> Activations:
    """Everybody who means to activates, between the opening and the close of activation."""
    done = Activations()
    deadline_ms = month.plan.at("activation_closes")
    # Those who corrected a deposit had a code a while ago: they come last.
    willing = sorted(month.bidders(qualified=True, activates=True), key=lambda pair: pair[1].corrects)

    def activate_one(pair: tuple[Person, Conduct]) -> tuple[str, Answer, Answer | None]:
        person, conduct = pair
        typed = ask_for_code(at, month.period, person, "activation", deadline_ms)
        if not typed.code:
            return person.code, Answer(0, {"code": "NO_SMS"}), None
        mistyped = None
        if conduct.wrong_sms_code_first:
            mistyped = _activate(at, month, person, conduct, wrong(typed.code))
        return person.code, _activate(at, month, person, conduct, typed.code), mistyped

    for code, answer, mistyped in each(willing, activate_one):
        if answer.ok:
            done.activated.add(code)
        else:
            done.refused[answer.code] += 1
        if mistyped is not None:
            done.wrong_codes_refused += not mistyped.ok
            if mistyped.ok:
                done.faults.append("an activation with a wrong SMS code was accepted")
    return done


def try_unqualified(at: Addresses, month: Month, done: Activations) -> Activations:
    """A few who are not qualified try to activate; each must be refused."""
    unqualified = [pair for pair in month.bidders(qualified=False) if not pair[1].corrects][:UNQUALIFIED_TRY]
    deadline_ms = now_ms() + UNQUALIFIED_PATIENCE_MS

    def try_one(pair: tuple[Person, Conduct]) -> Answer:
        person, conduct = pair
        typed = ask_for_code(at, month.period, person, "activation", deadline_ms)
        return _activate(at, month, person, conduct, typed.code) if typed.code else Answer(0, {"code": "NO_SMS"})

    for answer in each(unqualified, try_one):
        if answer.ok:
            done.faults.append("a bidder who is not qualified activated")
        else:
            done.unqualified_refused[answer.code] += 1
    return done


def _activate(at: Addresses, month: Month, person: Person, conduct: Conduct, sms_code: str) -> Answer:
    body = {
        "period": month.period,
        "application_code": person.code,
        "phone": person.phone,
        "sms_code": sms_code,
        "password": conduct.password,
        "rollover": conduct.rollover,
    }
    return ask("POST", f"{at.api}/activations", body=body)
