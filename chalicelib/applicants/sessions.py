"""Sessions of bidders: an *account* session by SMS code, for looking and putting right; a *bid* session by password."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.applicants.activation import check_may_bid
from chalicelib.applicants.code_rules import LOGIN_TRIES_ANYWHERE_MAX, LOGIN_TRIES_MAX
from chalicelib.applicants.limits import Limit, count_try
from chalicelib.applicants.records import ApplicantRecord, find
from chalicelib.applicants.sms_codes import ACCOUNT, use_code
from chalicelib.kernel.errors import NotAllowed, NotAuthenticated, TooEarlyOrLate
from chalicelib.kernel.passwords import password_fits
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tokens import Session, bearer, check_not_void, verify
from chalicelib.periods.plan import Plan

ACCOUNT_SESSION_MS = 30 * 60_000
# A bid sent in the window's last instant must not be lost to an expired session, nor one in a window that a pause made
# longer: the window says until when is bid, the session only by whom.
BID_SESSION_AFTER_CLOSE_MS = 4 * 60 * 60_000
_LOGIN_OFTEN = "登录尝试过于频繁,请一分钟后再试"
LOGIN = Limit("login", LOGIN_TRIES_MAX, "LOGIN_TRIES", _LOGIN_OFTEN)
LOGIN_ANYWHERE = Limit("login-anywhere", LOGIN_TRIES_ANYWHERE_MAX, "LOGIN_TRIES", _LOGIN_OFTEN)


def account_session(applicant: ApplicantRecord, now_ms: int) -> Session:
    """A session for looking, correction and refund accounts: half an hour."""
    return _session(applicant, "account", now_ms + ACCOUNT_SESSION_MS)


def open_account(period: str, code: str, phone: str, sms_code: str, *, now_ms: int, vault: Vault) -> Session:
    """An account session against an SMS code. Raises what ``use_code`` raises."""
    return account_session(use_code(period, code, phone, ACCOUNT, sms_code, now_ms=now_ms, vault=vault), now_ms)


def account(headers: Mapping[str, str], keys: Mapping[str, bytes], now_ms: int) -> Session:
    """Whose account session a request carries, for any room's routes.

    Raises ``NotAuthenticated`` (``TOKEN_VOID``: phone or password were changed since, or the application was taken
    back) or ``NotAllowed``.
    """
    return _not_void(verify(bearer(headers), "account", keys, now_ms))


def account_or_bid(headers: Mapping[str, str], keys: Mapping[str, bytes], now_ms: int) -> Session:
    """Whose session a request carries where either kind will do. Raises as ``account`` does."""
    try:
        session = verify(bearer(headers), "bid", keys, now_ms)
    except NotAllowed:
        return account(headers, keys, now_ms)
    return _not_void(session)


def _not_void(session: Session) -> Session:
    applicant = find(session.period, session.subject)
    if applicant is not None:
        check_not_void(session, int(applicant.sessions_from_ms))
    return session


def _session(applicant: ApplicantRecord, audience: str, expires_at_ms: int) -> Session:
    # As the record was read: what is changed at this moment makes the session void.
    return Session(
        applicant.code,
        audience,
        applicant.period,
        applicant.bidder_class,
        expires_at_ms,
        sessions_from_ms=int(applicant.sessions_from_ms),
    )


def login(plan: Plan, code: str, password: str, *, address: str, closes_at_ms: int, now_ms: int) -> Session:
    """A bid session against the bidding password, good until some hours after the auction's close.

    ``address`` is a keyed hash of where the request comes from: tries are counted there first, so that a stranger's do
    not keep the bidder out. ``closes_at_ms`` is the close as it holds, pauses counted in. Raises ``TooEarlyOrLate``,
    ``TooMany`` (``LOGIN_TRIES``), ``NotAuthenticated`` (``LOGIN_FAILED``: unknown code, not activated or wrong
    password, which look and last alike) or ``NotAllowed``.
    """
    if now_ms >= closes_at_ms:
        raise TooEarlyOrLate("AUCTION_CLOSED", "本期竞价已经结束")
    count_try(LOGIN, f"{plan.period}#{code}#{address}", now_ms)
    count_try(LOGIN_ANYWHERE, f"{plan.period}#{code}", now_ms)
    applicant = find(plan.period, code)
    if not password_fits(password, applicant.password_hash if applicant else "") or applicant is None:
        raise NotAuthenticated("LOGIN_FAILED", "申请编码或竞价密码错误")
    check_may_bid(applicant)
    return _session(applicant, "bid", closes_at_ms + BID_SESSION_AFTER_CLOSE_MS)
