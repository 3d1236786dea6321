"""Rollover (延期退保): a qualified loser's deposit stays for the next period instead of going back."""

from __future__ import annotations

from datetime import date

from chalicelib.deposits.records import DepositRecord, DepositState, move_deposit
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import move
from chalicelib.refunds.selecting import rolling


def roll_over(period: str, day: date, now_ms: int) -> int:
    """Move every deposit that stays from held to rolled; returns how many are rolled. Again moves nothing."""
    rolled = 0
    for deposit in rolling(period):
        if deposit.state == DepositState.HELD:
            _roll(deposit, day, now_ms)
        if deposit.state in (DepositState.HELD, DepositState.ROLLED):
            rolled += 1
    return rolled


def _roll(deposit: DepositRecord, day: date, now_ms: int) -> None:
    transaction = Transaction()
    move_deposit(transaction, deposit.period, deposit.code, DepositState.HELD, DepositState.ROLLED)
    entry = move(
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
    ledger.post(entry, transaction)
