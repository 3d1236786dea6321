"""The operators' audit trail: who did what, when, and what it was before and after. Only ever added to.

It has a table of its own, so that no function's policy may change or remove an entry (docs/decisions/0014). An act is
put into the transaction of what it changes: neither is ever there without the other. No personal data: an applicant is
a code, an account a keyed digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.clock import local_date, local_text
from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.ids import canonical, id_from
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.kernel.tokens import Session

PAGE_MAX = 200
# Sign-ins have pages of their own: anybody can fail to sign in as often as he likes, and must not bury acts in it.
ACTS, SIGN_INS = "acts", "sign-ins"
BOOKS = (ACTS, SIGN_INS)
_CURSOR_CHARACTERS_MAX = 64


class ActRecord(Model):
    """One act. ``pk`` is the month it was done in, Asia/Shanghai, with ``#sign-ins`` for those; ``sk`` its instant and
    a digest of what it is."""

    class Meta(HubMeta):
        """A table of the trail's own."""

        table_name = table_name("AUDIT_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    at_ms = NumberAttribute()
    by = UnicodeAttribute()
    roles = UnicodeAttribute()
    act = UnicodeAttribute()
    subject = UnicodeAttribute()
    before = UnicodeAttribute()
    after = UnicodeAttribute()


@dataclass(frozen=True)
class Actor:
    """The operator who acts, the roles the session was given, and when, epoch ms."""

    name: str
    roles: tuple[str, ...]
    at_ms: int

    @classmethod
    def of(cls, session: Session, at_ms: int) -> Actor:
        """Who is behind a session."""
        return cls(session.subject, session.roles, at_ms)


@dataclass(frozen=True)
class Act:
    """What was done to ``subject``, such as ``plan.draft`` to ``2026-03``, and what that changed."""

    act: str
    subject: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    book: str = ACTS


@dataclass(frozen=True)
class Page:
    """A part of the trail, oldest first. ``after`` is where the next part begins; empty at the end."""

    acts: tuple[dict[str, Any], ...]
    after: str


def note(transaction: Transaction, actor: Actor, act: Act) -> None:
    """Put an act into the transaction of what it changes. An entry that is there is never written over."""
    transaction.put(_record(actor, act), ActRecord.pk.does_not_exist())


def commit_noted(transaction: Transaction, actor: Actor, act: Act) -> bool:
    """Commit a change with its act; ``False`` where a condition did not hold, and neither was written."""
    note(transaction, actor, act)
    return committed(transaction)


def committed(transaction: Transaction) -> bool:
    """Commit; ``False`` where a condition did not hold, and nothing was written."""
    try:
        transaction.commit()
    except Conflict:
        return False
    return True


def note_alone(actor: Actor, act: Act) -> None:
    """Put down an act that changes nothing of the hub's own records, such as a machine's start."""
    transaction = Transaction()
    note(transaction, actor, act)
    transaction.commit()


def trail(month: str, *, book: str = ACTS, after: str = "", limit: int = PAGE_MAX) -> Page:
    """The acts, or the sign-ins, of a month such as ``2026-03``. Raises ``InvalidInput`` (``PAGE_INVALID``)."""
    if not 1 <= limit <= PAGE_MAX or len(after) > _CURSOR_CHARACTERS_MAX:
        problem = Problem(0, "limit", str(limit)[:20], f"1 to {PAGE_MAX}, and `after` as the page before gave it")
        raise InvalidInput("PAGE_INVALID", "分页参数不正确", problems=(problem,))
    beyond = ActRecord.sk > after if after else None
    found = list(ActRecord.query(_pk(month, book), beyond, limit=limit + 1, consistent_read=True))
    shown = found[:limit]
    return Page(tuple(_shown(each) for each in shown), shown[-1].sk if len(found) > limit else "")


def _pk(month: str, book: str) -> str:
    return month if book == ACTS else f"{month}#{book}"


def _record(actor: Actor, act: Act) -> ActRecord:
    before, after = canonical(dict(act.before)).decode(), canonical(dict(act.after)).decode()
    what = id_from(actor.name, act.act, act.subject, before, after)
    return ActRecord(
        _pk(local_date(actor.at_ms).strftime("%Y-%m"), act.book),
        f"{actor.at_ms:013d}#{what}",
        at_ms=actor.at_ms,
        by=actor.name,
        roles=",".join(actor.roles),
        act=act.act,
        subject=act.subject,
        before=before,
        after=after,
    )


def _shown(record: ActRecord) -> dict[str, Any]:
    return {
        "at": local_text(int(record.at_ms)),
        "by": record.by,
        "roles": record.roles.split(",") if record.roles else [],
        "act": record.act,
        "subject": record.subject,
        "before": json.loads(record.before),
        "after": json.loads(record.after),
    }
