"""The hub's logs hold no person: no name, no number of a person, no account (PIPL; CONTRIBUTING)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local.checks.check import Check, check
from local.people import Person


def no_person_in_logs(logs: Mapping[str, str], people: Iterable[Person]) -> Check:
    """No name, ID number, phone or account of anybody stands in any log. ``logs``: function -> its lines."""
    everybody = list(people)
    faults = []
    for function, lines in logs.items():
        for person in everybody:
            kinds = {
                "name": person.name,
                "ID number": person.id_number,
                "phone": person.phone,
                "account": person.account_no,
            }
            faults += [f"{function} logged a person's {kind}" for kind, value in kinds.items() if value in lines]
    count = sum(lines.count("\n") for lines in logs.values())
    if not count:
        faults.append("there are no logs to look at")
    return check("logs hold no person", faults, f"{count} lines of {len(logs)} functions, {len(everybody)} people")
