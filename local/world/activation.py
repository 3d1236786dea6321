"""Qualified bidders take up the right to bid with the code on their phone; some type a wrong one first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from local.conduct import Conduct
from local.month import Month
from local.people import Person
from local.world.addresses import Addresses
from local.world.phones import ask_for_code, wrong
from local.world.web import ATTEMPTS, Answer, ask, each, now_ms

# How many of those who are not qualified try all the same, and how long they wait for a code.
UNQUALIFIED_TRY = 3
UNQUALIFIED_PATIENCE_MS = 3_000
BAD_CODE_PATIENCE_MS = 12_000
WRONG_TRIES = 5


@dataclass
class Activations:
    """Who activated; refusals of good attempts by code; how many wrong codes and unqualified bidders were refused."""

    activated: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    wrong_codes_refused: int = 0
    unqualified_refused: Counter[str] = field(default_factory=Counter)
    # What was planted -> the refusals that came of it: ``wrong``, ``expired``, ``too_many``.
    bad_codes: dict[str, list[str]] = field(default_factory=dict)
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
            done.bad_codes.setdefault("wrong", []).append(mistyped.code)
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


def try_bad_codes(at: Addresses, month: Month, age: Callable[[str], None]) -> dict[str, list[str]]:
    """One types a code that is too old, another types wrong ones until even the right one opens nothing.

    Both are among those who do not activate. ``age`` makes the code of an application code five minutes older than it
    is: a month of minutes has no five to wait. Returns ``expired`` and ``too_many`` -> the refusals in order.
    """
    unwilling = [*month.bidders(qualified=True, activates=False), *[*month.bidders(qualified=False)][UNQUALIFIED_TRY:]]
    chosen = [pair for pair in unwilling if not pair[1].corrects][:2]
    deadline_ms = now_ms() + BAD_CODE_PATIENCE_MS

    def try_one(case: tuple[str, tuple[Person, Conduct]]) -> tuple[str, list[str]]:
        name, (person, conduct) = case
        typed = ask_for_code(at, month.period, person, "activation", deadline_ms)
        if not typed.code:
            return name, ["NO_SMS"]
        tries = [typed.code]
        if name == "expired":
            age(person.code)
        else:
            tries = [wrong(typed.code)] * WRONG_TRIES + tries
        return name, [_activate(at, month, person, conduct, each_code, attempts=1).code for each_code in tries]

    return dict(each(zip(("expired", "too_many"), chosen, strict=False), try_one))


def _activate(
    at: Addresses, month: Month, person: Person, conduct: Conduct, sms_code: str, *, attempts: int = ATTEMPTS
) -> Answer:
    body = {
        "period": month.period,
        "application_code": person.code,
        "phone": person.phone,
        "sms_code": sms_code,
        "password": conduct.password,
        "rollover": conduct.rollover,
    }
    return ask("POST", f"{at.api}/activations", body=body, attempts=attempts)
