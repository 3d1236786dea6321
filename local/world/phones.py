"""Phones: what the carrier delivered, and asking for a code and typing it in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.checks.planted import Text, recognise
from local.people import Person
from local.world.addresses import Addresses
from local.world.web import Answer, ask, each, need, now_ms, until

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
# A number gets one code a minute: whoever asked for one just now has to wait for the next.
ASK_AGAIN_MS = 8_000


def texts(at: Addresses, phone: str) -> list[str]:
    """Every text on a phone, oldest first."""
    return [str(text) for text in need("GET", f"{at.carrier}/_phones/{phone}")]


def all_texts(at: Addresses, people: Iterable[Person], templates: Mapping[str, str]) -> list[Text]:
    """Every text on everybody's phone. ``templates``: name -> text, from the carrier's profile (``sms_templates``)."""
    phones = [person.phone for person in people]
    found = each(phones, lambda phone: texts(at, phone))
    return [recognise(phone, words, templates) for phone, on_it in zip(phones, found, strict=True) for words in on_it]


def sms_templates() -> dict[str, str]:
    """The templates of the carrier's profile, by name."""
    return {name: entry["text"] for name, entry in _templates().items()}


def _templates() -> dict[str, dict[str, str]]:
    profile = Path(__file__).parents[2] / "integrations" / "aliyun_sms" / "profile.toml"
    templates: dict[str, dict[str, str]] = tomllib.loads(profile.read_text(encoding="utf-8"))["templates"]
    return templates


def ends_by_campaign(at: Addresses) -> dict[str, dict[str, int]]:
    """How the texts of each campaign ended in the carrier's own book, by code; codes for signing in are none."""
    names = {entry["id"]: name for name, entry in _templates().items() if name != "code"}
    taken: dict[str, dict[str, int]] = need("GET", f"{at.carrier}/_state")["by_template"]
    return {names[template]: counts for template, counts in taken.items() if template in names}


def codes_on(at: Addresses, phone: str) -> list[str]:
    """The six-digit codes on a phone, oldest first."""
    return [found.group() for text in texts(at, phone) if (found := _CODE.search(text))]


@dataclass(frozen=True)
class TypedCode:
    """What came of asking for a code: the code, empty where none came before the deadline."""

    code: str
    asked: int


def ask_for_code(at: Addresses, period: str, person: Person, purpose: str, deadline_ms: int) -> TypedCode:
    """Ask for a code by SMS and read it from the phone, asking again now and then until one comes."""
    before = len(codes_on(at, person.phone))
    asked, asked_at_ms = 0, 0
    for _ in until(deadline_ms):
        if now_ms() - asked_at_ms >= ASK_AGAIN_MS:
            body = {"period": period, "application_code": person.code, "phone": person.phone, "purpose": purpose}
            ask("POST", f"{at.api}/sms-codes", body=body, attempts=1)
            asked, asked_at_ms = asked + 1, now_ms()
        found = codes_on(at, person.phone)
        if len(found) > before:
            return TypedCode(found[-1], asked)
    return TypedCode("", asked)


def wrong(code: str) -> str:
    """Another code of the same form."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def open_account_session(at: Addresses, period: str, person: Person, deadline_ms: int) -> Answer:
    """Sign in with application code, registered phone and SMS code; ``NO_SMS`` where no code came."""
    typed = ask_for_code(at, period, person, "account", deadline_ms)
    if not typed.code:
        return Answer(0, {"code": "NO_SMS"})
    body = {"period": period, "application_code": person.code, "phone": person.phone, "sms_code": typed.code}
    return ask("POST", f"{at.api}/account-sessions", body=body)
