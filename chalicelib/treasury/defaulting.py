"""Who did not pay by the deadline is locked and loses the deposit, after a second person has agreed."""

from __future__ import annotations

from chalicelib.applicants.bans import add_ban, ban_until
from chalicelib.applicants.records import get, lock
from chalicelib.deposits.forfeiting import add_forfeit
from chalicelib.deposits.records import DepositRecord, DepositState, find_deposit
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict, Pending
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.plan import Plan
from chalicelib.treasury import records
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.rules import OPEN, NoticeStatus, VoidState


def propose_defaulters(clock: Clock, period: str) -> dict[str, int]:
    """Mark every open notice for default, and say what it comes to: ``{"defaulters", "forfeit_fen", "defaulted"}``.

    ``defaulted`` is how many were carried out before: a machine that is started again still owes their remittance.
    Each must have been called unpaid by the treasury at or after its deadline. Raises ``Pending``
    (``NOT_VERIFIED``) otherwise, ``Conflict`` (``DEPOSIT_NOT_HELD``) where there is no deposit to forfeit.
    """
    notices = list(records.notices(period))
    open_notices = [notice for notice in notices if _can_default(notice)]
    unverified = sum(int(notice.unpaid_at_ms) < int(notice.due_at_ms) for notice in open_notices)
    if unverified:
        raise Pending("NOT_VERIFIED", f"{unverified} 份缴款通知在截止后尚未向财政核实")
    forfeit_fen = sum(int(_deposit(notice).amount_fen) for notice in open_notices)
    for notice in open_notices:
        actions = [NoticeRecord.proposed_at_ms.set(clock.now_ms())]
        unmarked = (NoticeRecord.proposed_at_ms == 0) & records.defaultable()
        records.advance(period, notice.code, actions, unmarked)
    defaulted = sum(notice.status == NoticeStatus.DEFAULTED for notice in notices)
    return {"defaulters": len(open_notices), "forfeit_fen": forfeit_fen, "defaulted": defaulted}


def default(clock: Clock, plan: Plan, by: str, ban_months: int = 0) -> dict[str, int]:
    """Carry out the default of every marked notice that is still open, each in one transaction.

    The notice defaults, the applicant is locked and banned for ``ban_months``, the deposit goes held -> forfeited with
    its ledger entry: together or not at all. Returns ``{"defaulted", "forfeit_fen"}``, of all runs. A notice that was
    paid meanwhile is left alone.
    """
    for notice in sorted(records.notices(plan.period), key=lambda each: each.pay_code):
        if _can_default(notice) and int(notice.proposed_at_ms) > 0:
            _default(clock, plan, notice, (by, ban_months))
    done = [notice for notice in records.notices(plan.period) if notice.status == NoticeStatus.DEFAULTED]
    return {"defaulted": len(done), "forfeit_fen": sum(int(notice.forfeited_fen) for notice in done)}


def _default(clock: Clock, plan: Plan, notice: NoticeRecord, decided: tuple[str, int]) -> None:
    by, ban_months = decided
    deposit = _deposit(notice)
    now_ms = clock.now_ms()
    transaction = Transaction()
    actions = [
        NoticeRecord.state.set(NoticeStatus.DEFAULTED),
        NoticeRecord.defaulted_at_ms.set(now_ms),
        NoticeRecord.defaulted_by.set(by),
        NoticeRecord.forfeited_fen.set(int(deposit.amount_fen)),
    ]
    records.advance_in(transaction, plan.period, notice.code, actions, records.defaultable())
    lock(plan.period, notice.code, transaction)
    applicant = get(plan.period, notice.code)
    if ban_months and applicant.id_lookup:
        add_ban(transaction, applicant, ban_until(plan.day("settlement_closes"), ban_months))
    add_forfeit(transaction, deposit, plan.day("settlement_closes"), now_ms)
    try:
        transaction.commit()
    except Conflict:
        there = records.find_notice(plan.period, notice.code)
        if there is None or _can_default(there):
            raise


def _can_default(notice: NoticeRecord) -> bool:
    return notice.status in OPEN and notice.void_state != VoidState.CONFIRMED


def _deposit(notice: NoticeRecord) -> DepositRecord:
    deposit = find_deposit(notice.period, notice.code)
    if deposit is None or deposit.state != DepositState.HELD:
        raise Conflict("DEPOSIT_NOT_HELD", f"申请编码 {notice.code} 没有可没收的保证金")
    return deposit
