"""A whole month on the deployed package, its machine aborted in the middle and started again, held to every rule.

Run as a user runs it: a process of its own, its exit code, its files.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from local.package import ROOT

pytestmark = pytest.mark.deployed

BIDDERS = 40
PERIOD = "2026-03"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` leaves behind."""
    folder = tmp_path_factory.mktemp("month")
    command = [sys.executable, "-m", "local.demo", "--bidders", str(BIDDERS), "--seed", "7", "--interrupted"]
    command += ["--channels", "hangzhou"]
    done = subprocess.run([*command, "--out", str(folder / "out")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-6_000:]
    return folder / "out"


@pytest.fixture(scope="module")
def summary(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return content


def test_every_money_rule_and_every_check_holds(summary: dict[str, Any]) -> None:
    checks = [*summary["money_rules"], *summary["checks"]]
    assert [check["name"] for check in checks if not check["holds"]] == []
    assert len(summary["money_rules"]) == 6
    assert summary["ledger_sum_fen"] == 0
    assert set(summary["bank_differences_fen"].values()) == {0}


def test_what_was_planted_went_its_whole_way(summary: dict[str, Any]) -> None:
    assert summary["applicants"] == BIDDERS
    assert summary["corrected"] > 0
    assert summary["prices"]["defaulted"]["count"] > 0
    assert summary["prices"]["paid"]["count"] > 0
    assert {"1", "2", "remittance", "again-1"} == summary["refunds"].keys()
    assert summary["refunds"]["1"]["replaced"]["count"] == summary["refunds"]["again-1"]["paid"]["count"] == 2
    assert summary["interest_fen"] > 0
    assert {"individual", "unit"} == summary["results"].keys()
    refused = {"ABOVE_CAP", "BELOW_RESERVE", "OFF_TICK", "NO_BIDS_LEFT", "REQUEST_REUSED", "CLOSED"}
    assert refused <= summary["bids_refused"].keys()
    assert summary["wrong_sms_codes_refused"] > 0
    assert summary["unqualified_refused"] > 0
    assert summary["self_approvals_refused"] == 1


def test_a_machine_started_again_did_nothing_twice(summary: dict[str, Any]) -> None:
    assert summary["attempts"] == 2
    by_name = {check["name"]: check for check in (*summary["money_rules"], *summary["checks"])}
    for name in ("2 a refund leaves at most once", "4 same key, same answer", "one text a person and campaign"):
        assert by_name[name]["holds"], by_name[name]["detail"]


def test_bad_rows_are_on_the_operators_list(summary: dict[str, Any]) -> None:
    assert summary["problems_listed"] >= 9


def test_the_workbook_opens_and_its_cover_balances(out: Path) -> None:
    book = openpyxl.load_workbook(out / "outbox" / "reports" / PERIOD / f"settlement-{PERIOD}.xlsx", data_only=True)
    shown = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert "平" in shown
    assert "不平" not in shown
    assert len(book.sheetnames) == 20


def test_each_sealed_package_lists_what_is_in_it(out: Path) -> None:
    packages = sorted((out / "evidence" / PERIOD).glob("*.zip"))
    assert len(packages) == 6
    for package in packages:
        with zipfile.ZipFile(io.BytesIO(package.read_bytes())) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            for entry in manifest["files"]:
                content = archive.read(entry["name"])
                assert hashlib.sha256(content).hexdigest() == entry["sha256"]
                assert hashlib.new("sm3", content).hexdigest() == entry["sm3"]


def test_files_for_the_bank_carry_their_digest(out: Path) -> None:
    batches = sorted((out / "outbox" / "hangzhou" / "batch" / PERIOD).glob("*.txt"))
    assert len(batches) == 4
    for batch in batches:
        sidecar = Path(f"{batch}.sm3").read_text()
        assert sidecar.split() == [hashlib.new("sm3", batch.read_bytes()).hexdigest(), batch.name]


def test_what_pages_poll_says_what_was_published(out: Path) -> None:
    def published(name: str) -> Any:
        return json.loads((out / "public" / name).read_text())

    live, window = (published(f"auction/{PERIOD}/{name}.json") for name in ("live", "window"))
    broadcasts = [published(f"auction/{PERIOD}/broadcast-{number}.json") for number in (1, 2)]
    shown = [{name: each[name] for name in ("number", "at", "classes")} for each in broadcasts]
    assert live["broadcasts"] == shown
    assert (live["opens_at_ms"], live["closes_at_ms"]) == (window["opens_at_ms"], window["closes_at_ms"])
    assert (live["closed"], live["paused_at"]) == (True, None)
    assert published("current.json") == {"period": PERIOD}
