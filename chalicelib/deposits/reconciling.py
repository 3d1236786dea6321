"""Bank = statements = ledger = deposits, line by line; over a difference nothing closes (money rule 6)."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator

from chalicelib.deposits import records, statement_records
from chalicelib.deposits.records import CreditState, DepositState
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel.errors import Problem, ReconciliationOpen
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, balances, by_subject, total
from chalicelib.periods.problems import record_problems
from integrations.ports import Direction


def reconcile(period: str, first: str = "9", last: str = "") -> dict[str, int]:
    """Hold the period's books against the banks' statements and against the deposits.

    ``first`` and ``last`` are the days of the plan's first and last statement; the days that lines of the period stand
    on are looked at in any case. Returns ``{"differences": 0, "statements", "entries"}``. Raises
    ``ReconciliationOpen`` with one problem a difference, also put on the operator's list.
    """
    entries = list(ledger.entries(period))
    found = list(_of_ledger(period, entries))
    statements = 0
    for channel, days in sorted(_days(period, entries).items()):
        span = list(statement_records.statements(channel, min({*days, first}), max({*days, last})))
        statements += len(span)
        found += _statements(channel, span)
        found += _lines(period, channel, entries)
        found += _other_periods(period, channel, span)
        found += _in_transit(entries, channel)
    if found:
        record_problems(period, f"reconcile/{period}", found, "RECONCILIATION_OPEN", "账务核对存在差异")
        raise ReconciliationOpen("RECONCILIATION_OPEN", f"账务核对存在 {len(found)} 处差异", problems=tuple(found))
    return {"differences": 0, "statements": statements, "entries": len(entries)}


def _of_ledger(period: str, entries: list[Entry]) -> Iterator[Problem]:
    by_account = balances(entries)
    if total(by_account) != 0:
        yield _difference("ledger", total(by_account), 0, "the sum of all postings")
    yield from _places(period, entries)


def _days(period: str, entries: list[Entry]) -> dict[str, set[str]]:
    """Channel -> the days on whose statements lines of the period stand; also channels that only the ledger knows."""
    days: dict[str, set[str]] = {
        name.removeprefix("bank:"): set() for name in balances(entries) if name.startswith("bank:")
    }
    for credit in records.credits(period):
        days.setdefault(credit.channel, set()).add(credit.statement_day)
    for line in statement_records.bank_lines(period):
        days.setdefault(line.channel, set()).add(line.statement_day)
    return days


def _difference(field: str, found_fen: int, wanted_fen: int, meaning: str) -> Problem:
    return Problem(0, field, f"{found_fen} fen", f"{wanted_fen} fen, {meaning}")


def _statements(channel: str, span: list[StatementRecord]) -> Iterator[Problem]:
    """An account goes on where it ended, from the statement before the first one on."""
    before = statement_records.statement_before(channel, span[0].day) if span else None
    in_order = [before, *span] if before else span
    for statement in in_order:
        if statement.state != StatementState.CLOSED:
            yield Problem(0, _name(statement), str(statement.state), "closed")
    for earlier, later in itertools.pairwise(in_order):
        if later.opening_fen != earlier.closing_fen:
            opening, closing = int(later.opening_fen), int(earlier.closing_fen)
            yield _difference(_name(later), opening, closing, "the closing balance of the statement before")
        if later.account_no != earlier.account_no:
            yield Problem(0, _name(later), "another account", "the account of the statement before")


def _name(statement: StatementRecord) -> str:
    return f"statement {statement.channel}#{statement.day}"


def _other_periods(period: str, channel: str, span: list[StatementRecord]) -> Iterator[Problem]:
    """What else stands on these days' statements is in the books of the period that it was allotted to."""
    account = accounts.bank(channel)
    for statement in span:
        for line in statement_records.lines_of_day(channel, statement.day):
            if line.period == period:
                continue
            entry = ledger.read(line.period, line.cause)
            posted = sum(leg.amount_fen for leg in entry.legs if leg.account == account) if entry else 0
            if posted != line.signed_fen:
                yield _difference(f"{line.cause} of {line.period}", posted, line.signed_fen, "as the statement has it")


def _in_transit(entries: list[Entry], channel: str) -> Iterator[Problem]:
    """A payment whose outcome nobody knows keeps the month open."""
    account = accounts.transit(channel)
    for our_ref, fen in sorted(by_subject(entries, account).items()):
        yield _difference(f"{account} {our_ref}", fen, 0, "once the bank has said what became of it")


def _lines(period: str, channel: str, entries: Iterable[Entry]) -> Iterator[Problem]:
    """Each line of the bank's against the entry with the same cause, in both directions."""
    told = _told_by_bank(period, channel)
    account = accounts.bank(channel)
    posted = {
        entry.cause: sum(leg.amount_fen for leg in entry.legs if leg.account == account)
        for entry in entries
        if any(leg.account == account for leg in entry.legs)
    }
    for cause in sorted({*told, *posted}):
        bank_fen, ledger_fen = told.get(cause), posted.get(cause)
        if ledger_fen is None:
            yield Problem(0, cause, "not in the ledger", f"{bank_fen} fen, as the bank's statement has it")
        elif bank_fen is None:
            yield Problem(0, cause, f"{ledger_fen} fen in the ledger", "a line on a statement of the bank")
        elif bank_fen != ledger_fen:
            yield _difference(cause, ledger_fen, bank_fen, "as the bank's statement has it")


def _told_by_bank(period: str, channel: str) -> dict[str, int]:
    told: dict[str, int] = defaultdict(int)
    for credit in records.credits(period):
        if credit.channel == channel:
            told[causes.credit(channel, credit.serial)] += int(credit.amount_fen)
    for line in statement_records.bank_lines(period):
        if line.channel != channel:
            continue
        if line.direction == Direction.INTEREST:
            told[causes.bank_interest(channel, line.serial)] += int(line.amount_fen)
        else:
            # A debit without a number of ours, or two with the same, shows as a difference.
            told[
                causes.refund_paid(line.our_ref) if line.our_ref else causes.unexplained_debit(channel, line.serial)
            ] -= int(line.amount_fen)
    return dict(told)


def _places(period: str, entries: list[Entry]) -> Iterator[Problem]:
    """Every fen is where its deposit or credit says that it is (money rule 1)."""
    held = by_subject(entries, accounts.held(period))
    wanted_held = {
        deposit.code: -int(deposit.amount_fen) - int(deposit.excess_fen)
        for deposit in records.deposits(period)
        if deposit.state == DepositState.HELD
    }
    excess = {
        deposit.code: -int(deposit.excess_fen)
        for deposit in records.deposits(period)
        if deposit.state in (DepositState.FORFEITED, DepositState.ROLLED)
    }
    for code in sorted({*held, *wanted_held}):
        wanted = wanted_held.get(code, 0)
        # What was paid above a forfeited or rolled deposit stays held until it is sent back.
        if held.get(code, 0) not in {wanted, excess.get(code, wanted)}:
            yield _difference(f"held {code}", held.get(code, 0), wanted, "as the deposit has it")
    returnable = by_subject(entries, accounts.returnable(period))
    for credit in records.credits(period):
        found_fen = returnable.get(credit.ref, 0)
        if credit.state == CreditState.RETURNABLE and found_fen != -int(credit.amount_fen):
            yield _difference(f"returnable {credit.ref}", found_fen, -int(credit.amount_fen), "as the credit has it")
    doubtful = by_subject(entries, accounts.doubtful(period))
    wanted_doubtful = {
        credit.ref: -int(credit.amount_fen)
        for credit in records.credits(period)
        if credit.state == CreditState.DOUBTFUL
    }
    for ref in sorted({*doubtful, *wanted_doubtful}):
        if doubtful.get(ref, 0) != wanted_doubtful.get(ref, 0):
            yield _difference(
                f"doubtful {ref}", doubtful.get(ref, 0), wanted_doubtful.get(ref, 0), "as the credit has it"
            )
