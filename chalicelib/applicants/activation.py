"""Activation (资格激活): the qualified bidder sets a bidding password and chooses rollover or not. domain.md, 8."""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from chalicelib.applicants.code_rules import password_fault
from chalicelib.applicants.records import ApplicantRecord, change, end_sessions
from chalicelib.applicants.sms_codes import ACTIVATION, PASSWORD, use_code
from chalicelib.applicants.views import refusal_text
from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, Problem, TooEarlyOrLate
from chalicelib.kernel.ids import Entropy
from chalicelib.kernel.passwords import hash_password
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor
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
    """Activate, or while the window is open change password and choice: the first one's time stays, sessions end.

    Raises ``TooEarlyOrLate``, ``InvalidInput`` (``PASSWORD_WEAK``, or what ``use_code`` raises) or ``NotAllowed``
    (``NOT_QUALIFIED``, ``APPLICANT_LOCKED``).
    """
    check_activation_window(plan, now_ms)
    check_password(password)
    applicant = use_code(plan.period, code, phone, ACTIVATION, sms_code, now_ms=now_ms, vault=vault)
    return take_up(applicant, password, rollover=rollover, now_ms=now_ms, entropy=entropy)


def check_password(password: str) -> None:
    """Raises ``InvalidInput`` (``PASSWORD_WEAK``): before an SMS code is used up, and without a word of it."""
    remedy = password_fault(password)
    if remedy:
        problem = Problem(0, "password", f"{len(password)} characters", remedy)
        raise InvalidInput("PASSWORD_WEAK", "竞价密码须为8至64位,且同时含有字母和数字", problems=(problem,))


def take_up(
    applicant: ApplicantRecord,
    password: str,
    *,
    rollover: bool,
    now_ms: int,
    entropy: Entropy,
    before: Actor | None = None,
) -> ApplicantRecord:
    """The right to bid is taken up by whoever was found to be the bidder; ``before``: the operator who saw to it."""
    check_may_bid(applicant)
    standing = {"activated": applicant.activated, "rollover": bool(applicant.rollover)}
    act = Act("applicant.activate", f"{applicant.period} {applicant.code}", standing, {"rollover": rollover})
    actions = [
        ApplicantRecord.activated_at_ms.set(applicant.activated_at_ms if applicant.activated else now_ms),
        ApplicantRecord.activated_by.set(before.name if before else ""),
        ApplicantRecord.password_hash.set(hash_password(password, entropy)),
        ApplicantRecord.rollover.set(rollover),
    ]
    beside = None
    if applicant.activated:
        # Another password: what was opened with the one before ends.
        beside = Transaction()
        actions.append(ApplicantRecord.sessions_from_ms.set(end_sessions(beside, applicant, now_ms)))
    noted = (before, act) if before else None
    activated = change(applicant.period, applicant.code, actions, _as_read(applicant), noted, beside=beside)
    if activated is None:
        raise Conflict("ACTIVATION_MOVED", "资格状态刚刚发生变化,请重新办理激活")
    return activated


def set_password(
    plan: Plan,
    code: str,
    phone: str,
    sms_code: str,
    password: str,
    *,
    closes_at_ms: int,
    now_ms: int,
    vault: Vault,
    entropy: Entropy,
) -> ApplicantRecord:
    """A new bidding password in place of one that two operators took away (``desk``); choice and time stay.

    ``closes_at_ms`` is the auction's close as it holds, pauses counted in. Raises what ``activate`` does;
    ``NotAllowed`` (``PASSWORD_STANDS``) where none was taken away.
    """
    if now_ms >= closes_at_ms:
        raise TooEarlyOrLate("AUCTION_CLOSED", "本期竞价已经结束")
    check_password(password)
    applicant = use_code(plan.period, code, phone, PASSWORD, sms_code, now_ms=now_ms, vault=vault)
    check_may_bid(applicant)
    if not applicant.activated or applicant.password_hash:
        raise NotAllowed("PASSWORD_STANDS", "竞价密码未经工作人员重置,不能在此设置")
    hashed = ApplicantRecord.password_hash.set(hash_password(password, entropy))
    changed = change(plan.period, code, [hashed], _as_read(applicant) & (ApplicantRecord.password_hash == ""))
    if changed is None:
        raise Conflict("ACTIVATION_MOVED", "资格状态刚刚发生变化,请重新办理")
    return changed


def check_may_bid(applicant: ApplicantRecord) -> None:
    """Raises ``NotAllowed`` for a locked or an unqualified applicant, with the regulator's reason where it gave one."""
    if applicant.locked:
        raise NotAllowed("APPLICANT_LOCKED", "该申请编码已被锁定")
    if applicant.withdrawn or not applicant.qualified:
        reason = refusal_text(applicant)
        raise NotAllowed("NOT_QUALIFIED", f"未取得本期竞买资格: {reason}" if reason else "未取得本期竞买资格")


def _as_read(applicant: ApplicantRecord) -> Condition:
    unchanged: Condition = (
        (ApplicantRecord.qualified == True)  # noqa: E712 (a DynamoDB condition)
        & (ApplicantRecord.locked == False)  # noqa: E712
        & (ApplicantRecord.activated_at_ms == applicant.activated_at_ms)
    )
    return unchanged
