"""The regulator's files: applicant lists (CSV in GB18030, .xlsx) and qualification results, some rows of them bad."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import xlsxwriter

from chalicelib.periods.plan import Plan
from local.conduct import Conduct
from local.people import INDIVIDUAL, UNIT, PeopleMaker, Person, seeded

APPLICANT_COLUMNS = ("申请编码", "类别", "名称", "证件类型", "证件号码", "手机号码", "有效期起", "有效期止")
QUALIFICATION_COLUMNS = ("申请编码", "审核结果", "原因")
_REASONS = ("名下已有登记小客车", "驾驶证状态异常", "社会保险缴纳不满足要求", "申请信息与登记信息不一致")


@dataclass(frozen=True)
class InputFile:
    """A file as it is dropped into the inbox. ``bad_rows`` is how many of its rows are not taken."""

    key: str
    content: bytes
    rows: int
    bad_rows: int

    @property
    def kind(self) -> str:
        """``applicants`` or ``qualification``: the key's second part."""
        return self.key.split("/")[1]

    @property
    def label(self) -> str:
        """The key's fourth part, such as ``individual``."""
        return self.key.split("/")[3]


def applicant_row(person: Person, valid_from: str, valid_until: str) -> list[str]:
    """One row of the list, in the columns' order."""
    return [
        person.code,
        "单位" if person.is_unit else "个人",
        person.name,
        "统一社会信用代码" if person.is_unit else "身份证",
        person.id_number,
        person.phone,
        valid_from,
        valid_until,
    ]


def applicant_files(
    seed: int, plan: Plan, people: tuple[Person, ...], maker: PeopleMaker
) -> tuple[tuple[InputFile, InputFile], tuple[Person, ...]]:
    """Both lists, and the people whose rows are so bad that they are no applicants to the hub."""
    rng = seeded("lists", seed)
    valid = (f"{plan.day('applications_close').replace(day=9)}", f"{_half_a_year_on(plan.period)}")
    individuals, refused = _rows(rng, [p for p in people if not p.is_unit], maker, INDIVIDUAL, valid)
    units, refused_units = _rows(rng, [p for p in people if p.is_unit], maker, UNIT, valid)
    prefix = f"regulator/applicants/{plan.period}"
    list_keys = f"{prefix}/individual/applicants-individual.csv", f"{prefix}/unit/applicants-unit.xlsx"
    return (
        InputFile(list_keys[0], _csv(APPLICANT_COLUMNS, individuals), len(individuals), len(refused)),
        InputFile(list_keys[1], _xlsx(units), len(units), len(refused_units)),
    ), (*refused, *refused_units)


def _half_a_year_on(period: str) -> str:
    year, month = divmod(int(period[:4]) * 12 + int(period[5:7]) - 1 + 6, 12)
    return f"{year:04d}-{month + 1:02d}-08"


def _rows(
    rng: random.Random, people: list[Person], maker: PeopleMaker, bidder_class: str, valid: tuple[str, str]
) -> tuple[list[list[str]], tuple[Person, ...]]:
    """Good rows with a handful of bad ones among them; each bad one is wrong in one way."""
    spoiled: list[tuple[Person, list[str]]] = []
    wrong_check = maker.person(bidder_class)
    last = wrong_check.id_number[-1]
    spoiled.append(
        (wrong_check, applicant_row(replace(wrong_check, id_number=_swap(wrong_check.id_number, last)), *valid))
    )
    bad_date = maker.person(bidder_class)
    spoiled.append((bad_date, applicant_row(bad_date, f"{valid[0][:4]}-02-30", valid[1])))
    if bidder_class == INDIVIDUAL:
        bad_phone = maker.person(bidder_class)
        spoiled.append((bad_phone, applicant_row(replace(bad_phone, phone=bad_phone.phone[:-1]), *valid)))
    # Two people under one code: which of them is right is the regulator's to say, so neither is an applicant.
    first = maker.person(bidder_class)
    for person in (first, replace(maker.person(bidder_class), code=first.code)):
        spoiled.append((person, applicant_row(person, *valid)))
    rows = [applicant_row(person, *valid) for person in people]
    for _, row in spoiled:
        rows.insert(rng.randrange(1, len(rows)), row)
    return rows, tuple(person for person, _ in spoiled)


def _swap(number: str, last: str) -> str:
    return number[:-1] + ("1" if last != "1" else "2")


def qualification_file(seed: int, period: str, people: tuple[Person, ...], conduct: Mapping[str, Conduct]) -> InputFile:
    """The audit's results for every applicant."""
    rng = seeded("audit", seed)
    rows = [
        [person.code, "通过", ""]
        if conduct[person.code].audit_passed
        else [person.code, "不通过", rng.choice(_REASONS)]
        for person in rng.sample(people, len(people))
    ]
    key = f"regulator/qualification/{period}/all/qualification.csv"
    return InputFile(key, _csv(QUALIFICATION_COLUMNS, rows), len(rows), 0)


def _csv(columns: tuple[str, ...], rows: Iterable[list[str]]) -> bytes:
    """CSV as the regulator's office program writes it: GB18030, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("gb18030")


def _xlsx(rows: list[list[str]]) -> bytes:
    """An Excel workbook with one sheet of text cells; the same rows give the same bytes."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC), "author": "调控办"})
    sheet = book.add_worksheet("申请人")
    for line, row in enumerate([list(APPLICANT_COLUMNS), *rows]):
        for column, text in enumerate(row):
            sheet.write_string(line, column, text)
    book.close()
    return held.getvalue()
