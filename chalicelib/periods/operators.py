"""Operators' accounts and their sign-in. A few wrong passwords close an account for a while."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAuthenticated, Problem
from chalicelib.kernel.ids import Entropy, SystemEntropy
from chalicelib.kernel.passwords import hash_password, password_fits
from chalicelib.kernel.tables import HubMeta, table_name
from chalicelib.kernel.tokens import Session
from chalicelib.periods.audit import SIGN_INS, Act, Actor, note_alone

AUDIENCE = "operator"
# Who a refused sign-in is by where no account has the name.
UNKNOWN = "-"
# planner: plans and restarts; approver: the second person; cashier: makes refund batches; auditor: looks, at the trail
# too; support: looks things up, and acts for a bidder at the desk, but approves nothing.
ROLES = ("planner", "approver", "cashier", "auditor", "support")
SESSION_MS = 8 * 3_600_000
TRIES_MAX = 5
CLOSED_MS = 15 * 60_000
PASSWORD_CHARACTERS_MIN = 12

_SORT_KEY = "account"
# No account's key: those begin with "operator#".
_NOBODY = "no-operator"
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)


class OperatorRecord(Model):
    """An operator's account. ``failures`` counts wrong passwords in a row, until ``closed_until_ms``."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_SORT_KEY)
    roles = UnicodeSetAttribute()
    password_hash = UnicodeAttribute()
    failures = NumberAttribute(default=0)
    closed_until_ms = NumberAttribute(default=0)


def add_operator(name: str, password: str, roles: Iterable[str], entropy: Entropy) -> None:
    """Make an account; again with the same password and roles changes nothing.

    Raises ``InvalidInput`` (``OPERATOR_INVALID``) naming what is wrong, ``Conflict`` (``OPERATOR_EXISTS``).
    """
    wanted = set(roles)
    _check_account(name, password, wanted)
    record = OperatorRecord(_hash_key(name), _SORT_KEY, roles=wanted, password_hash=hash_password(password, entropy))
    try:
        record.save(condition=OperatorRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        standing = OperatorRecord.get(_hash_key(name), _SORT_KEY, consistent_read=True)
        if set(standing.roles) != wanted or not password_fits(password, standing.password_hash):
            raise Conflict("OPERATOR_EXISTS", f"操作员已存在: {name}") from error


def sign_in(name: str, password: str, now_ms: int) -> Session:
    """The session of an operator.

    Whoever asks learns nothing of names: an unknown one, a wrong password and an account that is closed (for
    ``CLOSED_MS`` after ``TRIES_MAX`` wrong passwords in a row) are answered alike, after the same work. Raises
    ``NotAuthenticated`` (``SIGN_IN_REFUSED``).
    """
    try:
        record: OperatorRecord | None = OperatorRecord.get(_hash_key(name), _SORT_KEY, consistent_read=True)
    except DoesNotExist:
        record = None
    fits = password_fits(password, record.password_hash if record else "")
    if record is None or not fits or now_ms < record.closed_until_ms:
        _count_failure(record, now_ms)
        # A name that no account has is not written down: it may be a password in the wrong field.
        _note_sign_in(name if record else UNKNOWN, (), now_ms, {"signed_in": False})
        raise NotAuthenticated("SIGN_IN_REFUSED", "用户名或密码不正确;连续输错5次后,15分钟内不能登录")
    if record.failures:
        record.update([OperatorRecord.failures.set(0)])
    roles = tuple(sorted(record.roles))
    _note_sign_in(name, roles, now_ms, {"signed_in": True})
    return Session(name, AUDIENCE, "", "", now_ms + SESSION_MS, roles)


def _note_sign_in(name: str, roles: tuple[str, ...], now_ms: int, after: dict[str, bool]) -> None:
    # Many may come in one millisecond, and each is an entry.
    told = {**after, "attempt": SystemEntropy().token(8).hex()}
    note_alone(Actor(name, roles, now_ms), Act("operator.sign_in", name, {}, told, SIGN_INS))


def roles_of(name: str) -> tuple[str, ...]:
    """What the operator of that name may do; nothing where there is no such account. Somebody vouched for the name."""
    try:
        record = OperatorRecord.get(_hash_key(name), _SORT_KEY, consistent_read=True)
    except DoesNotExist:
        return ()
    return tuple(sorted(record.roles))


def _count_failure(record: OperatorRecord | None, now_ms: int) -> None:
    # Counted in the table, so that many guesses at once are many. Those for nobody too, so that they last as long.
    counted = record or OperatorRecord(_NOBODY, _SORT_KEY)
    closed = record is not None and now_ms < record.closed_until_ms
    counted.update([OperatorRecord.failures.add(0 if closed else 1)])
    if record is not None and record.failures >= TRIES_MAX:
        record.update([OperatorRecord.failures.set(0), OperatorRecord.closed_until_ms.set(now_ms + CLOSED_MS)])


def _check_account(name: str, password: str, roles: set[str]) -> None:
    problems = []
    if _NAME.fullmatch(name) is None:
        problems.append(Problem(0, "name", name[:32], "2 to 32 small letters, digits, dots, dashes"))
    if len(password) < PASSWORD_CHARACTERS_MIN:
        problems.append(Problem(0, "password", "", f"at least {PASSWORD_CHARACTERS_MIN} characters"))
    if not roles or not roles <= set(ROLES):
        problems.append(Problem(0, "roles", ", ".join(sorted(roles)), f"some of {', '.join(ROLES)}"))
    if problems:
        raise InvalidInput("OPERATOR_INVALID", "操作员资料不正确", problems=tuple(problems))


def _hash_key(name: str) -> str:
    return f"operator#{name[:64]}"
