"""The console's own table: operators' sessions, and sign-ins that are on their way.

| item | pk | sk |
|---|---|---|
| session | ``session#{digest of the cookie}`` | ``session`` |
| sign-in on its way | ``sign-in#{digest of the state}`` | ``sign-in`` |

Neither holds what a browser presents, only its digest: whoever reads the table can't take a session over.
Nothing is taken away: what was ended or used says so, and its time to live removes it.
"""

from __future__ import annotations

import hashlib

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kernel.tables import HubMeta, table_name

_SESSION, _SIGN_IN = "session", "sign-in"


class SessionRecord(Model):
    """A browser in which an operator is signed in. It ends ``IDLE_MS`` after it was last used, or at ``ends_ms``."""

    class Meta(HubMeta):
        """The console's table."""

        table_name = table_name("CONSOLE_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_SESSION)
    operator = UnicodeAttribute()
    ends_ms = NumberAttribute()
    used_ms = NumberAttribute()
    ended = BooleanAttribute(default=False)
    expires_at_s = NumberAttribute()


class SignInRecord(Model):
    """A sign-in that went to the provider and is to come back once."""

    class Meta(HubMeta):
        """The console's table."""

        table_name = table_name("CONSOLE_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_SIGN_IN)
    nonce = UnicodeAttribute()
    verifier = UnicodeAttribute()
    ends_ms = NumberAttribute()
    taken = BooleanAttribute(default=False)
    expires_at_s = NumberAttribute()


def keep_session(secret: str, operator: str, *, ends_ms: int, now_ms: int) -> None:
    """Begin a session."""
    SessionRecord(
        _key(_SESSION, secret),
        operator=operator,
        ends_ms=ends_ms,
        used_ms=now_ms,
        expires_at_s=ends_ms // 1_000,
    ).save(SessionRecord.pk.does_not_exist())


def find_session(secret: str) -> SessionRecord | None:
    """The session that a cookie opens, unless it was ended."""
    try:
        session = SessionRecord.get(_key(_SESSION, secret), _SESSION, consistent_read=True)
    except DoesNotExist:
        return None
    return None if session.ended else session


def note_use(session: SessionRecord, now_ms: int) -> None:
    """It was used just now; one that was ended meanwhile stays ended."""
    session.update([SessionRecord.used_ms.set(now_ms)], condition=SessionRecord.ended == False)  # noqa: E712 (a condition)


def end_session(secret: str) -> None:
    """End a session; there being none is the same."""
    session = SessionRecord(_key(_SESSION, secret), _SESSION)
    _told(session, [SessionRecord.ended.set(True)], SessionRecord.pk.exists())


def keep_sign_in(state: str, *, nonce: str, verifier: str, ends_ms: int) -> None:
    """A sign-in goes to the provider."""
    SignInRecord(
        _key(_SIGN_IN, state), nonce=nonce, verifier=verifier, ends_ms=ends_ms, expires_at_s=ends_ms // 1_000
    ).save(SignInRecord.pk.does_not_exist())


def take_sign_in(state: str) -> SignInRecord | None:
    """The sign-in that comes back, once: a second time there is none."""
    try:
        found = SignInRecord.get(_key(_SIGN_IN, state), _SIGN_IN, consistent_read=True)
    except DoesNotExist:
        return None
    untaken = SignInRecord.taken == False  # noqa: E712 (a condition)
    return found if _told(found, [SignInRecord.taken.set(True)], untaken) else None


def _told(record: Model, actions: list[Action], condition: Condition) -> bool:
    """Whether the condition held, and the actions were done."""
    try:
        record.update(actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _key(kind: str, secret: str) -> str:
    return f"{kind}#{hashlib.sha256(secret.encode()).hexdigest()}"
