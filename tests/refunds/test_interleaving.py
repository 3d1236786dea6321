"""Two months' machines on one account: however their steps interleave, repeat or begin anew, the books are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.deposits import records, statements
from chalicelib.deposits.intake import Account, Intake
from chalicelib.deposits.reconciling import reconcile
from chalicelib.kernel.errors import Pending, ReconciliationOpen
from chalicelib.ledger import records as ledger
from chalicelib.ledger import sealing
from chalicelib.ledger.checking import book_text, check, read_book
from chalicelib.ledger.rules import balances
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, RULES, DepositMonth, code, plan_of
from tests.refunds.test_money_never_lost import empty_tables

NEXT = "2026-04"
DAYS = ("2026-04-07", "2026-04-08")

payments = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["own", "none"]),
        st.sampled_from([DEPOSIT, DEPOSIT + 700, DEPOSIT - 1]),
        st.sampled_from(["08:00:00", "10:00:00", "11:00:00"]),
        st.sampled_from(DAYS),
    ),
    min_size=2,
    max_size=6,
)
# Which machine goes on; a repeat does its last step again, and a restart begins with its first.
moves = st.lists(
    st.tuples(st.sampled_from([PERIOD, NEXT]), st.sampled_from(["on", "on", "on", "again", "anew"])), max_size=14
)


@dataclass
class Machine:
    """A period's steps over both days; each may raise and is then tried again."""

    steps: list[Callable[[], object]]
    at: int = 0

    def go(self, how: str) -> None:
        self.at = 0 if how == "anew" else max(self.at - 1, 0) if how == "again" else self.at
        if self.at < len(self.steps):
            try:
                self.steps[self.at]()
            except (Pending, ReconciliationOpen):
                return
            self.at += 1

    @property
    def done(self) -> bool:
        return self.at >= len(self.steps)


class Scene:
    """A month's account with its days stated; March is past its intake, April's own machine takes its payments in."""

    def __init__(self, came: list[tuple[int, str, int, str, str]]) -> None:
        empty_tables()
        self.month = DepositMonth(applicants=1)
        self.month.plans.append(plan_of(NEXT))
        for number in range(3):
            self.month.apply(number, period=NEXT)
        keys = {}
        for day in DAYS:
            for payer, memo, amount_fen, clock, on in came:
                if on == day:
                    self.month.pay(
                        payer, memo=code(payer) if memo == "own" else "", amount_fen=amount_fen, at=f"{day}T{clock}"
                    )
            keys[day] = self.month.account.close_day(day)
        self.machines = {period: Machine(self._steps(period, keys)) for period in (PERIOD, NEXT)}

    def _account(self, own: str) -> Account:
        ready = self.month.intake

        def terms(period: str) -> Intake:
            if (own, period) == (PERIOD, NEXT):
                raise Pending("INTAKE_NOT_READY", "-")
            return ready.terms(period)

        return replace(ready, terms=terms)

    def _steps(self, period: str, keys: dict[str, str]) -> list[Callable[[], object]]:
        steps: list[Callable[[], object]] = []
        for day, key in keys.items():
            steps += [
                lambda day=day, key=key: self._take(period, day, key),
                lambda day=day: statements.close_statement(period, CHANNEL, day),
                lambda: sealing.seal_all((PERIOD, NEXT), 1),
            ]
        return steps

    def _take(self, period: str, day: str, key: str) -> None:
        month = self.month
        read = statements.read_statement(
            month.files, month.bank, month.vault, period=period, day=day, key=key, code_pattern=RULES.code_pattern
        )
        for chunk in read["chunks"]:
            statements.book_chunk(month.files, self._account(period), period, chunk["key"])

    def finish(self) -> tuple[dict[str, dict[str, int]], dict[str, tuple[str, str]]]:
        """Both to their end; returns balances by period, and each credit's outcome."""
        for _ in range(20):
            for machine in self.machines.values():
                machine.go("on")
        assert all(machine.done for machine in self.machines.values())
        found = {
            credit.serial: (credit.period, f"{credit.state} {credit.reason}")
            for period in (PERIOD, NEXT)
            for credit in records.credits(period)
        }
        return {period: balances(ledger.entries(period)) for period in (PERIOD, NEXT)}, found


@given(payments, moves)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_given_any_interleaving_repeat_and_restart_then_balances_and_outcomes_are_the_same(aws, came, chosen):
    in_order = Scene(came)
    while not in_order.machines[NEXT].done:
        in_order.machines[NEXT].go("on")
    wanted = in_order.finish()

    scene = Scene(came)
    for period, how in chosen:
        scene.machines[period].go(how)

    assert scene.finish() == wanted
    sealing.seal_all((PERIOD, NEXT), 2)
    for period in (PERIOD, NEXT):
        assert reconcile(period)["differences"] == 0
        checked = check(read_book(book_text(ledger.kept_entries(period), sealing.kept_segments(period))))
        assert (checked.faults, checked.unsealed) == ((), 0)
