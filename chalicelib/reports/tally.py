"""What the month's many rows add up to, counted in one pass over each kind. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from chalicelib.kernel.clock import local_date
from chalicelib.reports.month import Month

CAME_BACK = ("failed", "replaced")


@dataclass
class Sum:
    """How many, and how much in fen."""

    count: int = 0
    fen: int = 0

    def add(self, fen: int) -> None:
        """Count one more."""
        self.count += 1
        self.fen += fen


@dataclass
class DepositSum:
    """Deposits of one state."""

    count: int = 0
    fen: int = 0
    excess_fen: int = 0


@dataclass
class RefundSum:
    """Payments of one batch, channel and state."""

    count: int = 0
    principal_fen: int = 0
    interest_fen: int = 0
    with_interest: int = 0

    @property
    def fen(self) -> int:
        """Principal and interest."""
        return self.principal_fen + self.interest_fen


@dataclass
class Tally:
    """Sums by what they are asked for. ``refunds`` by (batch, channel, state)."""

    credits: dict[str, Sum] = field(default_factory=lambda: defaultdict(Sum))
    arrivals: dict[tuple[date, str], Sum] = field(default_factory=lambda: defaultdict(Sum))
    deposits: dict[str, DepositSum] = field(default_factory=lambda: defaultdict(DepositSum))
    refunds: dict[tuple[str, str, str], RefundSum] = field(default_factory=lambda: defaultdict(RefundSum))
    rolled_in: Sum = field(default_factory=Sum)
    rolled_out: Sum = field(default_factory=Sum)
    rolled_excess_fen: int = 0

    def all_credits(self) -> Sum:
        """Every payment that came in."""
        return Sum(sum(each.count for each in self.credits.values()), sum(each.fen for each in self.credits.values()))

    def all_deposits(self) -> DepositSum:
        """Every deposit."""
        every = self.deposits.values()
        return DepositSum(
            sum(each.count for each in every), sum(each.fen for each in every), sum(each.excess_fen for each in every)
        )

    def refunds_where(self, fits: Callable[[str, str, str], bool]) -> RefundSum:
        """Payments whose batch, channel and state fit."""
        found = [each for key, each in self.refunds.items() if fits(*key)]
        return RefundSum(
            sum(each.count for each in found),
            sum(each.principal_fen for each in found),
            sum(each.interest_fen for each in found),
            sum(each.with_interest for each in found),
        )


def tally(month: Month) -> Tally:
    """Go through the month once."""
    found = Tally()
    for credit in month.credits:
        found.credits[credit.state].add(credit.amount_fen)
        found.arrivals[local_date(credit.arrived_at_ms), credit.channel].add(credit.amount_fen)
    for deposit in month.deposits:
        standing = found.deposits[deposit.state]
        standing.count += 1
        standing.fen += deposit.amount_fen
        standing.excess_fen += deposit.excess_fen
        if deposit.rolled_from:
            found.rolled_in.add(deposit.amount_fen)
            found.rolled_excess_fen += deposit.excess_fen
        if deposit.state == "rolled":
            found.rolled_out.add(deposit.amount_fen)
    for refund in month.refunds:
        paid = found.refunds[refund.batch, refund.channel, refund.state]
        paid.count += 1
        paid.principal_fen += refund.principal_fen
        paid.interest_fen += refund.interest_fen
        paid.with_interest += refund.interest_fen > 0
    return found
