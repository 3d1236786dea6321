"""The month as it happens: who acts when, by the plan's own instants, until the period's state machine has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.periods.plan import Plan
from local.counterparties import ALIPAY_SELLER_ID, drop_into
from local.month import CHANNELS, Month
from local.period_machine import PeriodMachine, PeriodStoppedError
from local.stage import Stage
from local.world import (
    activation,
    bidders,
    carrier,
    counterparties,
    depositors,
    drawing,
    mishaps,
    notary,
    operators,
    papers,
    payees,
    wallet,
    winners,
)
from local.world.addresses import Addresses
from local.world.operators import Approver, Operator
from local.world.web import need, now_ms, sleep_until

POLL_S = 0.5
PROBLEMS_SHOWN = 12
# How many of the deadline's questions the treasury leaves without an answer.
SILENT_QUESTIONS = 2
# What a step is given to end in before its function is updated: AWS lets it end, the embedded AWS stops it where it is.
STEPS_END_S = 5
# A period's machine that has not ended by then is stuck: its last Wait was long ago.
PATIENCE_AFTER_MONTH_END_MS = 120_000
# How soon after the opening of the window the late rush begins is the bidders' own affair; signing in takes a while.
SIGN_IN_BEFORE_OPENING_MS = 3_000
# A winner who has not read by then what to pay can't have paid it in time.
PAYING_MS = 3_000

Say = Callable[[str], None]


@dataclass
class Story:
    """What the actors did and saw in a month."""

    approver: Approver
    corrections: depositors.Corrections = field(default_factory=depositors.Corrections)
    activations: activation.Activations = field(default_factory=activation.Activations)
    bids: bidders.BidsSeen = field(default_factory=bidders.BidsSeen)
    payers: winners.Payers = field(default_factory=winners.Payers)
    other_accounts: payees.OtherAccounts = field(default_factory=payees.OtherAccounts)
    papers: papers.Papers = field(default_factory=papers.Papers)
    wallet: wallet.WalletPayers = field(default_factory=wallet.WalletPayers)
    mishaps: mishaps.Mishaps = field(default_factory=mishaps.Mishaps)
    attached: notary.Attached = field(default_factory=notary.Attached)
    told: carrier.Told = field(default_factory=carrier.Told)
    attempts: int = 1
    problems: list[dict[str, Any]] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Answers that no actor should have got."""
        seen = (self.approver, self.activations, self.bids, self.payers, self.other_accounts, self.wallet)
        return [fault for part in seen for fault in part.faults]


@dataclass
class _Month:
    """The cast of one month on its stage."""

    stage: Stage
    month: Month
    at: Addresses
    machine: PeriodMachine
    planner: Operator
    say: Say

    @property
    def plan(self) -> Plan:
        return self.month.plan

    @property
    def goes_wrong(self) -> bool:
        """Whether faults are planted: in a month over all channels."""
        return set(self.month.channels) == set(CHANNELS)

    def until(self, at_ms: int) -> None:
        """Wait for an instant of the plan, and notice if the machine stops meanwhile."""
        while now_ms() < at_ms:
            self.machine.check()
            sleep_until(min(at_ms, now_ms() + 1_000))

    def until_reached(self, milestone: str) -> None:
        """Wait until the hub says that a milestone is reached."""
        while milestone not in operators.period_state(self.at, self.month.period)["reached"]:
            self.machine.check()
            time.sleep(POLL_S)

    def until_ended(self) -> None:
        """Wait for the period's machine to come to its end."""
        deadline_ms = self.plan.at("month_end") + PATIENCE_AFTER_MONTH_END_MS
        while self.machine.check() != "SUCCEEDED":
            if now_ms() > deadline_ms:
                raise PeriodStoppedError("the period's machine is still running long after the month's end")
            time.sleep(POLL_S)


def addresses(stage: Stage) -> Addresses:
    """Where a stage's hub and counterparties are."""
    return Addresses.of_stage(stage, drop_into(stage.scene))


def run_month(
    stage: Stage,
    month: Month,
    plan_json: dict[str, Any],
    people: tuple[Operator, Operator],
    say: Say,
    *,
    interrupted: bool = False,
    midway: Callable[[], None] | None = None,
) -> Story:
    """Act the whole month. ``people``: the planner and the second person. Raises ``PeriodStoppedError``.

    ``interrupted``: the period's machine is aborted once deposits are booked and started again as a second attempt,
    which goes through all that was done already; ``midway`` is called between the two.
    """
    planner, second = people
    at = addresses(stage)
    operators.publish_plan(at, planner, plan_json)
    cast = _Month(stage, month, at, PeriodMachine(stage, month.period), planner, say)
    with Approver(at, second, planner, month.period) as approver:
        story = Story(approver)
        try:
            story.told = carrier.keep_silent(at, month)
            _applicants_and_deposits(cast, story)
            if interrupted or midway:
                _start_again(cast, story, midway)
            _qualification_and_activation(cast, story)
            _auction(cast, story)
            _settlement(cast, story)
            _refunds(cast, story)
            cast.until_ended()
            _look_back(cast, story)
            if cast.goes_wrong:
                mishaps.count_unspent(at, story.mishaps)
            story.papers = papers.fetch_papers(at, month, story.payers)
        except PeriodStoppedError as stopped:
            listed = operators.problems(at, planner, month.period)[:PROBLEMS_SHOWN]
            words = ("source", "code", "message", "remedy")
            shown = "\n".join("  " + " ".join(str(each[word]) for word in words) for each in listed)
            raise PeriodStoppedError(f"{stopped}\non the operators' list:\n{shown}") from None
    story.problems = operators.problems(at, planner, month.period)
    return story


def _applicants_and_deposits(cast: _Month, story: Story) -> None:
    plan, month, at = cast.plan, cast.month, cast.at
    counterparties.drop_applicant_lists(at, month)
    cast.say("regulator: applicant lists dropped into the inbox")
    cast.until_reached("applicants_to_notary")
    story.wallet = wallet.pay_by_wallet(at, month, plan.at("alipay_closes"))
    if story.wallet.paid:
        paid, seen = len(story.wallet.paid), len(story.wallet.seen)
        cast.say(f"bidders: {paid} payments by {at.wallet_name}, {seen} seen within seconds")
    first, last = {each.day: each for each in plan.intake}.values()
    if cast.goes_wrong:
        _state_with_mishaps(cast, story, first.day, (first.due.at_ms, last.due.at_ms))
    else:
        _state(cast, first.day, first.due.at_ms)
    story.corrections = depositors.sign_in_correctors(at, month)
    if story.wallet.paid and cast.goes_wrong:
        drawn_fen = drawing.draw_from_wallet(at, month, last.day, ALIPAY_SELLER_ID)
        cast.say(f"finance: {drawn_fen} fen drawn from the wallet to the bank, nobody's deposit")
    _state(cast, last.day, last.due.at_ms)
    depositors.correct_deposits(at, month, story.corrections)
    cast.say(f"bidders: {len(story.corrections.corrected)} doubtful deposits put right")


def _start_again(cast: _Month, story: Story, meanwhile: Callable[[], None] | None) -> None:
    """The machine is gone in the middle; the planner starts it again, after what is done meanwhile."""
    cast.machine.abort()
    if meanwhile:
        time.sleep(STEPS_END_S)
        meanwhile()
    token = operators.sign_in(cast.at, cast.planner)
    door = f"{cast.at.api}/periods/{cast.month.period}/restart"
    story.attempts = int(need("POST", door, body={"abandoned": True}, token=token)["attempt"])
    cast.machine = PeriodMachine(cast.stage, cast.month.period, story.attempts)
    cast.say(f"operators: the period's machine was aborted and started again, attempt {story.attempts}")


def _state(cast: _Month, day: date, due_ms: int) -> None:
    """Payments come in, and the bank states the day when its statement is due."""
    cast.until(due_ms)
    coming = counterparties.pay_in(cast.at, cast.month, day)
    counterparties.state_account(cast.at, day)
    cast.say(f"bank: statement of {day} with {coming} payments")


def _state_with_mishaps(cast: _Month, story: Story, day: date, due_ms: tuple[int, int]) -> None:
    """The first statement of a month in which things go wrong: told of before, dropped badly, and fetched badly."""
    at, month, done = cast.at, cast.month, story.mishaps
    token = operators.sign_in(at, cast.planner)

    def listed() -> list[dict[str, Any]]:
        return operators.problems(at, cast.planner, month.period)

    cast.until(due_ms[0])
    coming = counterparties.pay_in(at, month, day)
    mishaps.tell_of_nothing(at, month, day, done)
    mishaps.tell_of_credits(at, month, day, done)
    mishaps.see_pending(at, month, day, done)
    cast.say(f"bank: {done.told} credits told of as they came in, one seen {done.pending_seen} by its bidder")
    mishaps.spoil_statements(at, done)
    counterparties.close_asked(at, day)
    mishaps.state_badly(at, day, listed, done)
    counterparties.state_account(at, day)
    cast.say(f"bank: statement of {day} with {coming} payments, after two that were refused")
    mishaps.see_differences(at, token, month, due_ms[1], done)


def _qualification_and_activation(cast: _Month, story: Story) -> None:
    plan, month, at = cast.plan, cast.month, cast.at
    cast.until(plan.at("deposits_to_notary"))
    counterparties.drop_qualification(at, month)
    cast.say("regulator: qualification results dropped into the inbox")
    story.attached = notary.hand_over(at, cast.planner, month)
    cast.say("notary: a video and minutes attached by their digests, other bytes refused")
    carrier.report(at, cast.planner, story.told)
    cast.say(f"carrier: {story.told.reports} texts reported, out of order and twice")
    cast.until_reached("qualification_by")
    cast.until(plan.at("activation_opens"))
    # First, while there is time: whoever comes at the end of the window is told that it is closed.
    bad_codes = activation.try_bad_codes(at, month, lambda code: cast.stage.age_code(month.period, code))
    story.activations = activation.activate_all(at, month)
    story.activations.bad_codes |= bad_codes
    activation.try_unqualified(at, month, story.activations)
    cast.say(f"bidders: {len(story.activations.activated)} activated by SMS code")


def _auction(cast: _Month, story: Story) -> None:
    plan, month, at = cast.plan, cast.month, cast.at
    cast.until(plan.at("activation_closes"))
    story.bids = bidders.sign_in_bidders(at, month, story.activations.activated)
    if now_ms() < plan.at("auction_opens") - SIGN_IN_BEFORE_OPENING_MS:
        bidders.bid_out_of_time(at, month, story.bids, "NOT_OPEN")
    cast.until(plan.at("auction_opens"))
    bidders.bid_all(at, month, story.bids, plan.broadcasts[0].at_ms)
    cast.say(f"bidders: {story.bids.accepted} bids accepted, {sum(story.bids.refused.values())} refused")
    cast.until(plan.at("auction_closes") + 1)
    bidders.bid_out_of_time(at, month, story.bids, "CLOSED")
    cast.until_reached("auction_closes")


def _settlement(cast: _Month, story: Story) -> None:
    plan, month, at = cast.plan, cast.month, cast.at
    expected = sum(plan.quotas.values())
    owed = winners.read_notices(at, month, story.bids.receipts, expected, plan.at("settlement_closes") - PAYING_MS)
    # A treasury that answers nothing for a while makes nobody a defaulter: it is asked again.
    need("POST", f"{at.treasury}/_fault", body={"kind": "silent", "requests": SILENT_QUESTIONS, "numbers": ["8997"]})
    story.payers = winners.pay_prices(at, month, owed, plan.at("settlement_closes"))
    cast.say(f"winners: {len(story.payers.paid_fen)} paid at the treasury, {len(story.payers.defaulters)} did not")
    counterparties.close_accounts(at, month)
    if cast.goes_wrong:
        mishaps.spoil_refunds(at, story.mishaps)
        mishaps.advise_interest(at, month, story.mishaps)


def _refunds(cast: _Month, story: Story) -> None:
    plan, month, at = cast.plan, cast.month, cast.at
    if cast.goes_wrong:
        cast.until(plan.at("refunds_1_by"))
        mishaps.bring_returns(at, story.mishaps)
        mishaps.return_of_nothing(at, month, story.mishaps)
    cast.until_reached("refunds_1_by")
    if cast.goes_wrong:
        mishaps.overwrite_return(at, month, story.mishaps)
    story.other_accounts = payees.give_other_accounts(at, month, plan.at("failed_refunds_after"))
    cast.say(f"bidders: {len(story.other_accounts.given)} gave another account for a refund that failed")
    cast.until_reached("failed_refunds_after")
    if cast.goes_wrong:
        mishaps.spoil_last_statement(at, story.mishaps)
    for day in sorted({statement.day for statement in plan.closing}):
        counterparties.state_account(at, day)
    cast.say("bank: the month's last statement")


def _look_back(cast: _Month, story: Story) -> None:
    carrier.report(cast.at, cast.planner, story.told)
    carrier.see_campaigns(cast.at, cast.planner, cast.month, story.told)
    notary.look_again(cast.at, cast.planner, cast.month, story.attached)
