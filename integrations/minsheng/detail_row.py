"""One row of the account detail: elements to the port's values, by the profile. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

from chalicelib.kernel.clock import SHANGHAI, to_ms
from chalicelib.kernel.errors import Problem
from integrations.minsheng.profile import Detail, Profile
from integrations.minsheng.rows import read_yuan
from integrations.ports import Direction

# As wide as the hub keeps them.
SERIAL_MAX, ACCOUNT_MAX, NAME_MAX, MEMO_MAX = 64, 34, 120, 200


@dataclass(frozen=True)
class DetailRow:
    """A row as read: the values that are right (those of a ``StatementLine``, ``day`` and ``balance_fen``), and a
    problem for each that is not. ``own_account`` is the account that the row says it is of."""

    line: int
    own_account: str
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]


def read_row(number: int, row: ET.Element, profile: Profile) -> DetailRow:
    """Read one row; ``number`` is its place in the whole answer, from 1."""
    tags = profile.detail

    def text(tag: str) -> str:
        return (row.findtext(tag) or "").strip()

    readers: dict[str, tuple[str, bool, Callable[[str], Any]]] = {
        "serial": ("-".join(filter(None, map(text, tags.serial))), False, _needed(SERIAL_MAX)),
        "day": (text(tags.day), False, lambda each: _day(each, tags)),
        "value_date": (text(tags.value_day) or text(tags.day), False, lambda each: _day(each, tags)),
        "booked_at_ms": (f"{text(tags.day)} {text(tags.time)}", False, lambda each: _moment(each, tags)),
        "direction": (text(tags.direction), False, lambda each: _direction(each, tags)),
        "amount_fen": (text(tags.amount), False, _amount),
        "balance_fen": (text(tags.balance), False, read_yuan),
        "account_no": (text(tags.payer_account), True, _short(ACCOUNT_MAX)),
        "account_name": (text(tags.payer_name), True, _short(NAME_MAX)),
        "memo": (text(tags.memo), True, _short(MEMO_MAX)),
    }
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, (found, personal, read) in readers.items():
        try:
            values[name] = read(found)
        except ValueError as error:
            # Free text may hold a person's name or account: a problem shows its length only.
            problems.append(
                Problem(number, name, f"{len(found)} characters" if personal else ascii(found[:40]), str(error))
            )
    if not problems:
        if values["direction"] is Direction.CREDIT and _is_interest(values, tags):
            values["direction"] = Direction.INTEREST
        values["our_ref"] = _our_ref(values, profile)
    return DetailRow(number, text(tags.account), values, tuple(problems))


def _is_interest(values: Mapping[str, Any], tags: Detail) -> bool:
    # A payer may write what he likes; only the bank books without an account behind it.
    return values["memo"] in tags.interest_explains and not values["account_no"]


def _our_ref(values: Mapping[str, Any], profile: Profile) -> str:
    if values["direction"] is not Direction.DEBIT:
        return ""
    found = profile.our_ref.search(values["memo"])
    return found[0] if found else ""


def _short(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > longest:
            raise ValueError(f"at most {longest} characters")
        return text

    return read


def _needed(longest: int) -> Callable[[str], str]:
    short = _short(longest)

    def read(text: str) -> str:
        if not text:
            raise ValueError("a value; the field must not be empty")
        return short(text)

    return read


def _amount(text: str) -> int:
    fen = read_yuan(text)
    if fen == 0:
        raise ValueError("an amount > 0")
    return fen


def _direction(text: str, tags: Detail) -> Direction:
    if text not in tags.directions:
        raise ValueError(f"one of {', '.join(sorted(tags.directions))}")
    return Direction(tags.directions[text])


def _day(text: str, tags: Detail) -> date:
    return _parsed(text, tags.day_format, "a day that exists").date()


def _moment(text: str, tags: Detail) -> int:
    instant = text.rpartition(" ")[2]
    with suppress(ValueError):
        return to_ms(_parsed(instant, tags.instant_format, "an instant").replace(tzinfo=SHANGHAI))
    form = f"{tags.day_format} {tags.time_format}"
    return to_ms(_parsed(text, form, "an instant that exists, Asia/Shanghai").replace(tzinfo=SHANGHAI))


def _parsed(text: str, form: str, what: str) -> datetime:
    try:
        moment = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{what}, written as {form}") from None
    # strptime takes "2026-3-10" for 2026-03-10; the way back does not.
    if moment.strftime(form) != text:
        raise ValueError(f"{what}, written as {form}")
    return moment
