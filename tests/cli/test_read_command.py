"""``hangpai read treasury`` as an integrator runs it: a process, a file, and every fault by part and field."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from integrations.ports import Notice
from integrations.treasury_nontax.codec import Link, write_notice
from integrations.treasury_nontax.inspection import inspect_frame
from integrations.treasury_nontax.profile import default_profile
from integrations.treasury_nontax.simulator import wire

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "a token of both sides"
PROFILE = default_profile()
FIELDS = {
    "PayCode": "33010026300000000001",
    "CfmDate": "20260327",
    "CfmTime": "101502",
    "Amt": "31500.00",
    "TraNoBus": "S1",
    "PayerName": "赵六",
}


def frame(number: str = "5996", **fields: str) -> bytes:
    return wire.pack(number, ("P1", "P1"), "20260327", FIELDS | fields, TOKEN)


def faults(content: bytes, token: str | None = TOKEN) -> list[str]:
    return [problem.field for problem in inspect_frame(content, token, PROFILE).problems]


def hangpai_read(kind: str, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.cli", "read", kind, str(file), *options]
    env = {**os.environ, "TOKEN": TOKEN}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=env)


def test_given_a_good_frame_when_read_then_decoded_and_masked(tmp_path: Path) -> None:
    file = tmp_path / "confirmation.bin"
    file.write_bytes(frame())

    done = hangpai_read("treasury", file, "--json", "--token-env", "TOKEN")

    shown: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr, shown["mac"], shown["problems"]) == (0, "", "valid", [])
    assert (shown["voucher"]["Amt"], shown["voucher"]["PayerName"]) == ("31500.00", "赵*")


def test_given_a_bad_frame_when_read_then_every_fault_and_exit_2(tmp_path: Path) -> None:
    file = tmp_path / "bad.bin"
    file.write_bytes(b"99" + frame(Amt="1.005", CfmTime="251000")[2:])

    done = hangpai_read("treasury", file, "--json")

    assert done.returncode == 2
    shown = json.loads(done.stdout)
    assert [each["field"] for each in shown["problems"]] == ["frame.length", "Voucher.CfmTime", "Voucher.Amt"]
    assert "Voucher.Amt" in done.stderr


def test_given_another_file_without_its_sidecar_when_read_then_it_says_which_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "statement.txt"
    file.write_bytes(b"")

    done = hangpai_read("hangzhou-statement", file)

    assert done.returncode == 2
    assert "statement.txt.sm3" in done.stderr


@pytest.mark.parametrize("kind", ["minsheng-detail", "alipay-bill"])
def test_given_rubbish_when_read_then_refused_by_code(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "rubbish"
    file.write_bytes(b"not what it should be")

    done = hangpai_read(kind, file, "--json")

    assert done.returncode == 2
    assert json.loads(done.stdout)["code"]


def test_given_our_own_upload_when_inspected_then_nothing_is_wrong() -> None:
    notice = Notice("33010026300000000001", "赵六", 3_150_000, date(2026, 3, 25), date(2026, 3, 30))

    assert faults(write_notice(notice, "m1", Link(TOKEN, PROFILE))) == []


GOOD = frame()


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (GOOD[:-64] + GOOD[-64:].lower(), []),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), ["frame.mac"]),
        (GOOD[:-10], ["frame.length", "frame.mac"]),
        (GOOD[:100], ["frame.length", "frame.mac", "xml.CFX"]),
        (b"", ["frame.length", "frame.head", "frame.MsgNo", "frame.mac", "xml.CFX"]),
        (frame("4711"), ["frame.MsgNo"]),
        (frame(PayCode="123", CfmDate="20260230"), ["Voucher.PayCode", "Voucher.CfmDate"]),
        (GOOD.replace(b"CNNONTAX1.0", b"CNNONTAX2.0", 1), ["frame.head"]),
    ],
)
def test_given_a_fault_when_inspected_then_it_is_named_by_part_and_field(content: bytes, fields: list[str]) -> None:
    assert faults(content) == fields


def test_given_truncated_base64_when_inspected_then_the_voucher_is_named() -> None:
    xml = GOOD[23:-64]
    start, end = xml.index(b"<Voucher>") + 9, xml.index(b"</Voucher>")
    cut = xml[: end - 3] + xml[end:]
    assert start < end

    assert faults(GOOD[:23] + cut + GOOD[-64:]) == ["frame.length", "frame.mac", "Voucher.Voucher"]
