"""What makes a row of the regulator's list an applicant (申请人). Pure; domain.md "A period" 2 and "Identity"."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.kernel.errors import Problem
from chalicelib.kernel.identity import id_card_fault, uscc_fault
from integrations.ports import ApplicantRow

WITHDRAWN = "withdrawn"
INDIVIDUAL, UNIT = "individual", "unit"
ID_CARD, USCC = "id_card", "uscc"

CLASS_WORDS = {INDIVIDUAL: "个人", UNIT: "单位"}
ID_TYPE_WORDS = {ID_CARD: "身份证", USCC: "统一社会信用代码"}
HEADINGS = ("申请编码", "类别", "名称", "证件类型", "证件号码", "手机号码", "有效期起", "有效期止")

# The column that a list may have or not.
STATE = "状态"

NAME_CHARACTERS_MAX = 100

_CODE, _CLASS, _NAME, _ID_TYPE, _ID_NUMBER, _PHONE, _FROM, _UNTIL = HEADINGS
_ID_TYPE_OF = {INDIVIDUAL: ID_CARD, UNIT: USCC}
_ID_FAULTS: dict[str, Callable[[str], str | None]] = {ID_CARD: id_card_fault, USCC: uscc_fault}
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
# Names as almost all are: Chinese, with the dot of transcribed names and a company's brackets.
_PLAIN_NAME = re.compile(rf"[\u4e00-\u9fff][\u4e00-\u9fff\u00b7（）()]{{0,{NAME_CHARACTERS_MAX - 1}}}")
# A spreadsheet takes a cell that begins so for a formula; no name does.
_FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Terms:
    """What a list is held to: its class, the city's form of a code, and the day on which codes must be valid."""

    bidder_class: str
    is_code: Callable[[str], bool]
    auction_day: date


@dataclass(frozen=True)
class CheckedList:
    """The applicants that a list yields, in its order, and the problems of its other rows."""

    applicants: tuple[ApplicantRow, ...]
    problems: tuple[Problem, ...]


def check_list(rows: Iterable[ApplicantRow], terms: Terms) -> CheckedList:
    """Hold every row to the terms, and every code to one row."""
    listed = list(rows)
    problems = [fault for row in listed for fault in row_faults(row, terms)]
    wrong = {problem.line for problem in problems}
    # A wrong row counts too where another one has its code: which of them is meant is not for us to say.
    once = one_row_a_code(listed)
    kept = tuple(row for row in once.applicants if row.line not in wrong)
    return CheckedList(kept, tuple(sorted([*problems, *once.problems], key=lambda problem: problem.line)))


def one_row_a_code(rows: Iterable[ApplicantRow]) -> CheckedList:
    """One row for each code: a row that repeats another to the letter counts once.

    Where the rows of a code differ none is taken: which one is right is the regulator's to say.
    """
    by_code: dict[str, list[ApplicantRow]] = defaultdict(list)
    for row in rows:
        by_code[row.code].append(row)
    kept: list[ApplicantRow] = []
    problems: list[Problem] = []
    for first, *others in by_code.values():
        faults = list(_repeats(first, others)) if others else []
        problems.extend(faults)
        if not any(fault.line == first.line for fault in faults):
            kept.append(first)
    return CheckedList(tuple(kept), tuple(sorted(problems, key=lambda problem: problem.line)))


def row_faults(row: ApplicantRow, terms: Terms) -> Sequence[Problem]:
    """Everything wrong with one row; found to be nothing, by a few comparisons, for a row as most are."""
    if (
        row.bidder_class == terms.bidder_class
        and row.id_type == _ID_TYPE_OF[row.bidder_class]
        and row.valid_from <= terms.auction_day <= row.valid_until
        and _MOBILE.fullmatch(row.phone)
        and _PLAIN_NAME.fullmatch(row.name)
        and terms.is_code(row.code)
        and _ID_FAULTS[row.id_type](row.id_number) is None
    ):
        return ()
    return tuple(_faults(row, terms))


def content_of(row: ApplicantRow) -> tuple[str, ...]:
    """What a row says of its code, wherever in a file it stands."""
    days = row.valid_from.isoformat(), row.valid_until.isoformat()
    said = row.bidder_class, row.name, row.id_type, row.id_number, row.phone, *days
    # Only where it is so: lists without that column say what they always said.
    return (*said, WITHDRAWN) if row.withdrawn else said


def _repeats(first: ApplicantRow, others: list[ApplicantRow]) -> Iterator[Problem]:
    if any(content_of(other) != content_of(first) for other in others):
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
