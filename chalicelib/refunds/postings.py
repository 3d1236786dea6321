"""The ledger's entries of a payment: ordered, paid, come back. Pure."""

from __future__ import annotations

from chalicelib.ledger import accounts, causes
from chalicelib.ledger.rules import Entry, Leg
from chalicelib.refunds.records import RefundRecord
from chalicelib.refunds.rules import Source


def _entry(refund: RefundRecord, cause: str, kind: str, at_ms: int, legs: list[Leg]) -> Entry:
    return Entry(cause, kind, refund.period, refund.day, at_ms, tuple(legs))


def sent(refund: RefundRecord, at_ms: int) -> Entry:
    """Principal leaves where it stood, interest becomes a cost, both are in transit."""
    legs = []
    if refund.principal_fen:
        legs.append(Leg(refund.account, int(refund.principal_fen), refund.source_key))
    if refund.interest_fen:
        legs.append(Leg(accounts.INTEREST_EXPENSE, int(refund.interest_fen), refund.our_ref))
    legs.append(Leg(accounts.transit(refund.channel), -refund.amount_fen, refund.our_ref))
    return _entry(refund, causes.refund_sent(refund.our_ref), "refund_sent", at_ms, legs)


def paid(refund: RefundRecord, at_ms: int) -> Entry:
    """What was in transit has left the bank; interest that went apart left by transfer."""
    apart = refund.source == Source.INTEREST and refund.attempt == 1
    leaves = accounts.transfers if apart else accounts.bank
    legs = [
        Leg(accounts.transit(refund.channel), refund.amount_fen, refund.our_ref),
        Leg(leaves(refund.channel), -refund.amount_fen, refund.our_ref),
    ]
    return _entry(refund, causes.refund_paid(refund.our_ref), "refund_paid", at_ms, legs)


def failed(refund: RefundRecord, at_ms: int) -> Entry:
    """Principal waits for another account; interest is no cost until it is paid."""
    legs = [
        Leg(accounts.transit(refund.channel), refund.amount_fen, refund.our_ref),
    ]
    if refund.principal_fen:
        legs.append(Leg(accounts.returnable(refund.period), -int(refund.principal_fen), refund.source_key))
    if refund.interest_fen:
        legs.append(Leg(accounts.INTEREST_EXPENSE, -int(refund.interest_fen), refund.our_ref))
    return _entry(refund, causes.refund_failed(refund.our_ref), "refund_failed", at_ms, legs)
