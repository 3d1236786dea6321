"""The door as API Gateway calls it: raw bytes in, raw bytes out; and the settlement's steps by name."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client
from treasury_room import BY_RANK, PERIOD, SECRET, TreasuryRoom

from app import app
from chalicelib.kernel import aws as aws_doors
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.treasury import routes, tasks
from chalicelib.treasury.confirmations import handle
from chalicelib.treasury.rules import NoticeStatus
from integrations.treasury_nontax.simulator import wire

STATE_MACHINES = Path(__file__).parents[2] / "state_machines"


@pytest.fixture
def queue_url() -> str:
    return str(aws_doors.client("sqs").create_queue(QueueName="confirmations")["QueueUrl"])


@pytest.fixture
def hub(room: TreasuryRoom, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    parts = SimpleNamespace(
        settings=SimpleNamespace(need={"CONFIRMATIONS_QUEUE": queue_url}.__getitem__),
        treasury=lambda: room.link,
        clock=room.clock,
        files=room.files,
        keys=SimpleNamespace(vault=lambda: room.vault),
        auction_closes=lambda _: room.closed_at_ms,
    )
    for module in (routes, tasks):
        monkeypatch.setattr(module, "hub", lambda: parts)
    return parts


def test_given_the_door_when_a_frame_is_posted_then_bytes_come_back_and_work_is_queued(
    room: TreasuryRoom, hub: SimpleNamespace, queue_url: str
) -> None:
    room.open_settlement()
    paid = room.simulator.books.pay(room.notice(BY_RANK[0]).pay_code, 3_500_000, "张三", None)
    body = json.dumps({"frame": base64.b64encode(paid.frame).decode()}).encode()

    with Client(app) as client:
        answer = client.http.post("/treasury/messages", headers={"Content-Type": "application/json"}, body=body)

    assert answer.status_code == 200
    assert wire.unpack(base64.b64decode(answer.json_body["frame"]), SECRET)[0] == "8001"
    messages = aws_doors.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    event = {"Records": [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]}
    assert handle(event, None) == {"batchItemFailures": []}


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"frame": 3}', b'{"frame": "not base64!"}'])
def test_given_no_frame_when_posted_then_the_refusal_says_what_is_missing(
    hub: SimpleNamespace, queue_url: str, body: bytes
) -> None:
    with Client(app) as client:
        answer = client.http.post("/treasury/messages", headers={"Content-Type": "application/json"}, body=body)

    assert (answer.status_code, answer.json_body["code"]) == (400, "FRAME_MISSING")


def step_names(states: dict[str, Any]) -> set[str]:
    found = set()
    for state in states.values():
        parameters = state.get("Parameters", {})
        if parameters.get("FunctionName") == "${Treasury}":
            found.add(parameters["Payload"]["step"])
        found |= step_names(state.get("ItemProcessor", {}).get("States", {}))
    return found


def test_given_the_machines_when_read_then_they_call_the_steps_that_there_are() -> None:
    called = set()
    for name in ("settlement", "month_end"):
        called |= step_names(json.loads((STATE_MACHINES / f"{name}.asl.json").read_text())["States"])

    assert called == set(tasks.STEPS)


def test_given_the_steps_when_run_in_the_machine_s_order_then_the_settlement_ends(
    room: TreasuryRoom, hub: SimpleNamespace
) -> None:
    save_plan(room.plan, PeriodState.RUNNING, "system")

    def run(step: str, **given: Any) -> Any:
        return tasks.handle({"step": step, "period": PERIOD, **given}, None)

    for chunk in run("issue_notices")["chunks"]:
        run("register", **chunk)
    room.clock.at_ms = room.plan.at("settlement_opens")
    room.pay(BY_RANK[0], push=False)
    room.pass_deadline()
    run("verify")
    assert run("propose_defaulters")["defaulters"] == 3
    assert run("default", by="王主管")["defaulted"] == 3
    assert run("clearing")["paid"] == 1
    assert len(run("export")["files"]) == 1
    assert room.notice(BY_RANK[0]).state == NoticeStatus.PAID
