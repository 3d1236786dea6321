"""Errors: the kind says what the caller can do. The class name is the name state machines catch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what came in: where, what, and what would be right. Holds no personal data."""

    line: int
    field: str
    found: str
    remedy: str

    def as_dict(self) -> dict[str, Any]:
        """The problem as the API and the operator's list show it."""
        return asdict(self)


class HubError(Exception):
    """The root: a stable code for programs, a Chinese sentence for people, an HTTP status for the edge."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, *, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.problems = problems

    def as_problem(self) -> dict[str, Any]:
        """The error as every door answers it (RFC 9457, ``application/problem+json``)."""
        return {
            "type": f"urn:hangpai:problem:{self.code.lower()}",
            "title": type(self).__name__,
            "status": self.status,
            "code": self.code,
            "detail": self.message,
            "problems": [problem.as_dict() for problem in self.problems],
        }


class InvalidInput(HubError):
    """What was sent is wrong: correct it and send it again."""

    status = 400


class NotAuthenticated(HubError):
    """Who is asking is not known: sign in."""

    status = 401


class NotUnderstood(HubError):
    """What was sent is of a kind that this door does not take."""

    status = 415


class NotAllowed(HubError):
    """This person may not do this."""

    status = 403


class NotFound(HubError):
    """There is no such thing."""

    status = 404


class Gone(HubError):
    """It was there, and was destroyed when its time had come."""

    status = 410


class Conflict(HubError):
    """Same key, other content; or a state that has moved on. Sending it again will not help."""

    status = 409


class TooEarlyOrLate(HubError):
    """Outside the window in which it may be done."""

    status = 409


class TooMany(HubError):
    """Wait, then try again."""

    status = 429


class Pending(HubError):
    """The outcome is unknown: ask about it, never send it anew."""

    status = 503


class FileRefused(HubError):
    """A counterparty's file is wrong as a whole: nothing of it was taken; a corrected one is awaited."""

    status = 422


class ReconciliationOpen(HubError):
    """Totals differ: the differences are listed, and nothing closes over them."""

    status = 409
