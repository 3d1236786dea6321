"""A month in minutes: the instants of a plan brought seconds apart, with room for as many bidders as there are.

Nothing is skipped and no clock is bent: the dates stay those of the calendar, the state machine's Waits are real, and
windows open and close at the instants that the plan says.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.periods.milestones import StatementDue
from chalicelib.periods.plan import Plan, compress

# How long a bidder takes, over all of them working a few at a time on two cores, with room to spare: about 80 ms to
# activate, with an SMS code and a password hash, and 60 ms to sign in and bid twice were seen.
ACTIVATION_MS_PER_BIDDER = 90
BIDDING_MS_PER_BIDDER = 100
PAYING_MS_PER_BIDDER = 30
IMPORT_MS_PER_BIDDER = 30
WALLET_MS_PER_BIDDER = 100
NAMING_MS_PER_BIDDER = 400
# A wallet's refunds are calls of their own, paced and asked about: 50 s were seen for a batch of 168 payments.
REFUNDING_MS_PER_BIDDER = 250
# Over all channels things go wrong: statements come again, returns come late.
MISHAPS_MS = 10_000

# The two statements that stand for the days of the deposit window, and the one that closes the month.
INTAKE_DAYS = ("12", "17")


def _statements(plan: Plan) -> tuple[list[str], list[str], list[str]]:
    """The first, the second and the last statement of every channel that are kept."""

    def named(statements: tuple[StatementDue, ...], day: str) -> list[str]:
        return [f"statement-{due.channel}-{due.day}" for due in statements if due.day.isoformat().endswith(day)]

    first, last = (named(plan.intake, f"-{day}") for day in INTAKE_DAYS)
    return first, last, named(plan.closing, plan.closing[-1].day.isoformat())


def compressed(
    plan: Plan,
    bidders: int,
    start_ms: int,
    *,
    by_wallet: bool = False,
    wallet_transfers: bool = True,
    held: Mapping[str, int] | None = None,
) -> Plan:
    """The plan with its first milestone a few seconds after ``start_ms`` (epoch ms).

    Without ``wallet_transfers`` those who paid by wallet have to name an account for the interest. ``held``: by how
    many ms more a milestone, and with it all that follow, comes later.
    """
    offsets: dict[str, int] = {}
    at = 0

    def then(after_ms: int, *names: str) -> None:
        nonlocal at
        at += after_ms + (held or {}).get(names[0], 0)
        offsets.update(dict.fromkeys(names, at))

    first, last, closing = _statements(plan)
    importing = IMPORT_MS_PER_BIDDER * bidders
    activating = ACTIVATION_MS_PER_BIDDER * bidders
    bidding = BIDDING_MS_PER_BIDDER * bidders
    then(0, "deposits_open")
    then(4_000, "plan_due")
    then(4_000, "applications_close")
    then(3_000, "applicants_to_notary")
    # Who pays by wallet signs in with an SMS code first, and opens trades one after another.
    then(6_000 + importing + (12_000 + WALLET_MS_PER_BIDDER * bidders if by_wallet else 0), *first)
    then(4_000 + importing + (MISHAPS_MS if by_wallet else 0), "deposit_reminder")
    then(2_000, "alipay_closes")
    then(2_000, "deposits_close")
    then(2_000, *last)
    then(16_000 + importing, "corrections_close")
    then(1_000, "deposits_to_notary")
    then(2_000, "qualification_by")
    then(6_000 + importing, "activation_opens")
    then(10_000 + activating // 2, "activation_reminder")
    then(6_000 + activating // 2, "activation_closes")
    then(9_000, "auction_opens")
    then(6_000 + bidding * 4 // 10, "broadcast-1")
    then(3_000 + bidding * 3 // 10, "broadcast-2")
    then(3_000 + bidding * 3 // 10, "auction_closes")
    then(18_000 + importing, "settlement_opens")
    then(7_000 + PAYING_MS_PER_BIDDER * bidders, "settlement_reminder")
    then(4_000 + PAYING_MS_PER_BIDDER * bidders, "settlement_closes")
    then(6_000, "refunds_1_by")
    then(4_000, "refunds_2_by")
    naming = 0 if wallet_transfers else NAMING_MS_PER_BIDDER * bidders
    refunding = MISHAPS_MS + REFUNDING_MS_PER_BIDDER * bidders if by_wallet else 0
    then(14_000 + refunding + naming, "failed_refunds_after")
    then(6_000, "month_end", *closing)
    return compress(plan, offsets, start_ms)
