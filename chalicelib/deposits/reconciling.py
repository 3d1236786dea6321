"""Account = statements = ledger = deposits, line by line; over a difference nothing closes (money rule 6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from chalicelib.deposits import difference_records, moving, records, statement_records
from chalicelib.deposits.comparing import Difference, Stated, Told, Why, of_days, of_lines
from chalicelib.deposits.records import CreditState, DepositState
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel import metrics
from chalicelib.kernel.errors import ReconciliationOpen
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, balances, by_subject, total
from chalicelib.periods.problems import record_problems


def reconcile(period: str, first: str = "9", last: str = "", *, final: bool = True, at_ms: int = 0) -> dict[str, int]:
    """Hold the period's books against its accounts' statements and against the deposits; keep what was found.

    ``first`` and ``last`` are the days of the plan's first and last statement that are looked at; days that lines of
    the period stand on are in any case. Before the month's end (not ``final``) differences that a later statement may
    settle are listed and hold nothing up. Returns ``{"differences", "statements", "entries"}``. Raises
    ``ReconciliationOpen`` with one problem a difference, also put on the operator's list.
    """
    found, seen = _look(period, first, last)
    if any(final or not each.passing for each in found):
        # Entries, lines and deposits are read one after the other: what was booked in between differs once only.
        again, seen = _look(period, first, last)
        found = [each for each in again if each in found]
    difference_records.keep(period, found, at_ms)
    holding = [each for each in found if final or not each.passing]
    if holding:
        problems = tuple(each.as_problem() for each in holding)
        record_problems(period, f"reconcile/{period}", problems, "RECONCILIATION_OPEN", "账务核对存在差异")
        metrics.count(metrics.RECONCILIATION_OPEN, len(holding))
        raise ReconciliationOpen("RECONCILIATION_OPEN", f"账务核对存在 {len(holding)} 处差异", problems=problems)
    return {"differences": len(found), **seen}


def _look(period: str, first: str, last: str) -> tuple[list[Difference], dict[str, int]]:
    """Every difference as the books stand now, and how many statements and entries were looked at."""
    entries = list(ledger.entries(period))
    found = [*_of_ledger(period, entries), *_announced(period, entries), *moving.half_stated(entries)]
    statements = 0
    for channel, days in sorted(_days(period, entries).items()):
        span = list(statement_records.statements(channel, min({*days, first}), max({*days, last})))
        statements += len(span)
        found += of_days(_stated(channel, span))
        found += of_lines(_told(period, channel), _posted(channel, entries))
        found += _of_other_periods(period, channel, span)
        found += _in_transit(entries, channel)
    return found, {"statements": statements, "entries": len(entries)}


def stated_days(period: str) -> dict[str, set[str]]:
    """Channel -> the days on whose statements lines of the period stand."""
    days: dict[str, set[str]] = {}
    for credit in records.credits(period):
        days.setdefault(credit.channel, set()).add(credit.statement_day)
    for line in statement_records.bank_lines(period):
        days.setdefault(line.channel, set()).add(line.statement_day)
    return days


def _of_ledger(period: str, entries: list[Entry]) -> Iterator[Difference]:
    left_fen = total(balances(entries))
    if left_fen:
        yield Difference("SUM_NOT_ZERO", Why.UNKNOWN, "ledger", left_fen, 0, "the sum of all postings")
    yield from _places(period, entries)


def _days(period: str, entries: list[Entry]) -> dict[str, set[str]]:
    """Channel -> its days (``stated_days``); also channels that only the ledger knows."""
    known = [name.removeprefix("bank:") for name in balances(entries) if name.startswith("bank:")]
    return {channel: set() for channel in known} | stated_days(period)


def _stated(channel: str, span: list[StatementRecord]) -> list[Stated]:
    """The span's days and the one before it."""
    before = statement_records.statement_before(channel, span[0].day) if span else None
    return [
        Stated(
            name=f"statement {channel}#{each.day}",
            day=date.fromisoformat(each.day),
            account_no=each.account_no,
            opening_fen=int(each.opening_fen),
            closing_fen=int(each.closing_fen),
            closed=each.state == StatementState.CLOSED,
        )
        for each in ([before, *span] if before else span)
    ]


def _of_other_periods(period: str, channel: str, span: list[StatementRecord]) -> Iterator[Difference]:
    """What else stands on these days' statements is in the books of the period that it was allotted to."""
    account = accounts.bank(channel)
    for statement in span:
        for line in statement_records.lines_of_day(channel, statement.day):
            if line.period == period:
                continue
            entry = ledger.read(line.period, line.cause)
            posted = {line.cause: _on(entry, account)} if entry else {}
            for each in of_lines([Told(line.cause, line.signed_fen)], posted):
                subject = f"{each.subject} of {line.period}"
                yield Difference(each.code, each.why, subject, each.ledger_fen, each.bank_fen, each.wanted)


def _in_transit(entries: list[Entry], channel: str) -> Iterator[Difference]:
    """A payment whose outcome nobody knows keeps the month open."""
    account = accounts.transit(channel)
    for our_ref, fen in sorted(by_subject(entries, account).items()):
        wanted = "once the bank has said what became of it"
        yield Difference("IN_TRANSIT", Why.NOT_YET_STATED, f"{account} {our_ref}", fen, 0, wanted)


def _announced(period: str, entries: list[Entry]) -> Iterator[Difference]:
    """A payment that was told of ends with a statement's line, or with two statements that lack it."""
    for ref, fen in sorted(by_subject(entries, accounts.announced(period)).items()):
        wanted = "a line on a statement; ask the bank"
        yield Difference("ANNOUNCED_OPEN", Why.NOT_YET_STATED, f"announced {ref}", fen, None, wanted)


def _on(entry: Entry, account: str) -> int:
    return sum(leg.amount_fen for leg in entry.legs if leg.account == account)


def _posted(channel: str, entries: list[Entry]) -> dict[str, int]:
    account = accounts.bank(channel)
    return {entry.cause: _on(entry, account) for entry in entries if any(leg.account == account for leg in entry.legs)}


def _told(period: str, channel: str) -> Iterator[Told]:
    for credit in records.credits(period):
        if credit.channel == channel:
            yield Told(causes.credit(channel, credit.serial), int(credit.amount_fen))
    for line in statement_records.bank_lines(period):
        if line.channel == channel:
            yield Told(line.cause, line.signed_fen)


def _places(period: str, entries: list[Entry]) -> Iterator[Difference]:
    """Every fen is where its deposit or credit says that it is (money rule 1)."""
    held = by_subject(entries, accounts.held(period))
    wanted: dict[str, set[int]] = {}
    for deposit in records.deposits(period):
        if deposit.state == DepositState.HELD:
            wanted[deposit.code] = {-int(deposit.amount_fen) - int(deposit.excess_fen)}
        elif deposit.state in (DepositState.FORFEITED, DepositState.ROLLED):
            # What was paid above a forfeited or rolled deposit stays held until it is sent back.
            wanted[deposit.code] = {0, -int(deposit.excess_fen)}
    for code in sorted({*held, *wanted}):
        yield from _place(f"held {code}", held.get(code, 0), wanted.get(code, {0}), "as the deposit has it")
    returnable = by_subject(entries, accounts.returnable(period))
    doubtful = by_subject(entries, accounts.doubtful(period))
    doubted: dict[str, int] = {}
    for credit in records.credits(period):
        owed_fen = -int(credit.amount_fen)
        if credit.state == CreditState.RETURNABLE:
            found_fen = returnable.get(credit.ref, 0)
            yield from _place(f"returnable {credit.ref}", found_fen, {owed_fen}, "as the credit has it")
        elif credit.state == CreditState.DOUBTFUL:
            doubted[credit.ref] = owed_fen
    for ref in sorted({*doubtful, *doubted}):
        yield from _place(f"doubtful {ref}", doubtful.get(ref, 0), {doubted.get(ref, 0)}, "as the credit has it")


def _place(subject: str, found_fen: int, wanted: set[int], meaning: str) -> Iterator[Difference]:
    if found_fen not in wanted:
        yield Difference("PLACE_DIFFERS", Why.UNKNOWN, subject, found_fen, min(wanted), meaning)
