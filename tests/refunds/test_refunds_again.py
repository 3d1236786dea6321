"""Batches after ``again-1`` are started by an operator: the next in order, and only over what waits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.kernel.errors import Conflict
from chalicelib.periods.audit import Actor, trail
from chalicelib.refunds import again, records
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.preparing import prepare
from tests.deposits.deposit_month import DEPOSIT, PERIOD, DepositMonth, account_no, code, name
from tests.refunds.refund_steps import run

CASHIER = Actor("cashier", ("cashier",), 60_000)


@dataclass
class Started:
    names: dict[str, dict[str, Any]] = field(default_factory=dict)

    def start(self, machine: str, name: str, given: dict[str, Any]) -> None:
        self.names.setdefault(f"{machine}/{name}", given)

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        raise AssertionError(task_token, output)


@pytest.fixture
def month(aws: None, monkeypatch: pytest.MonkeyPatch) -> DepositMonth:
    """A payment came back from its own account, and from the other one that was given: twice in all."""
    month = DepositMonth(applicants=1)
    month.pay(0)
    month.take_statement()
    month.close_auction(winners=[])
    month.account.failing = {account_no(0): "1003", "6222990000000000001": "1001"}
    monkeypatch.setattr(again, "find_period", lambda period: type("Standing", (), {"attempt": 3}))
    run(month, "1")
    return month


def another_account(month: DepositMonth, number: str) -> None:
    give_account(PERIOD, code(0), Account(number, name(0)), vault=month.vault, now_ms=1)


def test_given_a_payment_that_came_back_twice_when_started_then_the_next_batch_pays_it_once(
    month: DepositMonth,
) -> None:
    machines = Started()
    with pytest.raises(Conflict, match="AGAIN_EARLY"):
        again.start_again(PERIOD, machines, CASHIER)
    another_account(month, "6222990000000000001")
    assert run(month, "again-1") == {"paid": 0, "failed": 1, "pending": 0}
    with pytest.raises(Conflict, match="AGAIN_NOTHING"):
        again.start_again(PERIOD, machines, CASHIER)
    another_account(month, "6222990000000000002")
    later = replace(CASHIER, at_ms=60_001)
    assert [again.start_again(PERIOD, machines, who) for who in (CASHIER, later)] == ["again-2", "again-2"]
    given = {"period": PERIOD, "attempt": 3, "batch": "again-2", "made_by": "cashier"}
    assert machines.names == {f"refund_batch/{PERIOD}-again-2-1": given}
    assert [each["act"] for each in trail("1970-01").acts] == ["refunds.again"] * 2
    assert run(month, "again-2") == {"paid": 1, "failed": 0, "pending": 0}
    paid = [each["amount_fen"] for each in month.account.payments]
    assert len(paid) == 1
    assert paid[0] >= DEPOSIT
    with pytest.raises(Conflict, match="AGAIN_NOTHING"):
        again.start_again(PERIOD, machines, CASHIER)


def test_given_a_batch_that_is_not_at_its_end_when_started_then_it_is_that_one_again(month: DepositMonth) -> None:
    another_account(month, "6222990000000000001")
    run(month, "again-1")
    another_account(month, "6222990000000000002")
    prepare("again-2", month.means())
    assert again.next_batch(PERIOD) == "again-2"
    assert [file.state for file in records.batch_files(PERIOD, "again-2")] == ["planned"]
