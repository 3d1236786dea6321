"""The account detail (``qryDtl``) and balance (``qryBal``): replies -> the port's statement, by the profile. Pure.

The bank sends no statement: the hub asks for a day's detail page by page and keeps the replies, byte for byte, in one
file. Each row tells the balance after it, so the rows must lead from one to the next without a gap; where a day has no
rows, the balance before the next later row is its balance, or today's where nothing came later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

from chalicelib.kernel.errors import FileRefused, Problem
from chalicelib.kernel.money import yuan_text
from integrations.bundle import Bundle, check_digest, fact, read_bundle, sm3
from integrations.minsheng.detail_row import DetailRow, read_row
from integrations.minsheng.envelope import body_xml, read_reply, refused
from integrations.minsheng.profile import Profile
from integrations.minsheng.rows import read_yuan
from integrations.ports import Direction, Statement, StatementLine

TRN_CODE, BALANCE_CODE = "qryDtl", "qryBal"
# What a part of the file is there for.
DAY, BALANCE, LATER = "day", "balance", "later"
_NEEDED = ("direction", "amount_fen", "balance_fen")


@dataclass(frozen=True)
class Page:
    """One reply: how many rows the whole answer has, and those of this page."""

    total: int
    rows: tuple[ET.Element, ...]


def detail_body(account_no: str, first: date, last: date, *, start: int, trn_id: str, profile: Profile) -> str:
    """The ``xDataBody`` that asks for a page of the detail; rows are numbered from 1."""
    return body_xml(
        {
            "trnId": trn_id,
            "acntNo": account_no,
            "dateFrom": first.strftime(profile.detail.day_format),
            "dateTo": last.strftime(profile.detail.day_format),
            "startNo": str(start),
            "endNo": str(start + profile.detail.page_rows - 1),
            "typeCode": profile.detail.type_code,
        }
    )


def read_page(xml: bytes, profile: Profile) -> Page:
    """Take a page apart. Raises ``FileRefused`` where the bank refused or the reply is not whole."""
    reply = read_reply(xml, TRN_CODE, profile)
    if reply.said != "accepted":
        raise _not_answered(reply.code)
    told = reply.text(profile.detail.total)
    if not (told.isascii() and told.isdigit() and len(told) <= 9):
        raise refused(
            "COUNT_UNREADABLE", "应答缺少总笔数", Problem(0, profile.detail.total, ascii(told[:20]), "a count")
        )
    return Page(int(told), tuple(reply.body.iter(profile.detail.row)))


def read_balance(xml: bytes, account_no: str, profile: Profile) -> int:
    """The account's balance in fen now. Raises ``FileRefused`` where the reply does not tell it."""
    reply = read_reply(xml, BALANCE_CODE, profile)
    if reply.said != "accepted":
        raise _not_answered(reply.code)
    tags = profile.balance
    for row in reply.body.iter(tags["row"]):
        if (row.findtext(tags["account"]) or "").strip() == account_no:
            try:
                return read_yuan((row.findtext(tags["balance"]) or "").strip())
            except ValueError:
                break
    raise refused(
        "BALANCE_MISSING", "应答未载明账户余额", Problem(0, tags["balance"], "", "the account's balance in yuan")
    )


def _not_answered(code: str) -> FileRefused:
    return refused("REPLY_NOT_ACCEPTED", "银行未接受查询", Problem(0, "status/code", ascii(code[:20]), "0"))


def read_statement(content: bytes, sidecar: bytes, profile: Profile) -> Statement:
    """Decode a fetched day.

    Raises ``FileRefused`` where digest, head, a reply, an amount, a balance or the number of rows is wrong. Rows with
    another fault, and rows that come again, are left out and listed; the day can't be closed over them.
    """
    check_digest(content, sidecar)
    bundle = read_bundle(content, "statement", profile.bytes_max)
    account_no = fact(bundle.facts, "account_no", str)
    try:
        day = date.fromisoformat(fact(bundle.facts, "day", str))
    except ValueError:
        raise refused("FILE_INVALID", "文件头不正确", Problem(1, "day", "", "a day, YYYY-MM-DD")) from None
    rows, problems = _once(_rows(_pages(bundle, DAY, profile), account_no, profile))
    problems.extend(problem for row in rows for problem in row.problems)
    problems.extend(_of_other_days(rows, day))
    in_time = rows if profile.detail.order == "ascending" else rows[::-1]
    opening, closing = _balances(in_time) if rows else _without_rows(bundle, account_no, profile)
    faulty = {problem.line for problem in problems}
    return Statement(
        batch_no=f"CMBC{day:%Y%m%d}-{sm3(content)[:12]}",
        account_no=account_no,
        day=day,
        opening_fen=opening,
        closing_fen=closing,
        lines=tuple(_line(row) for row in in_time if row.line not in faulty),
        problems=tuple(problems),
    )


def read_detail(content: bytes, profile: Profile) -> tuple[tuple[StatementLine, ...], tuple[Problem, ...]]:
    """Decode one reply to ``qryDtl`` as it came, for an integrator who looks at it: its lines, and what is wrong with
    the rest. No control total is checked: it may be one page of several. Raises ``FileRefused``."""
    rows = [read_row(number, row, profile) for number, row in enumerate(read_page(content, profile).rows, start=1)]
    right = [row for row in rows if not row.problems]
    return tuple(_line(row) for row in right), tuple(problem for row in rows for problem in row.problems)


def _pages(bundle: Bundle, role: str, profile: Profile) -> list[Page]:
    parts = [part for part in bundle.parts if part.facts.get("role") == role]
    if not parts:
        raise refused("FILE_INVALID", "文件缺少应答", Problem(1, "parts", "", f"a part whose role is {role}"))
    return [read_page(part.content, profile) for part in parts]


def _rows(pages: Sequence[Page], account_no: str, profile: Profile) -> list[DetailRow]:
    elements = [row for page in pages for row in page.rows]
    rows = [read_row(number, row, profile) for number, row in enumerate(elements, start=1)]
    for row in rows:
        if row.own_account not in ("", account_no):
            problem = Problem(row.line, profile.detail.account, "another account", "the account that was asked about")
            raise refused("ACCOUNT_DIFFERS", "明细属于其他账户", problem)
    faults = [fault for row in rows if not set(_NEEDED) <= set(row.values) for fault in row.problems]
    if faults:
        raise refused("ROWS_UNREADABLE", "明细无法核对余额", *faults)
    totals = {page.total for page in pages}
    distinct = {_said(row) for row in rows}
    if len(totals) != 1 or not totals & {len(rows), len(distinct)}:
        told = ", ".join(map(str, sorted(totals)))
        problem = Problem(0, profile.detail.total, told, f"{len(rows)}, the number of rows")
        raise refused("COUNT_DIFFERS", "应答总笔数与明细不一致", problem)
    return rows


def _said(row: DetailRow) -> tuple[Any, ...]:
    # A row that can't be read is not the repeat of another.
    return (row.line,) if row.problems else tuple(sorted((name, str(value)) for name, value in row.values.items()))


def _once(rows: Sequence[DetailRow]) -> tuple[list[DetailRow], list[Problem]]:
    """Rows without those that say again what an earlier one said; both kinds of repeat are listed."""
    seen: dict[str, tuple[Any, ...]] = {}
    kept, problems = [], []
    for row in rows:
        serial = row.values.get("serial")
        if serial is None or serial not in seen:
            kept.append(row)
        else:
            problems.append(Problem(row.line, "serial", ascii(serial)[:40], "a serial that no other row has"))
            if seen[serial] != _said(row):
                kept.append(row)
        if serial is not None:
            seen.setdefault(serial, _said(row))
    return kept, problems


def _of_other_days(rows: Sequence[DetailRow], day: date) -> list[Problem]:
    return [
        Problem(row.line, "day", row.values["day"].isoformat(), f"{day}, the day that was asked for")
        for row in rows
        if row.values.get("day", day) != day
    ]


def _signed(values: Mapping[str, Any]) -> int:
    amount: int = values["amount_fen"]
    return -amount if values["direction"] is Direction.DEBIT else amount


def _balances(rows: Sequence[DetailRow]) -> tuple[int, int]:
    opening = balance = int(rows[0].values["balance_fen"]) - _signed(rows[0].values)
    for row in rows:
        balance += _signed(row.values)
        told = row.values["balance_fen"]
        if told != balance:
            remedy = f"{yuan_text(balance)}, the balance before and this row's amount"
            problem = Problem(row.line, "balance", yuan_text(told), remedy)
            raise refused("TOTAL_DIFFERS", "明细余额不连续", problem)
    return opening, balance


def _without_rows(bundle: Bundle, account_no: str, profile: Profile) -> tuple[int, int]:
    later = [page for page in _pages(bundle, LATER, profile) if page.total]
    if later:
        rows = [read_row(1, row, profile) for row in later[0].rows[:1]]
        if not rows or not set(_NEEDED) <= set(rows[0].values):
            raise refused("ROWS_UNREADABLE", "明细无法核对余额", *(rows[0].problems if rows else ()))
        balance = int(rows[0].values["balance_fen"]) - _signed(rows[0].values)
        return balance, balance
    parts = [part for part in bundle.parts if part.facts.get("role") == BALANCE]
    if not parts:
        raise refused("FILE_INVALID", "文件缺少应答", Problem(1, "parts", "", f"a part whose role is {BALANCE}"))
    balance = read_balance(parts[0].content, account_no, profile)
    return balance, balance


def _line(row: DetailRow) -> StatementLine:
    values = {name: value for name, value in row.values.items() if name not in ("day", "balance_fen")}
    return StatementLine(line=row.line, **values)
