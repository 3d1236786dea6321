"""Time stamps (RFC 3161) by an authority of openssl's: beside the package, never in its way, and checked offline."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chalicelib.evidence import tasks
from chalicelib.evidence.sealing import seal
from chalicelib.evidence.stamping import stamp
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.errors import Pending
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.timestamps import certificates, stamp_faults
from chalicelib.wiring import _timestamps
from integrations.timestamps.client import TimestampClient
from integrations.timestamps.simulator import TimestampSimulator
from local.cli import app
from tests.evidence.sealed_auction import SIGNER

CONTENTS = {"a.json": b"{}"}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimestampSimulator]:
    with TimestampSimulator(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture
def authority(standing: TimestampSimulator) -> TimestampSimulator:
    standing.silent = standing.forging = False
    return standing


def client(authority: TimestampSimulator) -> TimestampClient:
    return TimestampClient(authority.url, authority.root)


def sealed(files: MemoryFiles, moment: str, period: str = "2026-03") -> str:
    return seal(period, moment, CONTENTS, rules_version="v", signer=SIGNER, files=files, clock=SetClock(0))["key"]


def test_given_an_authority_when_a_package_is_sealed_then_its_answer_lies_beside_it_once(
    aws: None, authority: TimestampSimulator
) -> None:
    files = MemoryFiles()
    key = sealed(files, "applicants")

    assert stamp("2026-03", client(authority), files) == [f"{key}.tsr"]
    assert stamp("2026-03", client(authority), files) == []
    package, answer = files.read("evidence", key), files.read("evidence", f"{key}.tsr")
    assert stamp_faults(package, answer, certificates(authority.root)) == []
    assert stamp_faults(package + b"\0", answer, certificates(authority.root)) != []


@pytest.mark.parametrize("how", ["silent", "forging", "gone", "another's certificate"])
def test_given_no_answer_that_holds_when_sealed_then_the_package_stands_and_is_stamped_with_a_later_one(
    how: str, aws: None, authority: TimestampSimulator, tmp_path: Path
) -> None:
    files = MemoryFiles()
    first = sealed(files, "month", "2026-02")
    asked = client(authority)
    authority.silent, authority.forging = how == "silent", how == "forging"
    if how == "gone":
        asked = TimestampClient("http://127.0.0.1:1/", authority.root)
    if how == "another's certificate":
        asked = TimestampClient(authority.url, TimestampSimulator(tmp_path / "other").root)

    assert stamp("2026-02", asked, files) == []
    with pytest.raises(Pending):
        asked.stamp(b"content")

    authority.silent = authority.forging = False
    second = sealed(files, "applicants", "2026-03")
    assert stamp("2026-03", client(authority), files) == [f"{second}.tsr", f"{first}.tsr"]


def test_given_settings_that_can_not_be_when_sealed_then_the_step_still_ends_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong() -> None:
        raise ValueError("no certificate at all")

    monkeypatch.setattr(tasks, "hub", lambda: type("Parts", (), {"timestamps": staticmethod(wrong), "files": None}))
    tasks._stamp("2026-03")


def test_given_the_settings_when_wired_then_there_is_an_authority_or_none(authority: TimestampSimulator) -> None:
    (certificate,) = certificates(authority.root)
    from cryptography.hazmat.primitives.serialization import Encoding

    packed = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    found = _timestamps(Settings({"TIMESTAMP_URL": authority.url, "TIMESTAMP_CERTIFICATE": packed}))()

    assert found is not None
    assert found.stamp(b"content")
    assert _timestamps(Settings({"TIMESTAMP_URL": ""}))() is None


def test_given_a_stamp_beside_a_package_when_verified_offline_then_it_is_held_to_the_certificate(
    aws: None, authority: TimestampSimulator, tmp_path: Path
) -> None:
    files = MemoryFiles()
    key = sealed(files, "applicants")
    stamp("2026-03", client(authority), files)
    package, beside, root = tmp_path / "a.zip", tmp_path / "a.zip.tsr", tmp_path / "root.pem"
    package.write_bytes(files.read("evidence", key))
    root.write_bytes(authority.root)
    command = ["verify", str(package), "--public-key", SIGNER.public_key]

    bare = CliRunner().invoke(app, [*command, "--tsa-certificate", str(root)])
    beside.write_bytes(files.read("evidence", f"{key}.tsr"))
    unheld = CliRunner().invoke(app, command)
    held = CliRunner().invoke(app, [*command, "--tsa-certificate", str(root)])
    beside.write_bytes(client(authority).stamp(b"other content"))
    false = CliRunner().invoke(app, [*command, "--tsa-certificate", str(root)])

    assert "not checked: when it was sealed: no a.zip.tsr lies beside it" in bare.stdout
    assert "not checked: the time stamp that lies beside the package (--tsa-certificate)" in unheld.stdout
    assert held.exit_code == 0
    assert re.fullmatch(r"a\.zip: everything holds, and was there at 20\d\d-\d\d-\d\dT[\d:.]{12}\n", held.stdout)
    assert (false.exit_code, false.stderr) == (1, "a.zip: the time stamp does not hold: Mismatch between messages\n")
