"""A defaulter's deposit falls to the treasury. What was paid above it stays held, to go back with batch 2."""

from __future__ import annotations

from datetime import date

from chalicelib.deposits.records import DepositRecord, DepositState, move_deposit
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes, records
from chalicelib.ledger.rules import move


def add_forfeit(transaction: Transaction, deposit: DepositRecord, day: date, at_ms: int) -> None:
    """Add the step held -> forfeited and its entry to a transaction; its commit raises ``Conflict`` if done before."""
    move_deposit(transaction, deposit.period, deposit.code, DepositState.HELD, DepositState.FORFEITED)
    entry = move(
        causes.forfeit(deposit.period, deposit.code),
        "forfeit",
        deposit.period,
        day,
        at_ms,
        debit=accounts.held(deposit.period),
        credit=accounts.forfeited(deposit.period),
        amount_fen=int(deposit.amount_fen),
        subject=deposit.code,
    )
    records.add(transaction, entry)
