"""Fetch a day's statement into the inbox, from a counterparty that delivers none: from there it is a file as any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from chalicelib.deposits import statement_records
from chalicelib.kernel.errors import Pending, TooEarlyOrLate
from chalicelib.kernel.fetched import put_fetched
from chalicelib.kernel.files import Files
from chalicelib.ledger import accounts
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import by_subject
from integrations.ports import AskedBank, BatchFile, DepositBank

# How an account says that it has no bill of a day: not ready, or nothing was booked.
NO_BILL = "BILL_NOT_READY"


@runtime_checkable
class GivesNoEmptyDay(Protocol):
    """A counterparty that has no statement at all of a day on which nothing was booked."""

    def empty_statement(self, day: date, opening_fen: int) -> BatchFile:
        """What stands for that day's statement."""
        ...


@dataclass(frozen=True)
class Wanted:
    """The day whose statement is wanted, and the folder (``month``) that it goes to. ``after``: so many files of that
    day were taken before, and refused: only then another one is fetched."""

    period: str
    month: str
    day: str
    after: int


def fetch_statement(files: Files, bank: DepositBank, wanted: Wanted, anyone_paid: Callable[[], bool]) -> str:
    """Put a day's statement into the inbox and return its key; empty where the bank delivers by itself.

    ``anyone_paid``: whether somebody paid by the end of the day whom no statement has yet; asked only where the account
    says that it has no bill of a day: then, and only if nobody did, an empty one stands for it. Raises ``Pending``
    where there is none yet.
    """
    day = wanted.day
    if not isinstance(bank, AskedBank):
        return ""
    folder = f"{bank.channel}/statement/{wanted.month}/{day}"

    def fetch() -> BatchFile:
        before = statement_records.statement_before(bank.channel, day)
        asked, opening_fen = date.fromisoformat(day), int(before.closing_fen) if before else 0
        try:
            return bank.fetch_statement(asked, opening_fen)
        except TooEarlyOrLate as early:
            raise Pending(early.code, early.message) from early
        except Pending as open_yet:
            # Only a word that there is no bill may stand for an empty day: silence never does.
            if (
                open_yet.code == NO_BILL
                and isinstance(bank, GivesNoEmptyDay)
                and _nothing_moved(wanted.period, bank.channel, day)
                and not anyone_paid()
            ):
                return bank.empty_statement(asked, opening_fen)
            raise

    return put_fetched(files, folder, wanted.after, fetch)


def _nothing_moved(period: str, channel: str, day: str) -> bool:
    """Whether the ledger has nothing of the period that no statement has yet, and nothing on its way."""
    entries = list(ledger.entries(period))
    stated = {
        line.cause
        for statement in statement_records.statements(channel, last=day)
        for line in statement_records.lines_of_day(channel, statement.day)
    }
    account = accounts.bank(channel)
    unstated = (entry for entry in entries if entry.cause not in stated)
    moved = any(leg.account == account for entry in unstated for leg in entry.legs)
    return not moved and not by_subject(entries, accounts.transit(channel))
