"""Bidders whose refund failed name another account, each of his own name; a stranger's account is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from local.month import Month
from local.world.addresses import Addresses
from local.world.phones import open_account_session
from local.world.web import ask, each, until


@dataclass
class OtherAccounts:
    """Who gave another account, and refusals by code; ``strangers_refused`` counts accounts in another's name."""

    given: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    strangers_refused: int = 0
    faults: list[str] = field(default_factory=list)


def give_other_accounts(at: Addresses, month: Month, deadline_ms: int) -> OtherAccounts:
    """The owners of the accounts that are gone name new ones before ``deadline_ms``."""
    done = OtherAccounts()

    def give(code: str) -> tuple[str, bool]:
        person = month.person(code)
        session = open_account_session(at, month.period, person, deadline_ms)
        if not session.ok:
            return session.code, False
        token = str(session.body["token"])
        door = f"{at.api}/refunds/accounts"
        body = {"period": month.period, "account_no": month.new_accounts[code], "account_name": person.name}
        stranger = ask("POST", door, body={**body, "account_name": "陌生人"}, token=token)
        answer = None
        for _ in until(deadline_ms, pause_s=1.0):
            answer = ask("POST", door, body=body, token=token)
            if answer.ok:
                break
        return answer.code if answer else "TOO_LATE", not stranger.ok

    codes = sorted(month.new_accounts)
    for code, (refusal, stranger_refused) in zip(codes, each(codes, give), strict=True):
        if refusal:
            done.refused[refusal] += 1
        else:
            done.given.add(code)
        done.strangers_refused += stranger_refused
        if not refusal and not stranger_refused:
            done.faults.append("an account in another's name was taken for a refund")
    return done
