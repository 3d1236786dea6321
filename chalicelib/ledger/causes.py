"""What makes an entry: a cause is posted once, and its name is how bank, ledger and refunds find each other again."""

from __future__ import annotations


def credit(channel: str, serial: str) -> str:
    """Money that came in: a credit line of a bank's statement."""
    return f"credit/{channel}/{serial}"


def bank_interest(channel: str, serial: str) -> str:
    """Interest that the bank paid: an interest line of its statement."""
    return f"bank-interest/{channel}/{serial}"


def moved(channel: str, serial: str) -> str:
    """Money that came from, or went to, another account of our own."""
    return f"moved/{channel}/{serial}"


def unexplained_debit(channel: str, serial: str) -> str:
    """Money that left without a number of ours: never posted, so that it shows as a difference."""
    return f"debit/{channel}/{serial}"


def correction(channel: str, serial: str) -> str:
    """A doubtful payment that was put right."""
    return f"correction/{channel}/{serial}"


def never_corrected(channel: str, serial: str) -> str:
    """A doubtful payment that nobody put right in time."""
    return f"never-corrected/{channel}/{serial}"


def second_payment(channel: str, serial: str) -> str:
    """A payment that made a deposit until one turned up that had arrived before it."""
    return f"second-payment/{channel}/{serial}"


def rollover(period: str, code: str) -> str:
    """A deposit that stays for the next period."""
    return f"rollover/{period}/{code}"


def rolled_in(period: str, code: str) -> str:
    """A deposit that stayed from the period before and is this one's now."""
    return f"rolled-in/{period}/{code}"


def forfeit(period: str, code: str) -> str:
    """A defaulter's deposit that falls to the treasury."""
    return f"forfeit/{period}/{code}"


def refund_sent(our_ref: str) -> str:
    """A payment ordered from a bank."""
    return f"refund-sent/{our_ref}"


def refund_paid(our_ref: str) -> str:
    """A payment that the bank says it made."""
    return f"refund-paid/{our_ref}"


def refund_failed(our_ref: str) -> str:
    """A payment that the bank says it could not make."""
    return f"refund-failed/{our_ref}"


def announced(channel: str, serial: str) -> str:
    """A credit that was told of before a statement had it: pending."""
    return f"announced/{channel}/{serial}"


def announcement_ended(channel: str, serial: str) -> str:
    """A statement has what was announced, or none ever will: one cause, so that an announcement ends once."""
    return f"announcement-ended/{channel}/{serial}"
