"""The steps that state machines call and the doors that people knock on, with keys from Secrets Manager."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from chalice.test import Client

from app import app
from chalicelib import wiring
from chalicelib.auctions import routes, tasks
from chalicelib.auctions.rules import Bid
from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS
from chalicelib.bidding import bid
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.bidding.window import lowests, windows
from chalicelib.bidlog import leaves
from chalicelib.bidlog import tasks as log_tasks
from chalicelib.bidlog.rules import growth_faults, leaf_of, line_of_receipt, receipt_faults
from chalicelib.evidence import tasks as evidence_tasks
from chalicelib.evidence.verifying import open_package, verify_package
from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import local_text, utc_text
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.settings import settings
from chalicelib.kernel.signing import holds
from chalicelib.kernel.tokens import Session, issue
from chalicelib.periods.records import PeriodState, save_plan
from local.recounting import recount_faults
from tests.auctions.auction_room import PERIOD, AuctionRoom
from tests.bidding.aws_server import MemoryDoor

SECRETS = ("SESSION_SECRET", "RECEIPT_SECRET", "PRIVACY_SECRET", "EVIDENCE_SECRET")


class BidFunction:
    """The bid function as Lambda's client reaches it: in this process, its step and keys the real ones."""

    def __init__(self, room: AuctionRoom, keys: Keyring) -> None:
        window_key = keys.window_key()
        self.desk = bid.Desk(
            room.clock,
            room.table,
            windows(room.table.window, window_key),
            lowests(room.table.lowest, window_key),
            keys.session_keys(),
            keys.receipt_signer(),
        )

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, object]:  # noqa: N803 (as AWS spells them)
        assert FunctionName == "bid"
        event = json.loads(Payload)
        if event["code"] == "BROKEN":
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        return {"Payload": io.BytesIO(json.dumps(bid.STEPS[event["step"]](event, self.desk)).encode())}


@pytest.fixture
def room(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuctionRoom]:
    for name in SECRETS:
        client("secretsmanager").create_secret(Name=name.lower(), SecretString=name * 4)
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("HEAD_SECONDS", "60")
    monkeypatch.setenv("BID_FUNCTION", "bid")
    settings.cache_clear()
    wiring.hub.cache_clear()
    made = AuctionRoom()
    save_plan(made.plan, PeriodState.RUNNING, "planner")
    hub = replace(wiring.hub(), clock=made.clock)
    rooms = ("auctions.tasks", "auctions.routes", "evidence.tasks", "bidlog.tasks", "bidlog.routes")
    for module in rooms:
        monkeypatch.setattr(f"chalicelib.{module}.hub", lambda: hub)
    for module in (tasks, log_tasks):
        monkeypatch.setattr(module, "Door", lambda _: MemoryDoor())
    monkeypatch.setattr(routes, "client", lambda _: BidFunction(made, hub.keys))
    yield made
    settings.cache_clear()
    wiring.hub.cache_clear()


def step(name: str, **event: object) -> dict[str, object]:
    done: dict[str, object] = tasks.handle({"step": name, "period": PERIOD, **event}, None)
    return json.loads(json.dumps(done))  # type: ignore[no-any-return] # a state's output is JSON


def log_step(name: str) -> dict[str, object]:
    done: dict[str, object] = log_tasks.handle({"step": name, "period": PERIOD}, None)
    return json.loads(json.dumps(done))  # type: ignore[no-any-return]


def stream(room: AuctionRoom) -> None:
    """What the table's stream would hand over: every item as it stands, the window among them."""
    items = client("dynamodb").scan(TableName=room.table.name)["Items"]
    leaves.handle({"Records": [{"dynamodb": {"NewImage": item}} for item in items]}, None)


def prove_over_http(http: Client, room: AuctionRoom) -> None:
    """A receipt's bid is proved by the public doors, and so is that the log only grew; wrong questions are refused."""
    public_key, door = wiring.hub().keys.evidence_signer().public_key, f"/periods/{PERIOD}/bid-log"
    receipt = {"period": PERIOD, "bidder_class": "individual", "application_code": "B", "bid_number": 1}
    receipt |= {"price": 16_000, "bid_at": local_text(room.opens + 1), "request_id": "B-0"}
    leaf = leaf_of(line_of_receipt(receipt)).hex()
    asked = f"?leaf={leaf}&bidder_class=individual&number=1&code="
    assert receipt_faults(receipt, http.http.get(f"{door}/inclusion{asked}B").json_body, public_key) == []
    assert http.http.get(f"{door}/inclusion{asked}A").status_code == 404
    assert http.http.get(f"{door}/inclusion?leaf={leaf}").status_code == 400
    older = json.loads(wiring.hub().files.read("public", f"auction/{PERIOD}/log/heads.json"))[0]
    grown = http.http.get(f"{door}/consistency?older={older['head']['size']}").json_body
    assert growth_faults(older, grown, public_key) == []
    assert http.http.get(door).json_body["head"]["final"]


def test_given_an_auction_day_when_its_steps_run_then_it_ends_sealed_published_and_each_sees_his_rank(
    room: AuctionRoom,
) -> None:
    waits = step("prepare")
    room.lay([Bid(code, 1_600_000, room.opens + at) for at, code in enumerate(("A", "B", "C"))])
    stream(room)
    room.clock.at_ms = room.plan.broadcasts[0].at_ms - 1_000
    # Then a head is due at the broadcast, or a minute later where there is none before
    older = log_step("head")
    assert (older["size"], older["done"]) == (3, False)
    assert older["again_at"] == utc_text(room.plan.broadcasts[0].at_ms)
    room.clock.at_ms = room.plan.broadcasts[0].at_ms + BROADCAST_DRAIN_MS
    assert step("broadcast", number=1)["number"] == 1
    assert log_step("head")["again_at"] == utc_text(room.clock.at_ms + 60_000)
    room.clock.at_ms = room.closes + DRAIN_MS
    closed = step("close")
    assert log_step("head")["done"]
    assert log_step("finish") == {"size": 3, "caught_up": 0}
    exported = step("export")
    sealed = evidence_tasks.handle({"step": "seal", "period": PERIOD, "moment": "auction", **exported}, None)
    step("publish")

    assert waits["closes_at"] == "2026-03-25T07:00:00.000Z"
    assert closed["classes"]["individual"]["winners"] == 2  # type: ignore[index,call-overload]
    package = client("s3").get_object(Bucket="test-evidence", Key=sealed["key"])["Body"].read()
    assert verify_package(package, wiring.hub().keys.evidence_signer().public_key) == []
    assert recount_faults(open_package(package)) == []
    assert b'"rules_version":"hangzhou 2026-01"' in package
    keys = wiring.hub().keys.session_keys()
    token = issue(Session("B", "account", PERIOD, "individual", room.clock.at_ms + 1), "k1", keys["k1"])
    with Client(app) as http:
        assert http.http.get("/me/result").status_code >= 400
        assert http.http.get(f"/periods/{PERIOD}/result").json_body["classes"]["individual"]["lowest"] == 16_000
        own = http.http.get("/me/result", headers={"Authorization": f"Bearer {token}"}).json_body
        assert (own["rank"], own["won"]) == (2, True)
        prove_over_http(http, room)


def test_given_a_period_that_is_not_when_a_step_runs_then_the_error_names_it(room: AuctionRoom) -> None:
    with pytest.raises(HubError) as refused:
        tasks.handle({"step": "prepare", "period": "2030-01"}, None)
    assert refused.value.code == "PERIOD_UNKNOWN"


def test_given_a_bidder_with_bids_then_either_session_shows_them_with_the_receipts_they_were_answered_with(
    room: AuctionRoom,
) -> None:
    step("prepare")
    room.lay([Bid("B", 1_600_000, room.opens), Bid("B", 1_700_000, room.opens + 1), Bid("A", 1_000_000, room.opens)])
    key = wiring.hub().keys.receipt_signer().public_key
    tokens = {
        name: issue(
            Session("B", name, PERIOD, "individual", room.clock.at_ms + 1), "k1", wiring.hub().keys.session_keys()["k1"]
        )
        for name in ("account", "bid", "operator")
    }
    with Client(app) as http:
        own = {name: http.http.get("/me/bids", headers={"Authorization": f"Bearer {t}"}) for name, t in tokens.items()}
        assert http.http.get("/me/bids").json_body["code"] == "TOKEN_INVALID"
        assert http.http.get("/time").json_body == {"now_ms": room.clock.at_ms}
        broken = issue(
            Session("BROKEN", "bid", PERIOD, "individual", room.clock.at_ms + 1),
            "k1",
            wiring.hub().keys.session_keys()["k1"],
        )
        unread = http.http.get("/me/bids", headers={"Authorization": f"Bearer {broken}"})
    assert (unread.status_code, unread.json_body["code"]) == (503, "RECEIPTS_PENDING")
    assert (own["operator"].status_code, own["operator"].json_body["code"]) == (403, "TOKEN_AUDIENCE")
    shown = own["bid"].json_body
    assert shown == own["account"].json_body
    assert (shown["bids_max"], shown["bids_left"]) == (3, 1)
    assert [each["receipt"]["price"] for each in shown["bids"]] == [16_000, 17_000]
    assert all(holds(each["receipt"], each["signature"], key) for each in shown["bids"])


def test_given_a_day_when_its_steps_run_then_pages_see_each_change(room: AuctionRoom) -> None:
    def live() -> dict[str, object]:
        body = client("s3").get_object(Bucket="test-public", Key=f"auction/{PERIOD}/live.json")
        assert body["CacheControl"] == "public, max-age=0, s-maxage=1"
        return json.loads(body["Body"].read())  # type: ignore[no-any-return]

    assert step("current") == {"period": PERIOD}
    step("prepare")
    assert live()["broadcasts"] == []
    room.clock.at_ms = room.plan.broadcasts[0].at_ms + BROADCAST_DRAIN_MS
    step("broadcast", number=1)
    assert len(live()["broadcasts"]) == 1  # type: ignore[arg-type]
    step("pause", number=1, reason="系统维护")
    assert live()["paused_at"] is not None
    step("resume", number=1)
    assert live()["resumes_at"] is not None
    room.clock.at_ms = room.closes + 3_600_000
    step("close")
    step("publish")
    assert live()["closed"]
