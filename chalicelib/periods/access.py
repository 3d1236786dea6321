"""Who may do what: the operator behind a request. For routes only, of every room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from chalicelib.kernel.errors import NotAllowed
from chalicelib.kernel.tokens import Session, bearer, verify
from chalicelib.periods.audit import Actor
from chalicelib.periods.operators import AUDIENCE
from chalicelib.wiring import hub


class HasHeaders(Protocol):
    """What is needed of a request."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers."""
        ...


def operator(request: HasHeaders, *roles: str) -> Session:
    """The operator who is signed in; any role of ``roles`` will do, and without ``roles`` any operator.

    Raises ``NotAuthenticated`` (no token, or one that does not hold) or ``NotAllowed`` (``ROLE_NEEDED``).
    """
    parts = hub()
    session = verify(bearer(request.headers), AUDIENCE, parts.keys.session_keys(), parts.clock.now_ms())
    if roles and not set(roles) & set(session.roles):
        raise NotAllowed("ROLE_NEEDED", "您没有办理此业务的权限")
    return session


def actor(request: HasHeaders, *roles: str) -> Actor:
    """The operator who is signed in, as the audit trail writes acts down. Raises what ``operator`` raises."""
    return Actor.of(operator(request, *roles), hub().clock.now_ms())
