"""Who gets a message, asked of the rooms that know, and what the message says to each. No personal data passes here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalicelib.applicants.records import listed
from chalicelib.auctions.records import standings
from chalicelib.deposits.records import DepositState, deposits
from chalicelib.kernel.clock import from_ms, local_date
from chalicelib.kernel.money import FEN_PER_YUAN, yuan_text
from chalicelib.periods.plan import Plan
from chalicelib.refunds.records import RefundRecord, failed, refunds
from chalicelib.refunds.rules import RefundState
from chalicelib.treasury.records import notices
from chalicelib.treasury.rules import OPEN


@dataclass(frozen=True)
class Recipient:
    """One message to be sent: to whose registered phone, and what fills the template."""

    code: str
    params: Mapping[str, str]


def deposit_unpaid(plan: Plan) -> Iterator[Recipient]:
    """SMS 1: applicants whose deposit has not come in."""
    paid = {deposit.code for deposit in deposits(plan.period)}
    until = until_text(plan, "deposits_close")
    for applicant in listed(plan.period):
        if applicant.code not in paid:
            yield Recipient(applicant.code, {"application": applicant.code, "until": until})


def qualified(plan: Plan) -> Iterator[Recipient]:
    """SMS 2: everybody qualified, asked to activate."""
    until = until_text(plan, "activation_closes")
    for applicant in listed(plan.period):
        if applicant.qualified and not applicant.activated:
            params = {"application": applicant.code, "period": plan.period, "until": until}
            yield Recipient(applicant.code, params)


def not_activated(plan: Plan) -> Iterator[Recipient]:
    """SMS 3: the qualified who have not activated."""
    until = until_text(plan, "activation_closes")
    for applicant in listed(plan.period):
        if applicant.qualified and not applicant.activated:
            yield Recipient(applicant.code, {"application": applicant.code, "until": until})


def price_due(plan: Plan) -> Iterator[Recipient]:
    """SMS 4 and 5: winners whose payment the treasury has not confirmed, with price and pay code."""
    until = until_text(plan, "settlement_closes")
    for notice in notices(plan.period):
        if notice.status in OPEN:
            price = str(int(notice.amount_fen) // FEN_PER_YUAN)
            params = {"application": notice.code, "price": price, "pay_code": notice.pay_code, "until": until}
            yield Recipient(notice.code, params)


def bidders(plan: Plan) -> Iterator[Recipient]:
    """Everybody who bid: won or not."""
    for standing in standings(plan.period):
        result = "已竞得指标" if standing.won else "未竞得指标"
        yield Recipient(standing.code, {"application": standing.code, "period": plan.period, "result": result})


def refunded(plan: Plan) -> Iterator[Recipient]:
    """Everybody all of whose refunds were paid, with the sum of principal and interest.

    Whose deposit is still held hears it when that has come back too: it is one text.
    """
    held = {deposit.code for deposit in deposits(plan.period) if deposit.state == DepositState.HELD}
    for code, state, total_fen in _refunds_by_code(plan.period):
        if state == RefundState.PAID and code not in held:
            yield Recipient(code, {"application": code, "amount": yuan_text(total_fen)})


def refund_failed(plan: Plan) -> Iterator[Recipient]:
    """Everybody with a refund that the bank sent back and for which it is not known yet where it shall go."""
    known = {failure.sk for failure in failed(plan.period) if failure.answered_at_ms}
    back = (refund for refund in refunds(plan.period) if refund.state == RefundState.FAILED)
    for code in sorted({refund.code for refund in back if refund.code and refund.our_ref not in known}):
        yield Recipient(code, {"application": code})


def until_text(plan: Plan, milestone: str) -> str:
    """A deadline as a text says it: ``3月17日17:00``. The day alone where a month runs in minutes."""
    at, day = plan.at(milestone), plan.day(milestone)
    text = f"{day.month}月{day.day}日"
    return f"{text}{from_ms(at):%H:%M}" if local_date(at) == day else text


def _refunds_by_code(period: str) -> Iterator[tuple[str, RefundState, int]]:
    """Each code with refunds: failed where one is, paid where all are, and the fen that were paid."""
    by_code: dict[str, list[RefundRecord]] = defaultdict(list)
    for refund in refunds(period):
        # A payment nobody could be told by has no code; one sent again elsewhere stands in for the one that failed.
        if refund.code and refund.state != RefundState.REPLACED:
            by_code[refund.code].append(refund)
    for code, same_code in by_code.items():
        states = {RefundState(refund.state) for refund in same_code}
        total_fen = sum(int(refund.principal_fen) + int(refund.interest_fen) for refund in same_code)
        if RefundState.FAILED in states:
            yield code, RefundState.FAILED, 0
        elif states == {RefundState.PAID}:
            yield code, RefundState.PAID, total_fen
