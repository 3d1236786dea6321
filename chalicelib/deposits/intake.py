"""What booking a channel's lines needs to know about the period, gathered once."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.deposits.rules import Window
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet


@dataclass(frozen=True)
class Intake:
    """A period's terms for payments of one channel."""

    period: str
    channel: str
    window: Window
    deposit_fen: int
    code_pattern: str
    vault: Vault
    clock: Clock


def intake_of(plan: Plan, rules: RuleSet, channel: str, vault: Vault, clock: Clock) -> Intake:
    """The terms from a period's plan and rules."""
    return Intake(
        period=plan.period,
        channel=channel,
        window=Window(plan.at("deposits_open"), plan.at("deposits_close")),
        deposit_fen=rules.deposit_fen,
        code_pattern=rules.code_pattern,
        vault=vault,
        clock=clock,
    )
