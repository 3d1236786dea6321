"""Receipts are written off (核销) against the payments they are for; what does not fit holds up the month."""

from __future__ import annotations

from chalicelib.kernel.clock import Clock
from chalicelib.kernel.csv_table import CSV_TYPE
from chalicelib.kernel.errors import Problem, ReconciliationOpen
from chalicelib.kernel.files import Files
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.lists import TreasuryLists, receipts_csv, surplus_csv, treasury_lists
from chalicelib.treasury.receipt_records import ReceiptRecord, ReceiptState, advance_receipt, receipts


def write_off(files: Files, clock: Clock, period: str) -> dict[str, int]:
    """Write off every issued receipt whose payment stands, and hand finance and the treasury their lists.

    Returns ``{"written_off", "reversed", "surplus", "surplus_fen"}``. Raises ``ReconciliationOpen``
    (``RECEIPTS_OPEN``) where a payment has no receipt, a receipt no payment, or nobody has decided about a winner whose
    notice is void: each is on the operators' list, and the month is not sealed over it.
    """
    found = treasury_lists(period)
    unfit = set(found.receipts_without_payment)
    for record in receipts(period):
        # A reversing receipt is done with what it reverses.
        if record.status == ReceiptState.ISSUED and (record.reverses or record.pay_code not in unfit):
            actions = [
                ReceiptRecord.state.set(ReceiptState.WRITTEN_OFF),
                ReceiptRecord.written_off_at_ms.set(clock.now_ms()),
            ]
            advance_receipt(record, actions, ReceiptRecord.state == ReceiptState.ISSUED)
    found = treasury_lists(period)
    files.write("outbox", f"finance/receipts/{period}/receipts-{period}.csv", receipts_csv(found.receipts), CSV_TYPE)
    files.write("outbox", f"treasury/surplus/{period}/surplus-{period}.csv", surplus_csv(found.surplus), CSV_TYPE)
    _need_nothing_open(period, found)
    states = [line.state for line in found.receipts]
    return {
        "written_off": states.count(ReceiptState.WRITTEN_OFF),
        "reversed": states.count(ReceiptState.REVERSED),
        "surplus": len(found.surplus),
        "surplus_fen": sum(line.surplus_fen for line in found.surplus),
    }


def _need_nothing_open(period: str, found: TreasuryLists) -> None:
    undecided = [notice.pay_code for notice in records.notices(period) if notice.undecided]
    problems = [
        *(Problem(0, "payment", code, "an e-receipt for this payment") for code in found.payments_without_receipt),
        *(Problem(0, "receipt", code, "a payment, or a reversal") for code in found.receipts_without_payment),
        *(Problem(0, "notice", code, "two persons' word on its winner") for code in sorted(undecided)),
    ]
    if problems:
        message = f"缴款与财政电子票据有 {len(problems)} 处未核对一致,本月不能封存"
        record_problems(period, f"treasury/receipts/{period}", problems, "RECEIPTS_OPEN", message)
        raise ReconciliationOpen("RECEIPTS_OPEN", message, problems=tuple(problems))
