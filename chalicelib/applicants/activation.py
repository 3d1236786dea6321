"""Activation (资格激活): the qualified bidder sets a bidding password and chooses rollover or not. domain.md, 8."""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from chalicelib.applicants.code_rules import password_fault
from chalicelib.applicants.records import ApplicantRecord, change
from chalicelib.applicants.sms_codes import ACTIVATION, use_code
from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, Problem, TooEarlyOrLate
from chalicelib.kernel.ids import Entropy
from chalicelib.kernel.passwords import hash_password
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan


def check_activation_window(plan: Plan, now_ms: int) -> None:
    """Raises ``TooEarlyOrLate`` outside the window, whose last instant is outside already."""
    if now_ms < plan.at("activation_opens"):
        raise TooEarlyOrLate("ACTIVATION_NOT_OPEN", "资格激活尚未开始")
    if now_ms >= plan.at("activation_closes"):
        raise TooEarlyOrLate("ACTIVATION_CLOSED", "资格激活已经结束")


def activate(
    plan: Plan,
    code: str,
    phone: str,
    sms_code: str,
    password: str,
    *,
    rollover: bool,
    now_ms: int,
    vault: Vault,
    entropy: Entropy,
) -> ApplicantRecord:
    """Activate, or while the window is open change password and choice; the first activation's time stays.

    Raises ``TooEarlyOrLate``, ``InvalidInput`` (``PASSWORD_WEAK``, or what ``use_code`` raises) or ``NotAllowed``
    (``NOT_QUALIFIED``, ``APPLICANT_LOCKED``).
    """
    check_activation_window(plan, now_ms)
    remedy = password_fault(password)
    if remedy:
        # Before the SMS code is used up, and without a word of the password itself.
        problem = Problem(0, "password", f"{len(password)} characters", remedy)
        raise InvalidInput("PASSWORD_WEAK", "竞价密码须为8至64位,且同时含有字母和数字", problems=(problem,))
    applicant = use_code(plan.period, code, phone, ACTIVATION, sms_code, now_ms=now_ms, vault=vault)
    check_may_bid(applicant)
    activated = change(
        plan.period,
        code,
        [
            ApplicantRecord.activated_at_ms.set(applicant.activated_at_ms if applicant.activated else now_ms),
            ApplicantRecord.password_hash.set(hash_password(password, entropy)),
            ApplicantRecord.rollover.set(rollover),
        ],
        _as_read(applicant),
    )
    if activated is None:
        raise Conflict("ACTIVATION_MOVED", "资格状态刚刚发生变化,请重新办理激活")
    return activated


def check_may_bid(applicant: ApplicantRecord) -> None:
    """Raises ``NotAllowed`` for a locked or an unqualified applicant, with the regulator's reason where it gave one."""
    if applicant.locked:
        raise NotAllowed("APPLICANT_LOCKED", "该申请编码已被锁定")
    if not applicant.qualified:
        reason = applicant.audit_reason or applicant.refusal
        raise NotAllowed("NOT_QUALIFIED", f"未取得本期竞买资格: {reason}" if reason else "未取得本期竞买资格")


def _as_read(applicant: ApplicantRecord) -> Condition:
    unchanged: Condition = (
        (ApplicantRecord.qualified == True)  # noqa: E712 (a DynamoDB condition)
        & (ApplicantRecord.locked == False)  # noqa: E712
        & (ApplicantRecord.activated_at_ms == applicant.activated_at_ms)
    )
    return unchanged
