"""Credits told of before a statement has them: pending in the ledger, then posted with their line, or void.

They stand on two accounts of their own, ``coming`` and ``announced``, so that what a bank or wallet has merely told of
is never mixed with what a statement has (docs/decisions/0050).
"""

from __future__ import annotations

from datetime import date

from chalicelib.deposits import statement_records, trade_records
from chalicelib.deposits.trade_records import AnnouncedRecord, AnnouncedState
from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, move


def announce(credit: AnnouncedRecord, now_ms: int) -> None:
    """Keep an announced credit, once, pending in the ledger; one that a statement has already is posted at once.

    Raises ``Conflict`` (``NOTICE_CHANGED``) where it was told of otherwise before.
    """
    credit.pk, credit.sk = trade_records.announced_key(credit.period, credit.code, credit.channel, credit.serial)
    transaction = Transaction()
    if statement_records.find_serial(credit.channel, credit.serial) is not None:
        credit.state = AnnouncedState.POSTED
    else:
        ledger.add(transaction, _pending(credit, now_ms))
    transaction.put(credit, AnnouncedRecord.pk.does_not_exist())
    try:
        transaction.commit()
    except Conflict:
        standing = trade_records.find_announced(credit.pk, credit.sk)
        told = (credit.amount_fen, credit.arrived_at_ms)
        # None: the same serial stands under another code.
        if standing is None or (standing.amount_fen, standing.arrived_at_ms) != told:
            raise Conflict("NOTICE_CHANGED", f"流水 {credit.serial} 已按不同内容通知") from None


def end(transaction: Transaction, credit: AnnouncedRecord, becomes: AnnouncedState, day: date, now_ms: int) -> None:
    """Add the end of an announcement to a transaction, on condition that it is still pending: once, whoever ends it."""
    transaction.update(
        AnnouncedRecord(credit.pk, credit.sk),
        [AnnouncedRecord.state.set(becomes)],
        AnnouncedRecord.state == AnnouncedState.PENDING,
    )
    entry = move(
        causes.announcement_ended(credit.channel, credit.serial),
        f"announced_{becomes}",
        credit.period,
        day,
        now_ms,
        debit=accounts.announced(credit.period),
        credit=accounts.coming(credit.channel),
        amount_fen=int(credit.amount_fen),
        subject=_ref(credit),
    )
    ledger.add(transaction, entry)


def pending_of_line(period: str, channel: str, serial: str, candidates: tuple[str, ...]) -> AnnouncedRecord | None:
    """The pending announcement of a statement's line. ``candidates``: the codes in its memo, as the notice had them."""
    code = candidates[0] if len(candidates) == 1 else ""
    found = trade_records.find_announced(*trade_records.announced_key(period, code, channel, serial))
    return found if found is not None and found.state == AnnouncedState.PENDING else None


def _pending(credit: AnnouncedRecord, now_ms: int) -> Entry:
    return move(
        causes.announced(credit.channel, credit.serial),
        "announced",
        credit.period,
        from_ms(int(credit.arrived_at_ms)).date(),
        now_ms,
        debit=accounts.coming(credit.channel),
        credit=accounts.announced(credit.period),
        amount_fen=int(credit.amount_fen),
        subject=_ref(credit),
    )


def _ref(credit: AnnouncedRecord) -> str:
    return f"{credit.channel}#{credit.serial}"
