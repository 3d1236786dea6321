"""The operators: one plans, others approve, somebody starts a stopped machine again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local.simulation.faults import HOUR_MS
from local.simulation.machines import Execution
from local.simulation.seen import MINUTE_MS, UNKNOWN, Seen
from local.simulation.world import World
from local.world.web import Answer

ATTEMPTS = 4
PLANNER, APPROVERS = "planner", ("approver", "approver2")
PASSWORDS = {name: f"password of {name}" for name in (PLANNER, *APPROVERS)}
ROLES: Mapping[str, tuple[str, ...]] = {PLANNER: ("planner", "approver"), **dict.fromkeys(APPROVERS, ("approver",))}
# Faults pass; a month that has to be started so often will never end.
RESTARTS_MAX = 12
PATIENCE = 60


@dataclass
class Office:
    """Everybody who signs in as an operator."""

    world: World
    seen: Seen
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)

    def begin(self) -> None:
        """Plan the month, and be there for whoever asks."""
        self.world.on_approval.append(self._asked_for_approval)
        self.world.on_end.append(self._machine_ended)
        self.world.clockwork.spawn("planner", self._publish)

    def _token(self, name: str) -> str:
        token, until_ms = self.tokens.get(name, ("", 0))
        if self.world.clockwork.now_ms >= until_ms:
            body = {"name": name, "password": PASSWORDS[name]}
            answer = self._insist("POST", "/operator-sessions", body)
            token = str(answer.body["token"])
            self.tokens[name] = (token, self.world.clockwork.now_ms + 7 * HOUR_MS)
        return token

    def _insist(self, method: str, path: str, body: Any = None, *, by: str = "") -> Answer:
        """Ask until there is an answer that is one."""
        for patience in range(PATIENCE):
            answer = self.world.api.ask(method, path, body, self._token(by) if by else "", attempts=ATTEMPTS)
            if answer.status not in UNKNOWN:
                return answer
            self.world.clockwork.pause(MINUTE_MS * (1 + patience))
        raise RuntimeError(f"{method} {path} is never answered: {answer.status} {answer.code}")

    def _publish(self) -> None:
        from chalicelib.periods.plan_json import to_json

        world, plan = self.world, to_json(self.world.month.plan)
        if world.faults.strikes("pair", world.clockwork.now_ms):
            world.clockwork.spawn("planner at another screen", partial(self._post_plan, plan))
        self._post_plan(plan)
        if world.faults.strikes("abort", world.clockwork.now_ms):
            self._abort_once()

    def _post_plan(self, plan: Any) -> None:
        answer = self._insist("POST", "/periods", plan, by=PLANNER)
        if not answer.ok:
            self.seen.faults.append(f"the plan was answered {answer.status} {answer.code} {answer.body}")

    def _abort_once(self) -> None:
        world, plan = self.world, self.world.month.plan
        world.clockwork.pause_until(world.rng.randint(plan.at("deposits_open"), plan.at("month_end")))
        for execution in list(world.machines.executions.values()):
            if execution.machine == "PeriodMachine":
                world.machines.abort(execution)

    def _asked_for_approval(self, payload: Any) -> None:
        world = self.world
        who = [world.rng.choice(APPROVERS)]
        if world.faults.strikes("pair", world.clockwork.now_ms):
            who = list(APPROVERS)
        wait_ms = world.rng.randint(1, 90) * MINUTE_MS
        for name in who:
            at_ms = world.clockwork.now_ms + wait_ms
            world.clockwork.spawn(f"{name} looks", partial(self._look, name, payload["made_by"]), at_ms)

    def _look(self, name: str, maker: str) -> None:
        period = self.world.month.period
        found = self._insist("GET", f"/periods/{period}/approvals?state=waiting", by=name)
        for approval in found.body["approvals"]:
            door, word = f"/approvals/{approval['id']}", {"decision": "approved", "reason": ""}
            if maker == PLANNER and approval["made_by"] == PLANNER:
                own = self.world.api.ask("POST", door, word, self._token(PLANNER))
                if own.ok:
                    self.seen.faults.append(f"{approval['kind']}: the maker approved it himself")
            answer = self._insist("POST", door, word, by=name)
            if answer.ok:
                self.seen.approved[str(approval["kind"])] += 1
            elif answer.code != "ALREADY_DECIDED":
                self.seen.faults.append(f"{approval['kind']}: an approval was answered {answer.status} {answer.code}")

    def _machine_ended(self, execution: Execution) -> None:
        if execution.machine == "PeriodMachine" and execution.status != "SUCCEEDED":
            world = self.world
            at_ms = world.clockwork.now_ms + world.rng.randint(1, 60) * MINUTE_MS
            world.clockwork.spawn("planner restarts", self._restart, at_ms)

    def _restart(self) -> None:
        period = self.world.month.period
        self.seen.restarts += 1
        if self.seen.restarts > RESTARTS_MAX:
            return
        answer = self._insist("POST", f"/periods/{period}/restart", {"abandoned": True}, by=PLANNER)
        if not answer.ok and answer.code != "NOT_STOPPED":
            self.seen.faults.append(f"a restart was answered {answer.status} {answer.code}")
