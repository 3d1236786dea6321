"""Operators: the planner publishes, another person approves, and nobody approves what is his own."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.world.addresses import Addresses
from local.world.web import DoorShutError, ask, need

POLL_S = 0.7


@dataclass(frozen=True)
class Operator:
    """An operator's account, as the set-up made it."""

    name: str
    password: str = field(repr=False)


def sign_in(at: Addresses, operator: Operator) -> str:
    """The operator's session token."""
    body = {"name": operator.name, "password": operator.password}
    return str(need("POST", f"{at.api}/operator-sessions", body=body)["token"])


def publish_plan(at: Addresses, planner: Operator, plan: dict[str, Any]) -> str:
    """Post the period's plan and return the period. The same plan again is the same period."""
    body = need("POST", f"{at.api}/periods", body=plan, token=sign_in(at, planner))
    return str(body.get("period", plan.get("period")))


def period_state(at: Addresses, period: str) -> dict[str, Any]:
    """What everybody can see of a period: its plan and state."""
    seen: dict[str, Any] = need("GET", f"{at.api}/periods/{period}")
    return seen


def problems(at: Addresses, operator: Operator, period: str) -> list[dict[str, Any]]:
    """The operator's list of what was wrong with what came in."""
    body = need("GET", f"{at.api}/periods/{period}/problems", token=sign_in(at, operator))
    return list(body["problems"] if isinstance(body, dict) else body)


@dataclass
class Approver:
    """A second person who looks at what waits and approves it, in a thread of its own: ``with Approver(...):``.

    Each decision is sent twice: the second answer must be the first. ``maker`` tries to approve each thing first
    where it is his own, which must be refused.
    """

    at: Addresses
    person: Operator
    maker: Operator
    period: str
    approved: Counter[str] = field(default_factory=Counter)
    self_approvals_refused: int = 0
    faults: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Approver:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="approver", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def _run(self) -> None:
        tokens: dict[str, str] = {}
        while not self._stop.wait(POLL_S):
            try:
                tokens = tokens or {operator.name: sign_in(self.at, operator) for operator in (self.person, self.maker)}
                self.look(tokens[self.person.name], tokens[self.maker.name])
            except DoorShutError as shut:
                # A period that is not there yet has nothing to approve; whatever else is wrong shows in the end.
                tokens = {}
                self.faults[:] = [*self.faults[-9:], str(shut)]

    def look(self, token: str, maker_token: str) -> None:
        """Approve everything that waits."""
        found = need("GET", f"{self.at.api}/periods/{self.period}/approvals?state=waiting", token=token)
        for approval in found["approvals"] if isinstance(found, dict) else found:
            self._decide(approval, token, maker_token)

    def _decide(self, approval: dict[str, Any], token: str, maker_token: str) -> None:
        door = f"{self.at.api}/approvals/{approval['id']}"
        decision = {"decision": "approved", "reason": ""}
        if approval.get("made_by") == self.maker.name:
            own = ask("POST", door, body=decision, token=maker_token)
            if own.status != 403:
                self.faults.append(f"{approval['kind']}: the maker's own approval was answered {own.status}")
            self.self_approvals_refused += own.status == 403
        first, again = (ask("POST", door, body=decision, token=token) for _ in range(2))
        if not first.ok:
            raise DoorShutError(f"approval of {approval['kind']} answered {first.status} {first.code}")
        if first.body != again.body:
            self.faults.append(f"{approval['kind']}: the same decision again got another answer")
        self.approved[str(approval["kind"])] += 1
