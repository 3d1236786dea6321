"""Whatever comes in, is repeated, lost or refused: every fen is in one place, none leaves twice (money rules)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import boto3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.deposits import corrections, reconciling
from chalicelib.kernel.errors import NotFound, Pending
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances, total
from chalicelib.refunds import records
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.rules import RefundState
from chalicelib.refunds.sending import release, send
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, account_no, code, name

PEOPLE = 5  # and one more who is on no list
OWED = ("held", "doubtful", "returnable", "rolled", "forfeited", "transit")


@dataclass(frozen=True)
class Came:
    """A payment: by whom, with what in its memo, how much, and when."""

    payer: int
    memo: str
    amount_fen: int
    at: str


@dataclass(frozen=True)
class Scenario:
    """A month: what comes in, what goes wrong on the way to the bank, and whose accounts are closed."""

    came: list[Came]
    faults: list[str]
    closed: set[int]
    qualified: set[int]
    rollover: set[int]
    # The bank's own interest, at so many ppm a year, comes when batch 1 was made once (or before); 0: it tells none.
    own_ppm: int
    told_late: bool


def _memo(kind: str, payer: int) -> str:
    return {"own": code(payer), "missing": "", "cut": code(payer)[:9], "wrong": "1" * 13}[kind]


some_people = st.sets(st.integers(0, PEOPLE - 1))
scenarios = st.builds(
    Scenario,
    came=st.lists(
        st.builds(
            lambda payer, kind, amount_fen, at: Came(payer, _memo(kind, payer), amount_fen, at),
            st.integers(0, PEOPLE),
            st.sampled_from(["own", "missing", "cut", "wrong"]),
            st.sampled_from([DEPOSIT, DEPOSIT, DEPOSIT + 700, DEPOSIT - 1]),
            st.sampled_from(["2026-03-10T10:00:00", "2026-03-12T10:00:00", "2026-03-17T17:00:00"]),
        ),
        min_size=1,
        max_size=8,
    ),
    faults=st.lists(st.sampled_from(["", "lost", "mute"]), max_size=6),
    closed=st.sets(st.integers(0, PEOPLE)),
    qualified=some_people,
    rollover=some_people,
    own_ppm=st.sampled_from([0, 500, 90_000]),
    told_late=st.booleans(),
)


def empty_tables() -> None:
    """Every example begins with nothing on record."""
    dynamodb = boto3.client("dynamodb")
    for table_name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=table_name)["Table"]
        dynamodb.delete_table(TableName=table_name)
        dynamodb.create_table(
            TableName=table_name,
            KeySchema=table["KeySchema"],
            AttributeDefinitions=table["AttributeDefinitions"],
            BillingMode="PAY_PER_REQUEST",
        )


def run(month: DepositMonth, batch: str) -> None:
    """A batch, every step of it twice over, sent until the bank's word is known."""
    for _ in range(2):
        prepared = prepare(batch, month.means())
        release(PERIOD, batch, "approver")
        for file in prepared["files"]:
            for _ in range(10):
                with suppress(Pending):
                    send(file["batch_no"], month.means())
            key = f"hangzhou/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
            apply_return(file["batch_no"], key, month.means())


def check(month: DepositMonth, came_in_fen: int) -> None:
    """The rules, from the ledger and from what the bank itself paid out."""
    by_account = balances(ledger.entries(PERIOD))
    refs = [str(payment["our_ref"]) for payment in month.account.payments]
    paid = {refund.our_ref for refund in records.refunds(PERIOD) if refund.state == RefundState.PAID}
    left_fen = sum(int(payment["amount_fen"]) for payment in month.account.payments)
    owed_fen = -sum(fen for account, fen in by_account.items() if account.split(":")[0] in OWED)
    assert total(by_account) == 0
    assert len(refs) == len(set(refs)), "a payment left twice"
    assert paid == set(refs), "hub and bank disagree on what was paid"
    assert owed_fen + left_fen - by_account.get("interest_expense", 0) == came_in_fen, "a fen is nowhere, or twice"


@given(scenarios)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_given_any_month_with_faults_and_repeats_then_no_fen_is_lost_or_sent_twice(aws, scenario):
    empty_tables()
    month = DepositMonth(applicants=PEOPLE)
    for came in scenario.came:
        month.pay(came.payer, memo=came.memo, amount_fen=came.amount_fen, at=came.at)
    came_in_fen = sum(came.amount_fen for came in scenario.came)
    month.take_statement(times=2)
    check(month, came_in_fen)

    corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
    for number in range(PEOPLE):
        month.set_applicant(number, qualified=number in scenario.qualified, rollover=number in scenario.rollover)
    month.close_auction(winners=[])
    month.bank.faults = list(scenario.faults)
    month.account.failing = {account_no(number): "1001" for number in scenario.closed}
    if scenario.told_late:
        prepare("1", month.means())
    if scenario.own_ppm:
        month.account.advise_interest(PERIOD, PLAN.day("refunds_1_by").isoformat(), scenario.own_ppm, {})
    run(month, "1")
    check(month, came_in_fen)

    for number in range(PEOPLE):
        other = Account(f"62229900000{number:08d}", name(number))
        with suppress(NotFound):
            give_account(PERIOD, code(number), other, vault=month.vault, now_ms=1)
    run(month, "again-1")
    check(month, came_in_fen)

    month.take_statement(times=2)
    assert reconciling.reconcile(PERIOD)["differences"] == 0
    assert "transit:hangzhou" not in month.balances()
