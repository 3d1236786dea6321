"""The first to arrive counts, whichever is booked first: a deposit's later payment gives way to an earlier one.

Channels state their days at different hours, so that a code's second payment may be booked before its first.
"""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from chalicelib.deposits import records
from chalicelib.deposits.intake import Intake
from chalicelib.deposits.records import CreditRecord, CreditState, DepositRecord, DepositState
from chalicelib.deposits.rules import ReturnReason
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, Leg
from integrations.ports import StatementLine


def gives_way(intake: Intake, deposit: DepositRecord, line: StatementLine) -> CreditRecord | None:
    """The payment that a deposit was made by, where a line arrived before it; ``None`` where the deposit stays.

    It stays once the summary for the notary stands, where it was rolled over, and where somebody put it right by hand.
    """
    if deposit.state != DepositState.HELD or deposit.rolled_from or intake.clock.now_ms() >= intake.summed_up_ms:
        return None
    standing = records.find_credit(intake.period, deposit.channel, deposit.serial)
    if standing is None or standing.state != CreditState.MATCHED or standing.reason:
        return None
    came = (line.booked_at_ms, intake.channel, line.serial)
    return standing if came < (int(standing.arrived_at_ms), standing.channel, standing.serial) else None


def give_way(transaction: Transaction, standing: CreditRecord, code: str, now_ms: int) -> Condition:
    """Add to a transaction that a payment goes back as the second one of its code.

    Returns the condition under which the code's deposit may be put anew: that this payment still makes it.
    """
    transaction.update(
        CreditRecord(standing.pk, standing.sk),
        [CreditRecord.state.set(CreditState.RETURNABLE), CreditRecord.reason.set(ReturnReason.SECOND_PAYMENT)],
        (CreditRecord.state == CreditState.MATCHED) & (CreditRecord.code == code),
    )
    amount_fen = int(standing.amount_fen)
    entry = Entry(
        causes.second_payment(standing.channel, standing.serial),
        ReturnReason.SECOND_PAYMENT,
        standing.period,
        standing.valued_on,
        now_ms,
        (
            Leg(accounts.held(standing.period), amount_fen, code),
            Leg(accounts.returnable(standing.period), -amount_fen, standing.ref),
        ),
    )
    ledger.add(transaction, entry)
    made_by = (DepositRecord.channel == standing.channel) & (DepositRecord.serial == standing.serial)
    still: Condition = made_by & (DepositRecord.state == DepositState.HELD)
    return still
