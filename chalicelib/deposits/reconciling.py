"""Bank = statements = ledger = deposits, line by line; over a difference nothing closes (money rule 6)."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from chalicelib.deposits import records, statement_records
from chalicelib.deposits.records import CreditState, DepositState
from chalicelib.deposits.statement_records import StatementRecord, StatementState
from chalicelib.kernel.errors import Problem, ReconciliationOpen
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, balances, by_subject, total
from chalicelib.periods.problems import record_problems
from integrations.ports import Direction


def reconcile(period: str) -> dict[str, int]:
    """Hold the period's books against the banks' statements and against the deposits.

    Returns ``{"differences": 0, "statements", "entries"}``. Raises ``ReconciliationOpen`` with one problem a
    difference, also put on the operator's list.
    """
    entries = list(ledger.entries(period))
    by_channel: dict[str, list[StatementRecord]] = defaultdict(list)
    for statement in statement_records.statements(period):
        by_channel[statement.channel].append(statement)
    found = list(differences(period, entries, by_channel))
    if found:
        record_problems(period, f"reconcile/{period}", found, "RECONCILIATION_OPEN", "账务核对存在差异")
        raise ReconciliationOpen("RECONCILIATION_OPEN", f"账务核对存在 {len(found)} 处差异", problems=tuple(found))
    return {"differences": 0, "statements": sum(map(len, by_channel.values())), "entries": len(entries)}


def differences(
    period: str, entries: list[Entry], by_channel: Mapping[str, list[StatementRecord]]
) -> Iterator[Problem]:
    """Every difference, of statements, of lines, of balances and of deposits."""
    by_account = balances(entries)
    if total(by_account) != 0:
        yield _difference("ledger", total(by_account), 0, "the sum of all postings")
    banks = {name.removeprefix("bank:") for name in by_account if name.startswith("bank:")}
    for channel in sorted(banks | set(by_channel)):
        statements = by_channel.get(channel, [])
        yield from _statements(_before(period, channel, statements) + statements)
        yield from _lines(period, channel, entries)
        opening = int(statements[0].opening_fen) if statements else 0
        closing = int(statements[-1].closing_fen) if statements else 0
        ledger_fen = opening + by_account.get(accounts.bank(channel), 0)
        if ledger_fen != closing:
            yield _difference(accounts.bank(channel), ledger_fen, closing, "the closing balance of the last statement")
        yield from _in_transit(entries, channel)
    yield from _places(period, entries)
    yield from _in_two_periods(period)


def _difference(field: str, found_fen: int, wanted_fen: int, meaning: str) -> Problem:
    return Problem(0, field, f"{found_fen} fen", f"{wanted_fen} fen, {meaning}")


def _statements(statements: list[StatementRecord]) -> Iterator[Problem]:
    for statement in statements:
        if statement.state != StatementState.CLOSED:
            yield Problem(0, f"statement {statement.sk}", str(statement.state), "closed")
    for earlier, later in itertools.pairwise(statements):
        if later.opening_fen != earlier.closing_fen:
            opening, closing = int(later.opening_fen), int(earlier.closing_fen)
            yield _difference(f"statement {later.sk}", opening, closing, "the closing balance of the statement before")
        if later.account_no != earlier.account_no:
            yield Problem(0, f"statement {later.sk}", "another account", "the account of the statement before")


def _before(period: str, channel: str, statements: list[StatementRecord]) -> list[StatementRecord]:
    """The preceding period's last statement before this one's first: the same account goes on where it ended."""
    if not statements:
        return []
    preceding = statement_records.statements(records.preceding_period(period))
    return [each for each in preceding if each.channel == channel and each.day < statements[0].day][-1:]


def _in_transit(entries: list[Entry], channel: str) -> Iterator[Problem]:
    """A payment whose outcome nobody knows keeps the month open."""
    account = accounts.transit(channel)
    for our_ref, fen in sorted(by_subject(entries, account).items()):
        yield _difference(f"{account} {our_ref}", fen, 0, "once the bank has said what became of it")


def _in_two_periods(period: str) -> Iterator[Problem]:
    """A payment is in one period's books: statements of two periods overlap, and one fen is in one place."""
    own = {credit.ref for credit in records.credits(period)}
    for other in (records.preceding_period(period), records.following_period(period)):
        for ref in sorted(own & {credit.ref for credit in records.credits(other)}):
            yield Problem(0, f"credit {ref}", f"also in the books of {other}", "in the books of one period")


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
            told[causes.refund_paid(line.our_ref) if line.our_ref else f"debit/{channel}/{line.serial}"] -= int(
                line.amount_fen
            )
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
