"""Take in a bank's statement: read it, hand its lines out in chunks to be booked, and close the day when all are in."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from chalicelib.deposits import records, statement_records
from chalicelib.deposits.booking import book_line
from chalicelib.deposits.intake import Intake
from chalicelib.deposits.rules import find_code
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel.errors import Conflict, FileRefused, Problem, ReconciliationOpen
from chalicelib.kernel.files import Files, read_json, write_json
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import record_problems
from integrations.ports import DepositBank, Direction, Statement, StatementLine

CHUNK_LINES = 100
SIDECAR = ".sm3"


def read_statement(
    files: Files, bank: DepositBank, *, period: str, day: str, key: str, code_pattern: str
) -> dict[str, Any]:
    """Decode the statement in the inbox and write its lines as chunks to the work bucket.

    Returns ``{"chunks": [{"key"}], "lines", "problems"}``. A corrected file may take the place of one whose day is
    not closed. Raises ``FileRefused`` (its problems are on the operator's list then), or ``Conflict``
    (``STATEMENT_CLOSED``) for other bytes after the day was closed.
    """
    content = files.read("inbox", key)
    try:
        statement = bank.read_statement(content, files.read("inbox", key + SIDECAR))
        _of_that_day(statement, day)
    except FileRefused as refused:
        record_problems(period, key, refused.problems, refused.code, refused.message)
        raise
    if statement.problems:
        record_problems(period, key, statement.problems, "STATEMENT_LINES", "对账单部分明细无法识别")
    _keep(_record(statement, period, bank.channel, key, hashlib.sha256(content).hexdigest()))
    chunks = []
    for number, lines in enumerate(_chunks(statement.lines, code_pattern)):
        chunk_key = f"deposits/{period}/{bank.channel}/{day}/{statement.batch_no}-{number:05d}.json"
        write_json(files, "work", chunk_key, {"day": day, "lines": [_packed(line) for line in lines]})
        chunks.append({"key": chunk_key})
    return {"chunks": chunks, "lines": len(statement.lines), "problems": len(statement.problems)}


def book_chunk(files: Files, intake: Intake, key: str) -> dict[str, int]:
    """Book a chunk's lines in order of arrival; returns how many came to each outcome, repeats included.

    A line whose serial was booked with other content is put on the operator's list and counted as ``changed``.
    """
    chunk = read_json(files, "work", key)
    counts: Counter[str] = Counter()
    for line in map(_unpacked, chunk["lines"]):
        try:
            counts[book_line(intake, line, chunk["day"])] += 1
        except Conflict as conflict:
            if conflict.code != "LINE_CHANGED":
                raise
            problem = Problem(line.line, "serial", line.serial, "a serial of its own, or the content booked before")
            record_problems(intake.period, f"{key}#{line.serial}", [problem], conflict.code, conflict.message)
            counts["changed"] += 1
    return dict(counts)


def close_statement(period: str, channel: str, day: str) -> dict[str, int]:
    """Close the day, if every line of the statement stands in the books and they lead from opening to closing balance.

    Returns ``{"lines", "closing_fen"}``. Raises ``ReconciliationOpen`` with each difference as a problem.
    """
    record = statement_records.find_statement(period, channel, day)
    if record is None:
        raise ReconciliationOpen("STATEMENT_MISSING", f"{day} 的对账单尚未收到")
    booked = _booked(period, channel, day)
    found = {
        "lines": len(booked),
        "problems": 0,
        "closing_fen": int(record.opening_fen) + sum(booked),
        "opening_fen": _closing_before(period, channel, day, int(record.opening_fen)),
    }
    differences = [
        Problem(0, name, str(int(getattr(record, name))), f"{value}, as the hub has it")
        for name, value in found.items()
        if int(getattr(record, name)) != value
    ]
    if differences:
        record_problems(period, f"{record.key}#close", differences, "STATEMENT_OPEN", "对账单与账务不一致")
        raise ReconciliationOpen("STATEMENT_OPEN", f"{day} 的对账单与账务不一致", problems=tuple(differences))
    record.update([StatementRecord.state.set(StatementState.CLOSED)], StatementRecord.digest == record.digest)
    return {"lines": len(booked), "closing_fen": int(record.closing_fen)}


def _of_that_day(statement: Statement, day: str) -> None:
    if statement.day != date.fromisoformat(day):
        problem = Problem(1, "day", statement.day.isoformat(), f"{day}, the day it was delivered for")
        raise FileRefused("DAY_DIFFERS", "对账单日期与投递目录不一致", problems=(problem,))


def _record(statement: Statement, period: str, channel: str, key: str, digest: str) -> StatementRecord:
    day = statement.day.isoformat()
    return StatementRecord(
        *statement_records.statement_key(period, channel, day),
        period=period,
        channel=channel,
        day=day,
        key=key,
        batch_no=statement.batch_no,
        account_no=statement.account_no,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        lines=len(statement.lines),
        problems=len(statement.problems),
        digest=digest,
        state=StatementState.READ,
    )


def _keep(record: StatementRecord) -> None:
    transaction = Transaction()
    transaction.put(record, StatementRecord.pk.does_not_exist() | (StatementRecord.state == StatementState.READ))
    try:
        transaction.commit()
    except Conflict:
        standing = statement_records.find_statement(record.period, record.channel, record.day)
        if standing is None or standing.digest != record.digest:
            raise Conflict("STATEMENT_CLOSED", f"{record.day} 的对账单已结账,不能更换") from None


def _chunks(lines: Iterable[StatementLine], code_pattern: str) -> list[list[StatementLine]]:
    """Lines that name the same code share a chunk and stand in it by arrival: chunks are booked side by side, and which
    of two payments is the first must not depend on which is booked first."""
    lines = sorted(lines, key=lambda line: (line.booked_at_ms, line.serial))
    chunks: list[list[StatementLine]] = [[] for _ in range(-(-len(lines) // CHUNK_LINES))]
    for line in lines:
        candidates = find_code(line.memo, code_pattern).candidates
        together = candidates[0] if candidates else line.serial
        chunks[zlib.crc32(together.encode()) % len(chunks)].append(line)
    return [chunk for chunk in chunks if chunk]


def _packed(line: StatementLine) -> dict[str, Any]:
    packed: dict[str, Any] = json.loads(json.dumps(asdict(line), default=date.isoformat))
    return packed


def _unpacked(packed: dict[str, Any]) -> StatementLine:
    typed = {"value_date": date.fromisoformat(packed["value_date"]), "direction": Direction(packed["direction"])}
    return StatementLine(**{**packed, **typed})


def _booked(period: str, channel: str, day: str) -> list[int]:
    """The signed amounts that stand in the books for a statement."""
    came = [
        int(credit.amount_fen)
        for credit in records.credits(period)
        if credit.channel == channel and credit.statement_day == day
    ]
    for line in statement_records.bank_lines(period):
        if line.channel == channel and line.statement_day == day:
            came.append(int(line.amount_fen) * (-1 if line.direction == Direction.DEBIT else 1))
    return came


def _closing_before(period: str, channel: str, day: str, first_opening_fen: int) -> int:
    earlier = [each for each in statement_records.statements(period) if each.channel == channel and each.day < day]
    return int(earlier[-1].closing_fen) if earlier else first_opening_fen
