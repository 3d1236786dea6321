"""What makes a row of the regulator's list an applicant (申请人). Pure; domain.md "A period" 2 and "Identity"."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from chalicelib.kernel.errors import Problem
from chalicelib.kernel.identity import id_card_fault, uscc_fault
from integrations.ports import ApplicantRow

INDIVIDUAL, UNIT = "individual", "unit"
ID_CARD, USCC = "id_card", "uscc"

CLASS_WORDS = {INDIVIDUAL: "个人", UNIT: "单位"}
ID_TYPE_WORDS = {ID_CARD: "身份证", USCC: "统一社会信用代码"}
HEADINGS = ("申请编码", "类别", "名称", "证件类型", "证件号码", "手机号码", "有效期起", "有效期止")

NAME_CHARACTERS_MAX = 100

_CODE, _CLASS, _NAME, _ID_TYPE, _ID_NUMBER, _PHONE, _FROM, _UNTIL = HEADINGS
_ID_TYPE_OF = {INDIVIDUAL: ID_CARD, UNIT: USCC}
_ID_FAULTS: dict[str, Callable[[str], str | None]] = {ID_CARD: id_card_fault, USCC: uscc_fault}
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
# A spreadsheet takes a cell that begins so for a formula; no name does.
_FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Applicant:
    """Who applied under a code, checked. ``bidder_class``: ``individual`` | ``unit``."""

    code: str
    bidder_class: str
    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class Terms:
    """What a list is held to: its class, the city's form of a code, and the day on which codes must be valid."""

    bidder_class: str
    is_code: Callable[[str], bool]
    auction_day: date


@dataclass(frozen=True)
class CheckedList:
    """The applicants that a list yields, in its order, and the problems of its other rows."""

    applicants: tuple[Applicant, ...]
    problems: tuple[Problem, ...]


def check_list(rows: Iterable[ApplicantRow], terms: Terms) -> CheckedList:
    """Hold every row to the terms, and every code to one row.

    A row that repeats another to the letter counts once. Where the rows of a code differ none is taken: which one is
    right is the regulator's to say.
    """
    by_code: dict[str, list[ApplicantRow]] = defaultdict(list)
    for row in rows:
        by_code[row.code].append(row)
    applicants: list[Applicant] = []
    problems: list[Problem] = []
    for same_code in by_code.values():
        first, *others = same_code
        faults = [*_faults(first, terms), *_repeats(first, others)]
        problems.extend(faults)
        if not any(fault.line == first.line for fault in faults):
            applicants.append(_applicant(first))
    return CheckedList(tuple(applicants), tuple(sorted(problems, key=lambda problem: problem.line)))


def _applicant(row: ApplicantRow) -> Applicant:
    return Applicant(
        code=row.code,
        bidder_class=row.bidder_class,
        name=row.name,
        id_type=row.id_type,
        id_number=row.id_number,
        phone=row.phone,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _repeats(first: ApplicantRow, others: list[ApplicantRow]) -> Iterator[Problem]:
    differ = any(_applicant(other) != _applicant(first) for other in others)
    if differ:
        yield Problem(first.line, _CODE, "a code with other content further down", "one row for each code")
    for other in others:
        yield Problem(other.line, _CODE, f"the code of line {first.line}", "one row for each code")


def _faults(row: ApplicantRow, terms: Terms) -> Iterator[Problem]:
    """Everything wrong with one row. Names and numbers of people are described, never quoted."""
    if not terms.is_code(row.code):
        yield Problem(row.line, _CODE, f"{len(row.code)} characters", "an application code in the city's form")
    if row.bidder_class != terms.bidder_class:
        yield Problem(row.line, _CLASS, CLASS_WORDS[row.bidder_class], f"{CLASS_WORDS[terms.bidder_class]} here")
    name_remedy = _name_fault(row.name)
    if name_remedy:
        yield Problem(row.line, _NAME, f"{len(row.name)} characters", name_remedy)
    if row.id_type != _ID_TYPE_OF[row.bidder_class]:
        wanted = ID_TYPE_WORDS[_ID_TYPE_OF[row.bidder_class]]
        yield Problem(row.line, _ID_TYPE, ID_TYPE_WORDS[row.id_type], f"{wanted} for {CLASS_WORDS[row.bidder_class]}")
    id_remedy = _ID_FAULTS[row.id_type](row.id_number)
    if id_remedy:
        yield Problem(row.line, _ID_NUMBER, f"{len(row.id_number)} characters", id_remedy)
    if not _MOBILE.fullmatch(row.phone):
        yield Problem(row.line, _PHONE, f"{len(row.phone)} characters", "a mobile number: 11 digits, 13 to 19 first")
    if row.valid_from > row.valid_until:
        yield Problem(row.line, _UNTIL, row.valid_until.isoformat(), f"a day not before {row.valid_from}")
    elif not row.valid_from <= terms.auction_day <= row.valid_until:
        found = f"{row.valid_from} to {row.valid_until}"
        yield Problem(row.line, _UNTIL, found, f"a code that is valid on the auction day, {terms.auction_day}")


def _name_fault(name: str) -> str | None:
    if len(name) > NAME_CHARACTERS_MAX:
        return f"at most {NAME_CHARACTERS_MAX} characters"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in name):
        # Pasted from a web page, an invisible one makes a name that no bank's payer ever equals.
        return "no control or invisible characters, no line breaks"
    if name.startswith(_FORMULA_STARTS):
        return "a name, not a formula"
    return None
