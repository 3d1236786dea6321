"""The steps that state machines call and the doors that people knock on, with keys from Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from chalice.test import Client

from app import app
from chalicelib import wiring
from chalicelib.auctions import tasks
from chalicelib.auctions.rules import Bid
from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.evidence import tasks as evidence_tasks
from chalicelib.evidence.verifying import verify_package
from chalicelib.kernel.aws import client
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tokens import Session, issue
from chalicelib.periods.records import PeriodState, save_plan
from tests.auctions.auction_room import PERIOD, AuctionRoom
from tests.bidding.aws_server import MemoryDoor

SECRETS = ("SESSION_SECRET", "PRIVACY_SECRET", "EVIDENCE_SECRET")


@pytest.fixture
def room(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuctionRoom]:
    for name in SECRETS:
        client("secretsmanager").create_secret(Name=name.lower(), SecretString=name * 4)
        monkeypatch.setenv(name, name.lower())
    settings.cache_clear()
    wiring.hub.cache_clear()
    made = AuctionRoom()
    save_plan(made.plan, PeriodState.RUNNING, "planner")
    hub = replace(wiring.hub(), clock=made.clock)
    for module in ("chalicelib.auctions.tasks", "chalicelib.auctions.routes", "chalicelib.evidence.tasks"):
        monkeypatch.setattr(f"{module}.hub", lambda: hub)
    monkeypatch.setattr(tasks, "Door", lambda _: MemoryDoor())
    yield made
    settings.cache_clear()
    wiring.hub.cache_clear()


def step(name: str, **event: object) -> dict[str, object]:
    done: dict[str, object] = tasks.handle({"step": name, "period": PERIOD, **event}, None)
    return json.loads(json.dumps(done))  # type: ignore[no-any-return] # a state's output is JSON


def test_given_an_auction_day_when_its_steps_run_then_it_ends_sealed_published_and_each_sees_his_rank(
    room: AuctionRoom,
) -> None:
    waits = step("prepare")
    room.lay([Bid(code, 1_600_000, room.opens + at) for at, code in enumerate(("A", "B", "C"))])
    room.clock.at_ms = room.plan.broadcasts[0].at_ms + BROADCAST_DRAIN_MS
    assert step("broadcast", number=1)["number"] == 1
    room.clock.at_ms = room.closes + DRAIN_MS
    closed = step("close")
    exported = step("export")
    sealed = evidence_tasks.handle({"step": "seal", "period": PERIOD, "moment": "auction", **exported}, None)
    step("publish")

    assert waits["closes_at"] == "2026-03-25T07:00:00.000Z"
    assert closed["classes"]["individual"]["winners"] == 2  # type: ignore[index,call-overload]
    package = client("s3").get_object(Bucket="test-evidence", Key=sealed["key"])["Body"].read()
    assert verify_package(package, wiring.hub().keys.evidence_signer().public_key) == []
    assert b'"rules_version":"hangzhou 2026-01"' in package
    keys = wiring.hub().keys.session_keys()
    token = issue(Session("B", "account", PERIOD, "individual", room.clock.at_ms + 1), "k1", keys["k1"])
    with Client(app) as http:
        assert http.http.get("/me/result").status_code >= 400
        assert http.http.get(f"/periods/{PERIOD}/result").json_body["classes"]["individual"]["lowest"] == 16_000
        own = http.http.get("/me/result", headers={"Authorization": f"Bearer {token}"}).json_body
        assert (own["rank"], own["won"]) == (2, True)


def test_given_a_period_that_is_not_when_a_step_runs_then_the_error_names_it(room: AuctionRoom) -> None:
    with pytest.raises(HubError) as refused:
        tasks.handle({"step": "prepare", "period": "2030-01"}, None)
    assert refused.value.code == "PERIOD_UNKNOWN"
