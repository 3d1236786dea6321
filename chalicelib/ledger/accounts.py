"""The chart of accounts. Assets and costs are debits (> 0), what is owed and what was earned are credits (< 0).

| account | holds |
|---|---|
| ``bank:{channel}`` | money that stands in a deposit bank |
| ``held:{period}`` | deposits (and what was paid above them) of bidders known by their code |
| ``doubtful:{period}`` | payments of known payers whose code is missing, wrong or cut off |
| ``returnable:{period}`` | payments that must go back, and refunds that came back |
| ``rolled:{period}`` | deposits that stay for the next period |
| ``transit:{channel}`` | ordered from a bank, outcome not yet known |
| ``transfers:{channel}`` | sent from a wallet by transfer, on no trade bill: its word on each counts |
| ``between:{channel}-{channel}`` | moved from one own account to another: back at nought once both have stated it |
| ``forfeited:{period}`` | deposits of defaulters, owed to the treasury |
| ``coming:{channel}``, ``announced:{period}`` | told of, on no statement yet: both sides of one pending sum |
| ``interest_income``, ``interest_expense`` | interest from the bank, interest to bidders |
"""

from __future__ import annotations

INTEREST_INCOME = "interest_income"
INTEREST_EXPENSE = "interest_expense"


def bank(channel: str) -> str:
    """Money that stands in a deposit bank."""
    return f"bank:{channel}"


def held(period: str) -> str:
    """Deposits of bidders known by their code, with what was paid above them."""
    return f"held:{period}"


def doubtful(period: str) -> str:
    """Payments that may still be put right until the correction deadline."""
    return f"doubtful:{period}"


def returnable(period: str) -> str:
    """Payments that must go back."""
    return f"returnable:{period}"


def rolled(period: str) -> str:
    """Deposits that stay for the next period."""
    return f"rolled:{period}"


def transit(channel: str) -> str:
    """Ordered from a bank; its word is awaited."""
    return f"transit:{channel}"


def transfers(channel: str) -> str:
    """Sent from a wallet by transfer."""
    return f"transfers:{channel}"


def between(one: str, other: str) -> str:
    """Moved between two accounts of our own."""
    return f"between:{'-'.join(sorted((one, other)))}"


def forfeited(period: str) -> str:
    """Deposits of defaulters, owed to the treasury."""
    return f"forfeited:{period}"


def coming(channel: str) -> str:
    """Money that a bank or wallet told of, and no statement has yet."""
    return f"coming:{channel}"


def announced(period: str) -> str:
    """Payments that were told of, pending until a statement has them: whose they are is judged then."""
    return f"announced:{period}"
