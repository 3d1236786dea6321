"""Doubtful payments: put right by the bidder before the deadline (保证金信息更正), or sent back after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pynamodb.expressions.condition import Condition

from chalicelib.applicants import records as applicants
from chalicelib.applicants.records import ApplicantRecord
from chalicelib.deposits import records
from chalicelib.deposits.records import CreditRecord, CreditState, DepositRecord
from chalicelib.deposits.rules import ReturnReason
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, Leg, move
from chalicelib.periods.audit import Act, Actor, note


@dataclass(frozen=True)
class Claim:
    """What a bidder knows of the payment: the day, the amount and the last characters of the account it came from."""

    code: str
    paid_on: date
    amount_fen: int
    account_tail: str


def correct(period: str, claim: Claim, *, deposit_fen: int, vault: Vault, now_ms: int) -> DepositRecord:
    """Make the doubtful payment that a claim describes the claimant's deposit. Its caller holds to the deadline.

    The payer must bear the applicant's name. The same claim again changes nothing. Raises ``NotFound`` where no
    doubtful payment fits (the answer does not say which part of the claim is wrong), ``Conflict``
    (``DEPOSIT_STANDS``) where the code already has a deposit from another payment.
    """
    applicant = applicants.get(period, claim.code)
    fitting = _fitting(period, applicant, claim, vault)
    standing = records.find_deposit(period, claim.code)
    if standing is not None:
        if any(standing.credit_ref == credit.ref for credit in fitting):
            return standing
        raise Conflict("DEPOSIT_STANDS", "该申请编码已有保证金")
    waiting = [credit for credit in fitting if credit.state == CreditState.DOUBTFUL]
    if not waiting:
        raise NotFound("PAYMENT_NOT_FOUND", "未找到符合所填信息的存疑付款,请核对付款日期、金额和付款账号尾号")
    credit = min(waiting, key=lambda each: (each.arrived_at_ms, each.serial))
    return assign(credit, claim.code, deposit_fen, now_ms)


def _fitting(period: str, applicant: ApplicantRecord, claim: Claim, vault: Vault) -> list[CreditRecord]:
    return [
        credit
        for credit in records.credits_of_payer(period, applicant.name_lookup)
        if credit.valued_on == claim.paid_on
        and int(credit.amount_fen) == claim.amount_fen
        and credit.payer(vault)[0].endswith(claim.account_tail)
    ]


def assign(
    credit: CreditRecord,
    code: str,
    deposit_fen: int,
    now_ms: int,
    *,
    confirmed: tuple[Actor, Act] | None = None,
    condition: Condition | None = None,
) -> DepositRecord:
    """Make a doubtful payment a code's deposit. ``confirmed``: the operator who said so second, and the act.

    Raises ``Conflict`` (``CONDITION_FAILED``) where it is not doubtful any more, the code has a deposit, or
    ``condition`` does not hold.
    """
    doubtful = CreditRecord.state == CreditState.DOUBTFUL
    deposit = records.deposit_from(credit, code, int(credit.amount_fen) - deposit_fen)
    transaction = Transaction()
    transaction.update(
        CreditRecord(credit.pk, credit.sk),
        [
            CreditRecord.state.set(CreditState.MATCHED),
            CreditRecord.code.set(code),
            CreditRecord.confirmed_by.set(confirmed[0].name if confirmed else ""),
        ],
        doubtful if condition is None else doubtful & condition,
    )
    transaction.put(deposit, DepositRecord.pk.does_not_exist())
    if confirmed:
        note(transaction, *confirmed)
    entry = Entry(
        causes.correction(credit.channel, credit.serial),
        "correction",
        credit.period,
        credit.valued_on,
        now_ms,
        (
            Leg(accounts.doubtful(credit.period), int(credit.amount_fen), credit.ref),
            Leg(accounts.held(credit.period), -int(credit.amount_fen), code),
        ),
    )
    ledger.add(transaction, entry)
    transaction.commit()
    return deposit


def close_corrections(period: str, day: date, now_ms: int) -> dict[str, int]:
    """After the deadline: every payment still doubtful must go back. Returns ``{"corrected", "returnable"}``."""
    counts = {"corrected": 0, "returnable": 0}
    for credit in records.credits(period):
        if credit.state == CreditState.DOUBTFUL:
            counts["returnable" if _give_up(credit, day, now_ms) else "corrected"] += 1
        elif credit.state == CreditState.MATCHED and credit.reason:
            counts["corrected"] += 1
    return counts


def _give_up(credit: CreditRecord, day: date, now_ms: int) -> bool:
    """``False`` where its owner put it right at the last moment, after it was listed here."""
    transaction = Transaction()
    transaction.update(
        CreditRecord(credit.pk, credit.sk),
        [CreditRecord.state.set(CreditState.RETURNABLE)],
        CreditRecord.state == CreditState.DOUBTFUL,
    )
    entry = move(
        causes.never_corrected(credit.channel, credit.serial),
        ReturnReason.NEVER_CORRECTED,
        credit.period,
        day,
        now_ms,
        debit=accounts.doubtful(credit.period),
        credit=accounts.returnable(credit.period),
        amount_fen=int(credit.amount_fen),
        subject=credit.ref,
    )
    try:
        ledger.post(entry, transaction)
    except Conflict:
        standing = records.find_credit(credit.period, credit.channel, credit.serial)
        if standing is None or standing.state != CreditState.MATCHED:
            raise
        return False
    return True
