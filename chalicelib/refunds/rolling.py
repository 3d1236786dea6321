"""Rollover (延期退保): a qualified loser's deposit stays for the next period instead of going back (ADR 0018)."""

from __future__ import annotations

from datetime import date

from chalicelib.deposits.records import (
    DepositRecord,
    DepositState,
    find_deposit,
    following_period,
    move_deposit,
    rolled_into,
)
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, move
from chalicelib.refunds.selecting import rolling


def roll_over(period: str, day: date, now_ms: int) -> int:
    """Move every deposit that stays from held to rolled, and into the next period as a deposit without a payment.

    Returns how many are rolled. Again moves nothing.
    """
    rolled = 0
    for deposit in rolling(period):
        if deposit.state == DepositState.HELD:
            _roll(deposit, day, now_ms)
        if deposit.state in (DepositState.HELD, DepositState.ROLLED):
            rolled += 1
    return rolled


def _roll(deposit: DepositRecord, day: date, now_ms: int) -> None:
    """Out of one period's books and into the next one's, at once: there is no instant at which it is in neither."""
    into = following_period(deposit.period)
    transaction = Transaction()
    move_deposit(transaction, deposit.period, deposit.code, DepositState.HELD, DepositState.ROLLED)
    transaction.put(rolled_into(deposit, into), DepositRecord.pk.does_not_exist())
    for entry in (_out(deposit, day, now_ms), _into(deposit, into, day, now_ms)):
        ledger.add(transaction, entry)
    try:
        transaction.commit()
    except Conflict:
        # Somebody else rolled it at the same time; or it was paid anew in between, and then this one goes back.
        standing = find_deposit(deposit.period, deposit.code)
        if standing is None or standing.state != DepositState.ROLLED:
            raise


def _out(deposit: DepositRecord, day: date, now_ms: int) -> Entry:
    return move(
        causes.rollover(deposit.period, deposit.code),
        "rollover",
        deposit.period,
        day,
        now_ms,
        debit=accounts.held(deposit.period),
        credit=accounts.rolled(deposit.period),
        amount_fen=int(deposit.amount_fen),
        subject=deposit.code,
    )


def _into(deposit: DepositRecord, into: str, day: date, now_ms: int) -> Entry:
    return move(
        causes.rolled_in(into, deposit.code),
        "rolled_in",
        into,
        day,
        now_ms,
        debit=accounts.rolled(deposit.period),
        credit=accounts.held(into),
        amount_fen=int(deposit.amount_fen),
        subject=deposit.code,
    )
