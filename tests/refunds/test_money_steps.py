"""The steps that state machines call and the doors that bidders knock on, against the bank over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from chalice.test import Client

from app import app
from chalicelib import wiring
from chalicelib.deposits import tasks as deposit_tasks
from chalicelib.deposits.records import find_deposit
from chalicelib.kernel.aws import client
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tokens import Session, issue
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.refunds import tasks as refund_tasks
from integrations.bank_of_hangzhou.simulator import HangzhouSimulator
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, account_no, code, name

ENVIRONMENT = {
    "TREASURY_ACCOUNT_NO": "3301990000000000009",
    "TREASURY_ACCOUNT_NAME": "杭州市财政局",
    "HANGZHOU_ACCOUNT_NO": "3301040160000000001",
}
SECRETS = ("SESSION_SECRET", "PRIVACY_SECRET", "HANGZHOU_SECRET")
MODULES = ("deposits.tasks", "deposits.routes", "deposits.payment_routes", "refunds.tasks", "refunds.routes")


@pytest.fixture
def month(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DepositMonth]:
    """The deposit month with its files on S3 and its bank behind HTTP."""
    made = DepositMonth()
    for secret in SECRETS:
        client("secretsmanager").create_secret(Name=secret.lower(), SecretString=secret)
        monkeypatch.setenv(secret, secret.lower())
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    with HangzhouSimulator("HANGZHOU_SECRET", "3301040160000000001", _drop, fail_first=1) as bank:
        monkeypatch.setenv("HANGZHOU_URL", bank.url)
        settings.cache_clear()
        wiring.hub.cache_clear()
        hub = replace(wiring.hub(), clock=made.clock)
        for module in MODULES:
            monkeypatch.setattr(f"chalicelib.{module}.hub", lambda: hub)
        made.vault, made.account = hub.keys.vault(), bank.account
        save_plan(PLAN, PeriodState.RUNNING, "planner")
        for number in range(4):
            made.apply(number)
        yield made
    settings.cache_clear()
    wiring.hub.cache_clear()


def _drop(key: str, content: bytes) -> None:
    client("s3").put_object(Bucket="test-inbox", Key=key, Body=content)


def step(room: Any, step_name: str, **event: object) -> Any:
    return json.loads(json.dumps(room.handle({"step": step_name, "period": PERIOD, **event}, None)))


def take_statement(month: DepositMonth) -> None:
    day, key = month.statement()
    where = {"channel": "hangzhou", "day": day}
    for chunk in step(deposit_tasks, "read_statement", key=key, **where)["chunks"]:
        step(deposit_tasks, "book", channel="hangzhou", key=chunk["key"])
    step(deposit_tasks, "close_statement", **where)


def run_batch(batch: str) -> dict[str, int]:
    prepared = step(refund_tasks, "prepare", batch=batch)
    step(refund_tasks, "release", batch=batch, by="approver")
    counts: dict[str, int] = {}
    for file in prepared["files"]:
        step(refund_tasks, "send", channel=file["channel"], batch_no=file["batch_no"])
        key = f"hangzhou/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
        counts = step(refund_tasks, "apply_return", channel=file["channel"], batch_no=file["batch_no"], key=key)
    return counts


def token(number: int, now_ms: int) -> dict[str, str]:
    keys = wiring.hub().keys.session_keys()
    session = Session(code(number), "account", PERIOD, "individual", now_ms + 1_000)
    return {"Authorization": f"Bearer {issue(session, 'k1', keys['k1'])}", "Content-Type": "application/json"}


def post(path: str, number: int, now_ms: int, **body: object) -> Any:
    with Client(app) as http:
        return http.http.post(path, headers=token(number, now_ms), body=json.dumps({"period": PERIOD, **body}))


def test_given_a_month_when_its_steps_run_then_money_comes_in_goes_out_and_the_books_close(month: DepositMonth) -> None:
    month.pay(0)
    month.pay(1, memo="")
    month.pay(2)
    month.pay(3, amount_fen=DEPOSIT - 1)
    take_statement(month)
    claim = {"paid_on": "2026-03-10", "amount_yuan": "2000.00", "payer_account_tail": account_no(1)[-4:]}
    now_ms = month.clock.now_ms()
    assert post("/deposits/corrections", 1, now_ms, **{**claim, "amount_yuan": 2000}).status_code >= 400
    assert post("/deposits/corrections", 1, now_ms, **claim).json_body["state"] == "held"
    month.clock.at_ms = PLAN.at("corrections_close")
    assert post("/deposits/corrections", 1, month.clock.now_ms(), **claim).status_code >= 400
    assert step(deposit_tasks, "close_corrections") == {"corrected": 1, "returnable": 0}
    assert len(step(deposit_tasks, "summary")["files"]) == 2
    assert step(deposit_tasks, "reconcile")["differences"] == 0
    for number in range(3):
        month.set_applicant(number, qualified=True)
    month.close_auction(winners=[0])
    month.notice(0, "paid")

    assert run_batch("remittance") == {}
    assert run_batch("1") == {"paid": 2, "failed": 1, "pending": 0}
    assert run_batch("2") == {"paid": 1, "failed": 0, "pending": 0}
    assert step(refund_tasks, "failed_list")["count"] == 1
    back = next(number for number in (1, 2) if find_deposit(PERIOD, code(number)).state == "refunding")
    account = {"account_no": "6222990000000000001", "account_name": name(back)}
    assert post("/refunds/accounts", back, month.clock.now_ms(), **account).status_code == 202
    assert run_batch("again-1") == {"paid": 1, "failed": 0, "pending": 0}
    take_statement(month)

    assert step(deposit_tasks, "reconcile")["differences"] == 0
    assert {account: fen for account, fen in month.balances().items() if not account.startswith("interest")} == {}
    state = requests.get(f"{wiring.hub().settings.need('HANGZHOU_URL')}/_state", timeout=5).json()
    assert sorted(payment["account"] for payment in state["payments"]) == sorted(
        [account_no(0), account_no(3), "6222990000000000001", account_no(3 - back)]
    )
