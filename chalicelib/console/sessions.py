"""Who is signed in at the console: from the provider's word to a cookie, and back from the cookie to the operator.

The provider says who somebody is; what they may do stands in the hub's own account, read at every request, so that a
role that was taken away is gone at once.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from pynamodb.exceptions import UpdateError

from chalicelib.console import records
from chalicelib.console.oidc import Provider, random_text
from chalicelib.console.web import Request
from chalicelib.kernel.errors import NotAllowed, NotAuthenticated
from chalicelib.kernel.ids import Entropy
from chalicelib.periods.audit import SIGN_INS, Act, Actor, note_alone
from chalicelib.periods.operators import UNKNOWN, roles_of

IDLE_MS = 30 * 60_000
SESSION_MS = 8 * 3_600_000
SIGN_IN_MS = 10 * 60_000
# Written down at most so often: not every request is a write.
NOTE_USE_MS = 60_000
SECRET_BYTES = 32

# ``__Host-``: the browser takes it from this origin only, over TLS, for every path.
SESSION_COOKIE, SIGN_IN_COOKIE = "__Host-console", "__Host-sign-in"
_GUARDS = "Path=/; Secure; HttpOnly; SameSite=Lax"


@dataclass(frozen=True)
class SignedIn:
    """An operator in a browser. ``secret`` is the cookie."""

    name: str
    roles: tuple[str, ...]
    secret: str

    @property
    def csrf(self) -> str:
        """What every form of this session carries: nobody who does not hold the cookie can work it out."""
        return hmac.new(self.secret.encode(), b"csrf", hashlib.sha256).hexdigest()

    def check_csrf(self, given: str) -> None:
        """Raises ``NotAllowed`` (``FORM_EXPIRED``) where a form is not one that this session was given."""
        if not hmac.compare_digest(self.csrf.encode(), given.encode()):
            raise NotAllowed("FORM_EXPIRED", "页面已过期或来源不明，请刷新后重新提交")


def begin(provider: Provider, entropy: Entropy, now_ms: int) -> tuple[str, str]:
    """Start a sign-in: where the browser goes, and the cookie that ties the answer to it."""
    state, nonce, verifier = (random_text(entropy.token(SECRET_BYTES)) for _ in range(3))
    records.keep_sign_in(state, nonce=nonce, verifier=verifier, ends_ms=now_ms + SIGN_IN_MS)
    cookie = f"{SIGN_IN_COOKIE}={state}; Max-Age={SIGN_IN_MS // 1_000}; {_GUARDS}"
    return provider.address(state=state, nonce=nonce, verifier=verifier), cookie


def finish(request: Request, provider: Provider, entropy: Entropy, now_ms: int) -> tuple[str, ...]:
    """The provider's answer has come back: the cookies of a new session. One from before is ended.

    Raises ``NotAuthenticated`` (``SIGN_IN_REFUSED``): another browser's answer, an old or a used one, a token that
    does not hold, somebody without an account.
    """
    refused = NotAuthenticated("SIGN_IN_REFUSED", "登录未完成或已过期，请重新登录")
    state, code = request.query.get("state", ""), request.query.get("code", "")
    known = request.cookies.get(SIGN_IN_COOKIE, "")
    if not state or not code or not hmac.compare_digest(state.encode(), known.encode()):
        raise refused
    going = records.take_sign_in(state)
    if going is None or now_ms >= going.ends_ms:
        raise refused
    name = provider.name_of(code, nonce=going.nonce, verifier=going.verifier, now_s=now_ms // 1_000)
    roles = roles_of(name)
    if not roles:
        # The provider's name for somebody who is no operator of ours is not ours to keep.
        _note(UNKNOWN, (), now_ms, {"signed_in": False, "attempt": entropy.token(8).hex()})
        raise NotAuthenticated("SIGN_IN_REFUSED", "您在本系统没有操作员账号，请联系管理员")
    before = request.cookies.get(SESSION_COOKIE)
    if before:
        records.end_session(before)
    secret = random_text(entropy.token(SECRET_BYTES))
    records.keep_session(secret, name, ends_ms=now_ms + SESSION_MS, now_ms=now_ms)
    session = hashlib.sha256(secret.encode()).hexdigest()[:12]
    _note(name, roles, now_ms, {"signed_in": True, "session": session})
    return f"{SESSION_COOKIE}={secret}; Max-Age={SESSION_MS // 1_000}; {_GUARDS}", _gone(SIGN_IN_COOKIE)


def _note(name: str, roles: tuple[str, ...], now_ms: int, after: dict[str, object]) -> None:
    note_alone(Actor(name, roles, now_ms), Act("console.sign_in", name, {}, after, SIGN_INS))


def signed_in(request: Request, now_ms: int) -> SignedIn:
    """Who asks. Raises ``NotAuthenticated`` (``NOT_SIGNED_IN``): no session, an ended one, or no account any more."""
    nobody = NotAuthenticated("NOT_SIGNED_IN", "请先登录")
    secret = request.cookies.get(SESSION_COOKIE, "")
    session = records.find_session(secret) if secret else None
    if session is None or now_ms >= session.ends_ms or now_ms >= session.used_ms + IDLE_MS:
        raise nobody
    roles = roles_of(session.operator)
    if not roles:
        raise nobody
    if now_ms >= session.used_ms + NOTE_USE_MS:
        try:
            records.note_use(session, now_ms)
        except UpdateError as error:
            raise nobody from error
    return SignedIn(session.operator, roles, secret)


def sign_out(who: SignedIn) -> str:
    """End the session, here and in the browser: the cookie that says so."""
    records.end_session(who.secret)
    return _gone(SESSION_COOKIE)


def _gone(cookie: str) -> str:
    return f"{cookie}=; Max-Age=0; {_GUARDS}"
