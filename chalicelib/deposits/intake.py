"""What booking an account's lines needs to know: the account, and the terms of each period that its lines are for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.deposits.rules import Window, allot, own_account, period_of_number
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet
from integrations.ports import Direction, OwnAccount, StatementLine


@dataclass(frozen=True)
class Intake:
    """A period's terms for payments of one channel. ``summed_up_ms``: from then on the deposits' summary stands."""

    period: str
    channel: str
    window: Window
    summed_up_ms: int
    deposit_fen: int
    code_pattern: str
    vault: Vault
    clock: Clock


@dataclass(frozen=True)
class Account:
    """An account that outlives periods: what came in is allotted to one of them (docs/decisions/0017).

    ``opens_ms``: period -> when its deposits open. ``terms`` gives a period's terms, and raises ``Pending`` where that
    period's own machine is still to book it. ``own``: the hub's other accounts, money from or to which is nobody's
    deposit.
    """

    channel: str
    opens_ms: Mapping[str, int]
    terms: Callable[[str], Intake]
    vault: Vault
    clock: Clock
    own: tuple[OwnAccount, ...] = ()

    def moved_with(self, line: StatementLine) -> OwnAccount | None:
        """The own account that a line's money came from or went to. A payment that we ordered names itself."""
        return None if line.our_ref else own_account(line.account_no, line.memo, self.own)

    def period_of(self, line: StatementLine) -> str:
        """The period a line is for: a credit by its arrival, a debit by our number on it, interest by its day."""
        ours = period_of_number(line.our_ref) if line.direction is Direction.DEBIT else ""
        return ours or allot(line.booked_at_ms, self.opens_ms)


def intake_of(plan: Plan, rules: RuleSet, channel: str, vault: Vault, clock: Clock) -> Intake:
    """The terms from a period's plan and rules."""
    closes = "alipay_closes" if channel in rules.wallets else "deposits_close"
    return Intake(
        period=plan.period,
        channel=channel,
        # A wallet takes nothing on the last day: who found out too late can still go to a bank.
        window=Window(plan.at("deposits_open"), plan.at(closes)),
        summed_up_ms=plan.at("deposits_to_notary"),
        deposit_fen=rules.deposit_fen,
        code_pattern=rules.code_pattern,
        vault=vault,
        clock=clock,
    )


def account_of(*intakes: Intake) -> Account:
    """The account of some periods that are all known; of one channel, and at least one period."""
    by_period = {intake.period: intake for intake in intakes}
    one = intakes[0]
    opens_ms = {period: intake.window.opens_ms for period, intake in by_period.items()}
    return Account(one.channel, opens_ms, by_period.__getitem__, one.vault, one.clock)
