"""Attachments: taken in by digest over the API, put straight into the bucket, named by the next package, verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from chalice.test import Client
from typer.testing import CliRunner

from app import app
from chalicelib.evidence import routes
from chalicelib.evidence.package import Attachment
from chalicelib.evidence.sealing import seal
from chalicelib.evidence.verifying import open_package, verify_package
from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.files import S3Files
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tokens import Session, issue_newest
from chalicelib.periods import access
from chalicelib.periods.operators import AUDIENCE
from chalicelib.periods.plan import nominal
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.periods.rules import load_rules
from local.cli import app as command_line
from tests.evidence import sealed_auction
from tests.evidence.sealed_auction import SIGNER, run_shipped

PERIOD, DOOR = "2026-03", "/periods/2026-03/attachments"
KEYS = {"k1": b"k" * 32}
VIDEO = b"a video of the draw" * 1_000
ASKED: dict[str, Any] = {
    "name": "公证录像.mp4",
    "kind": "video",
    "bytes": len(VIDEO),
    "sha256": hashlib.sha256(VIDEO).hexdigest(),
    "sm3": hashlib.new("sm3", VIDEO).hexdigest(),
}
Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def files(aws: None) -> S3Files:
    plan = nominal(
        PERIOD, load_rules("hangzhou"), {"individual": 1, "unit": 0}, last_average_fen={}, lows_fen={}, last_mean_fen={}
    )
    save_plan(plan, PeriodState.RUNNING, "system")
    return S3Files(client("s3"), settings())


@pytest.fixture
def ask(files: S3Files, monkeypatch: pytest.MonkeyPatch) -> Ask:
    parts = SimpleNamespace(files=files, clock=SetClock(1), keys=SimpleNamespace(session_keys=lambda: KEYS))
    monkeypatch.setattr(access, "hub", lambda: parts)
    monkeypatch.setattr(routes, "hub", lambda: parts)

    def send(body: dict[str, Any] | None = None, role: str = "planner") -> tuple[int, dict[str, Any]]:
        parts.clock.advance(1)
        token = issue_newest(Session("a", AUDIENCE, "", "", 10_000, (role,)), KEYS)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with Client(app) as door:
            if body is None:
                answer = door.http.get(DOOR, headers=headers)
            else:
                answer = door.http.post(DOOR, headers=headers, body=json.dumps(body).encode())
        return answer.status_code, json.loads(answer.body)

    return send


def sealed(files: S3Files, moment: str) -> bytes:
    told = seal(PERIOD, moment, {"a.json": b"{}"}, rules_version="v", signer=SIGNER, files=files, clock=SetClock(0))
    return files.read("evidence", told["key"])


def states(ask: Ask) -> list[tuple[str, str, str | None]]:
    return [(each["name"], each["upload"], each["sealed_in"]) for each in ask(role="auditor")[1]["attachments"]]


def test_given_a_video_when_registered_and_put_then_the_next_package_alone_names_it(ask: Ask, files: S3Files) -> None:
    sealed(files, "qualification")
    status, told = ask(ASKED)
    assert (status, told["sha256"]) == (201, ASKED["sha256"])
    assert states(ask) == [(ASKED["name"], "none", None)]

    put = requests.put(told["upload"]["url"], data=VIDEO, headers=told["upload"]["headers"], timeout=5)
    assert put.status_code == 200, put.text
    assert states(ask) == [(ASKED["name"], "arrived", None)]

    auction, settlement = sealed(files, "auction"), sealed(files, "settlement")
    assert open_package(auction).manifest["attachments"] == [ASKED]
    assert open_package(settlement).manifest["attachments"] == []
    assert verify_package(auction, SIGNER.public_key) == verify_package(settlement, SIGNER.public_key) == []
    assert states(ask) == [(ASKED["name"], "arrived", "2026-03/4-auction.zip")]


def test_given_an_address_when_read_then_the_digest_and_the_length_are_signed_with_it(ask: Ask) -> None:
    upload = ask(ASKED)[1]["upload"]

    # S3 itself refuses other bytes, and a second file: those headers are part of what it verifies.
    assert {"content-length", "if-none-match", "x-amz-checksum-sha256"} <= upload["headers"].keys()


def test_given_other_bytes_under_the_address_when_listed_then_it_is_said(ask: Ask) -> None:
    ask(ASKED)
    key = f"attachments/{PERIOD}/{ASKED['sha256']}"
    boto3.client("s3").put_object(Bucket="test-evidence", Key=key, Body=b"other", ChecksumAlgorithm="SHA256")

    assert states(ask) == [(ASKED["name"], "differs", None)]


def test_given_the_same_again_when_registered_then_nothing_is_added_and_another_is_refused(ask: Ask) -> None:
    assert [ask(ASKED)[0], ask(ASKED)[0]] == [201, 201]
    status, told = ask({**ASKED, "name": "other.mp4"})
    assert (status, told["code"]) == (409, "ATTACHMENT_KNOWN")
    assert len(states(ask)) == 1


def test_given_a_file_that_one_put_does_not_take_when_registered_then_its_digest_is_taken_in_alone(ask: Ask) -> None:
    assert ask({**ASKED, "bytes": 6 * 1024**3})[1]["upload"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../a"),
        ("name", ""),
        ("kind", "film"),
        ("bytes", 0),
        ("bytes", True),
        ("bytes", "9"),
        ("sha256", "A" * 64),
        ("sm3", ASKED["sm3"] + "\n"),
    ],
)
def test_given_a_wrong_field_when_registered_then_it_is_named(field: str, value: object, ask: Ask) -> None:
    status, told = ask({**ASKED, field: value})
    assert (status, told["code"]) == (400, "ATTACHMENT_INVALID")
    assert [problem["field"] for problem in told["problems"]] == [field]


def test_given_a_sealed_month_when_registered_then_it_is_refused_and_so_is_another_role(
    ask: Ask, files: S3Files
) -> None:
    assert ask(ASKED, role="auditor")[1]["code"] == "ROLE_NEEDED"
    sealed(files, "month")
    assert ask(ASKED)[1]["code"] == "EVIDENCE_CLOSED"


@pytest.mark.parametrize(
    ("name", "content", "faults"),
    [
        ("公证录像.mp4", VIDEO, []),
        ("renamed.mp4", VIDEO, []),
        ("公证录像.mp4", VIDEO + b"!", ["bytes differs from the manifest", "sha256 differs", "sm3 differs"]),
        ("other.mp4", b"other", ["not in the manifest, by content or by name"]),
    ],
)
def test_given_the_file_when_held_against_the_package_then_both_verifiers_tell_whether_it_is_the_one(
    name: str, content: bytes, faults: list[str], tmp_path: Path
) -> None:
    package, file = tmp_path / "1-applicants.zip", tmp_path / name
    package.write_bytes(sealed_auction.sealed("applicants", {"a.json": b"{}"}, attachments=[Attachment(**ASKED)]))
    file.write_bytes(content)

    done = CliRunner().invoke(command_line, ["verify", str(package), "--attachment", str(file)])
    exit_code, lines = run_shipped(tmp_path, package.read_bytes(), "--attachment", name)

    assert (done.exit_code, exit_code) == ((1, 1) if faults else (0, 0)), done.output
    assert [fault for fault in faults if f"attachment {name}: {fault}" not in done.stderr] == []
    assert not faults or lines == [f"附件 {name}: 不在清单中"]
