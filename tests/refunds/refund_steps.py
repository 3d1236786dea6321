"""A batch of refunds through all of its steps, as several rules here need it."""

from __future__ import annotations

from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.sending import release, send
from tests.deposits.deposit_month import PERIOD, DepositMonth


def run(month: DepositMonth, batch: str) -> dict[str, int]:
    """Prepared, approved, sent and returned; how many payments are in which state."""
    prepared = prepare(batch, month.means())
    release(PERIOD, batch, "approver")
    counts = {"paid": 0, "failed": 0, "pending": 0}
    for file in prepared["files"]:
        send(file["batch_no"], month.means())
        key = f"hangzhou/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
        for state, count in apply_return(file["batch_no"], key, month.means()).items():
            counts[state] += count
    return counts
