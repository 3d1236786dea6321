"""Bidders whose deposit is doubtful put it right online, before corrections close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from local.month import Month
from local.people import Person
from local.world.addresses import Addresses
from local.world.phones import open_account_session
from local.world.web import ask, each, until

FEN_PER_YUAN = 100
TAIL_DIGITS = 4


@dataclass
class Corrections:
    """Who signed in and what came of each correction: ``refused`` by code, ``corrected`` by application code."""

    tokens: dict[str, str] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)


def sign_in_correctors(at: Addresses, month: Month) -> Corrections:
    """Open account sessions, as soon as the applicants are imported: codes come once a minute, activation needs one."""
    done = Corrections()
    deadline_ms = month.plan.at("corrections_close")

    def open_one(person: Person) -> tuple[str, str, str]:
        answer = open_account_session(at, month.period, person, deadline_ms)
        return person.code, str(answer.body["token"]) if answer.ok else "", answer.code

    for code, token, refusal in each((person for person, _ in month.bidders(corrects=True)), open_one):
        if token:
            done.tokens[code] = token
        else:
            done.refused[refusal] += 1
    return done


def correct_deposits(at: Addresses, month: Month, done: Corrections) -> Corrections:
    """Name each doubtful payment by day, amount and account; asked again until the statement has been booked."""
    deadline_ms = month.plan.at("corrections_close")

    def correct_one(code: str) -> tuple[str, str]:
        payment = month.payment_of(code)
        body = {
            "period": month.period,
            "paid_on": payment.value_date.isoformat(),
            "amount_yuan": f"{payment.amount_fen // FEN_PER_YUAN}.{payment.amount_fen % FEN_PER_YUAN:02d}",
            "payer_account_tail": payment.account[-TAIL_DIGITS:],
        }
        answer = None
        for _ in until(deadline_ms, pause_s=1.0):
            answer = ask("POST", f"{at.api}/deposits/corrections", body=body, token=done.tokens[code])
            if answer.ok:
                return code, ""
        return code, answer.code if answer else "TOO_LATE"

    for code, refusal in each(sorted(done.tokens), correct_one):
        if refusal:
            done.refused[refusal] += 1
        else:
            done.corrected.add(code)
    return done
