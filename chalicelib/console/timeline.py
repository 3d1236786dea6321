"""Everything that happened to one application in a period, in one list, from what the rooms kept. No personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.applicants.records import ApplicantRecord
from chalicelib.applicants.views import refusal_text
from chalicelib.auctions import records as auctions
from chalicelib.console import words
from chalicelib.console.contacts import contacts_of
from chalicelib.console.faq import faq
from chalicelib.deposits import records as deposits
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.money import yuan_text
from chalicelib.refunds.viewing import refunds_of
from chalicelib.treasury.records import find_notice


@dataclass(frozen=True)
class Happened:
    """``at_ms`` is 0 where a room keeps the fact but not its instant; those come first."""

    at_ms: int
    what: str
    detail: str = ""


def timeline(applicant: ApplicantRecord) -> list[Happened]:
    """The whole story, oldest first."""
    period, code = applicant.period, applicant.code
    told = [
        *_application(applicant),
        *_deposit(period, code),
        *_auction(period, code),
        *_payment(period, code),
        *_refunds(applicant),
        *_contacts(period, code),
    ]
    return sorted(told, key=lambda each: each.at_ms)


def _application(applicant: ApplicantRecord) -> Iterator[Happened]:
    kind = words.CLASSES.get(applicant.bidder_class, applicant.bidder_class)
    yield Happened(0, "列入申请人名单", f"{kind}，有效期 {applicant.valid_from} 至 {applicant.valid_until}")
    if applicant.audit:
        passed = "通过" if applicant.audit == "passed" else "未通过"
        yield Happened(0, f"资格审核{passed}", refusal_text(applicant))
    if applicant.activated:
        rollover = "选择延期" if applicant.rollover else "未选择延期"
        by = f"，由 {applicant.activated_by} 现场办理" if applicant.activated_by else ""
        yield Happened(int(applicant.activated_at_ms), "激活竞买资格", f"{rollover}{by}")
    if applicant.withdrawn:
        yield Happened(int(applicant.withdrawn_at_ms), "撤回申请", applicant.withdrawal_reason)
    if applicant.locked:
        yield Happened(0, "已锁定", "违约")


def _deposit(period: str, code: str) -> Iterator[Happened]:
    deposit = deposits.find_deposit(period, code)
    if deposit is None:
        return
    credit = deposits.find_credit(deposit.paid_in, deposit.channel, deposit.serial)
    at_ms = int(credit.arrived_at_ms) if credit else 0
    of = words.CHANNELS.get(deposit.channel, deposit.channel)
    state = words.DEPOSITS.get(str(deposit.state), str(deposit.state))
    detail = f"{of} {yuan_text(int(deposit.amount_fen))} 元，{state}"
    if deposit.rolled_from:
        yield Happened(at_ms, f"保证金由 {deposit.rolled_from} 期延期转入", detail)
        return
    yield Happened(at_ms, "保证金到账", detail)
    if credit and credit.confirmed_by:
        yield Happened(at_ms, "存疑付款更正", f"{credit.proposed_by} 提出，{credit.confirmed_by} 复核")


def _auction(period: str, code: str) -> Iterator[Happened]:
    # Before the result is out nobody is told of a bid, operators neither.
    if auctions.fact(period, "published") is None:
        return
    standing = auctions.standing(period, code)
    if standing is None:
        return
    outcome = "成交" if standing.won else "未成交"
    price = f"{yuan_text(standing.price_fen)} 元，第 {standing.rank} 名"
    yield Happened(standing.bid_at_ms, f"最后有效报价（{outcome}）", price)


def _payment(period: str, code: str) -> Iterator[Happened]:
    notice = find_notice(period, code)
    if notice is None:
        return
    yield Happened(int(notice.registered_at_ms), "缴款通知书", f"应缴 {yuan_text(int(notice.amount_fen))} 元")
    if notice.paid_at_ms:
        yield Happened(int(notice.paid_at_ms), "成交款已缴", "")
    if notice.defaulted_at_ms:
        yield Happened(int(notice.defaulted_at_ms), "认定违约", f"没收 {yuan_text(int(notice.forfeited_fen))} 元")


def _refunds(applicant: ApplicantRecord) -> Iterator[Happened]:
    for refund in refunds_of(applicant):
        of = words.SOURCES.get(str(refund.source), str(refund.source))
        amount = yuan_text(int(refund.principal_fen) + int(refund.interest_fen))
        state = words.REFUNDS.get(str(refund.state), str(refund.state))
        yield Happened(at_shanghai(refund.leaves_on), f"退款：{of}", f"{amount} 元（含利息），{state}")


def _contacts(period: str, code: str) -> Iterator[Happened]:
    for each in contacts_of(period, code):
        category = faq().categories.get(each.category, each.category)
        handed = f"，转交 {each.handed_to}" if each.handed_to else ""
        yield Happened(int(each.at_ms), f"来电：{category}", f"{each.text}（{each.by}{handed}）")
