"""Take in a bank's statement: read it, hand its lines out in chunks to be booked, and close the day when all are in.

A statement is its account's and of one day, whichever period's machine takes it in (docs/decisions/0017)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import IO, Any

from chalicelib.deposits import statement_records
from chalicelib.deposits.booking import book_line
from chalicelib.deposits.chunking import Chunks, unpack
from chalicelib.deposits.intake import Account
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel.digests import file_sha256
from chalicelib.kernel.errors import Conflict, FileRefused, Pending, Problem, ReconciliationOpen
from chalicelib.kernel.files import Files, read_json, write_json
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import record_problems, record_refusal
from integrations.ports import DepositBank, StatementSummary, StreamingBank

SIDECAR = ".sm3"


def read_statement(
    files: Files, bank: DepositBank, vault: Vault, *, period: str, day: str, key: str, code_pattern: str
) -> dict[str, Any]:
    """Decode the statement in the inbox and write its lines, sealed, as chunks to the work bucket.

    Returns ``{"chunks": [{"key"}], "lines", "problems"}``; no chunks where the day is closed already, by the machine of
    another period of the same account or before this one was started again. A corrected file may take the place of one
    whose day is not closed; a closed day stands, and whatever else came for it is listed (``STATEMENT_CLOSED``).
    ``period`` is the one on whose list problems are put. Raises ``FileRefused`` (its problems are on the operator's
    list then) where the day waits for a file that can be read.
    """
    chunks = Chunks(code_pattern)
    with files.fetch("inbox", key) as source:
        try:
            statement = _decode(bank, source, files.read("inbox", key + SIDECAR), chunks)
            _of_that_day(statement.day, day)
        except FileRefused as refused:
            record_refusal(period, key, refused)
            closed = _closed(bank.channel, day)
            if closed is None:
                raise
            return _taken(closed)
        source.seek(0)
        digest = file_sha256(source)
    if statement.problems:
        record_problems(period, key, statement.problems, "STATEMENT_LINES", "对账单部分明细无法识别")
    closed = _keep(_record(statement, bank.channel, key, digest))
    if closed is not None:
        if closed.digest != digest:
            record_problems(period, key, [], "STATEMENT_CLOSED", f"{day} 的对账单已结账,不能更换")
        return _taken(closed)
    written = []
    for number, packed in enumerate(chunks.packed(statement.left_out)):
        chunk_key = f"deposits/{bank.channel}/{day}/{statement.batch_no}-{number:05d}.json"
        sealed = vault.seal(f"[{','.join(packed)}]", _owner(day, chunk_key))
        write_json(files, "work", chunk_key, {"day": day, "sealed": sealed})
        written.append({"key": chunk_key})
    return {"chunks": written, "lines": statement.count, "problems": len(statement.problems)}


def _decode(bank: DepositBank, source: IO[bytes], sidecar: bytes, chunks: Chunks) -> StatementSummary:
    if isinstance(bank, StreamingBank):
        return bank.stream_statement(source, sidecar, chunks.take)
    whole = bank.read_statement(source.read(), sidecar)
    chunks.take(whole.lines)
    return whole.summary


def book_chunk(files: Files, account: Account, period: str, key: str) -> dict[str, int]:
    """Book a chunk's lines in order of arrival; returns how many came to each outcome, repeats included.

    A line whose serial was booked with other content is put on the list of ``period`` and counted as ``changed``. One
    for another period, whose own machine still takes in its payments, is left to that one, and the day stays open until
    then: ``Pending`` (``LINES_WAIT``), once all the others are booked.
    """
    chunk = read_json(files, "work", key)
    counts: Counter[str] = Counter()
    waiting = 0
    for line in unpack(account.vault.open(chunk["sealed"], _owner(chunk["day"], key))):
        try:
            counts[book_line(account, line, chunk["day"])] += 1
        except Pending:
            waiting += 1
        except Conflict as conflict:
            if conflict.code != "LINE_CHANGED":
                raise
            problem = Problem(line.line, "serial", line.serial, "a serial of its own, or the content booked before")
            record_problems(period, f"{key}#{line.serial}", [problem], conflict.code, conflict.message)
            counts["changed"] += 1
    if waiting:
        raise Pending("LINES_WAIT", f"{chunk['day']} 有 {waiting} 笔款项属于其他期,待该期流程入账")
    return dict(counts)


def close_statement(period: str, channel: str, day: str) -> dict[str, int]:
    """Close the day, if every line of the statement stands in the books and they lead from opening to closing balance.

    Returns ``{"lines", "closing_fen"}``. Whether it opens with what the day before closed with is for the
    reconciliation: the machines of two periods may take an account's days in side by side. Raises
    ``ReconciliationOpen`` with each difference as a problem, also on the list of ``period``.
    """
    record = statement_records.find_statement(channel, day)
    if record is None:
        raise ReconciliationOpen("STATEMENT_MISSING", f"{day} 的对账单尚未收到")
    count = moved_fen = 0
    for line in statement_records.lines_of_day(channel, day):
        count += 1
        moved_fen += line.signed_fen
    found = {"lines": count, "problems": 0, "closing_fen": int(record.opening_fen) + moved_fen}
    differences = [
        Problem(0, name, str(int(getattr(record, name))), f"{value}, as the hub has it")
        for name, value in found.items()
        if int(getattr(record, name)) != value
    ]
    if differences:
        record_problems(period, f"{record.key}#close", differences, "STATEMENT_OPEN", "对账单与账务不一致")
        raise ReconciliationOpen("STATEMENT_OPEN", f"{day} 的对账单与账务不一致", problems=tuple(differences))
    record.update([StatementRecord.state.set(StatementState.CLOSED)], StatementRecord.digest == record.digest)
    return {"lines": count, "closing_fen": int(record.closing_fen)}


def _owner(day: str, key: str) -> str:
    # The month leads, so that the payers in a chunk are gone with that month's data key.
    return f"{day[:7]}/{key}"


def _of_that_day(stated: date, day: str) -> None:
    if stated != date.fromisoformat(day):
        problem = Problem(1, "day", stated.isoformat(), f"{day}, the day it was delivered for")
        raise FileRefused("DAY_DIFFERS", "对账单日期与投递目录不一致", problems=(problem,))


def _record(statement: StatementSummary, channel: str, key: str, digest: str) -> StatementRecord:
    day = statement.day.isoformat()
    return StatementRecord(
        *statement_records.statement_key(channel, day),
        channel=channel,
        day=day,
        key=key,
        batch_no=statement.batch_no,
        account_no=statement.account_no,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        lines=statement.count,
        problems=len(statement.problems),
        digest=digest,
        state=StatementState.READ,
    )


def _keep(record: StatementRecord) -> StatementRecord | None:
    """Keep what was read, and return nothing; or the one that the day was closed with."""
    transaction = Transaction()
    transaction.put(record, StatementRecord.pk.does_not_exist() | (StatementRecord.state == StatementState.READ))
    try:
        transaction.commit()
    except Conflict:
        closed = _closed(record.channel, record.day)
        if closed is None:
            raise
        return closed
    return None


def _closed(channel: str, day: str) -> StatementRecord | None:
    standing = statement_records.find_statement(channel, day)
    return standing if standing and standing.state == StatementState.CLOSED else None


def _taken(closed: StatementRecord) -> dict[str, Any]:
    return {"chunks": [], "lines": int(closed.lines), "problems": int(closed.problems)}
