"""The recount, in both verifiers: falsehoods that the hub itself signed are found, true results of any size are not.

And what the shipped verifier is: one short file, which no byte changed anywhere makes break or accept other content.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.evidence import verify
from chalicelib.evidence.verifying import Unreadable, open_package, verify_package
from chalicelib.kernel.clock import local_text
from local.recounting import recount_faults
from tests.evidence.sealed_auction import (
    INDIVIDUALS,
    OPENS_MS,
    SIGNER,
    auction,
    auction_files,
    members_of,
    run_shipped,
    sealed,
)

KEY = ("--public-key", SIGNER.public_key)
whole = cache(auction)


def hub_faults(package: bytes) -> list[str]:
    faults = verify_package(package, SIGNER.public_key)
    try:
        return faults + recount_faults(open_package(package))
    except Unreadable:
        return faults


def _won_by_another(files: dict[str, bytes]) -> None:
    """The lowest standing bid is raised over all others, in the file that the hub itself signs."""
    lines = files[INDIVIDUALS].splitlines(keepends=True)
    lines[-1] = b",".join((lines[-1].split(b",")[0], b"99900", lines[-1].split(b",")[2]))
    files[INDIVIDUALS] = b"".join(lines)


def _too_low(files: dict[str, bytes]) -> None:
    lines = files[INDIVIDUALS].splitlines(keepends=True)
    lines[3] = b",".join((lines[3].split(b",")[0], b"9900", lines[3].split(b",")[2]))
    files[INDIVIDUALS] = b"".join(lines)


def _quota_grown(files: dict[str, bytes]) -> None:
    told = json.loads(files["result.json"])
    told["classes"]["individual"]["more_quota"]["added"] = 5
    files["result.json"] = json.dumps(told).encode()


@pytest.mark.parametrize(
    ("change", "hubs", "shipped"),
    [
        (_won_by_another, "recount individual average", "重新计票 individual average"),
        (_won_by_another, "recount: the ranking is not", "排名与 result.json 的摘要不符"),
        (
            _too_low,
            f"{INDIVIDUALS}: row at line 4: price: expected at least the reserve",
            f"{INDIVIDUALS} 第 4 行: 不合竞价规则",
        ),
        (_quota_grown, "recount individual more_quota", "重新计票 individual more_quota"),
    ],
)
def test_given_a_falsehood_that_the_hub_itself_signed_when_recounted_then_both_find_it(
    change: Callable[[dict[str, bytes]], None], hubs: str, shipped: str, tmp_path: Path
) -> None:
    files = auction_files()
    change(files)
    package = sealed("auction", files)

    assert verify_package(package, SIGNER.public_key) == []
    assert any(fault.startswith(hubs) for fault in recount_faults(open_package(package)))
    exit_code, lines = run_shipped(tmp_path, package, *KEY)
    assert exit_code == 1
    assert any(shipped in line for line in lines), lines


@pytest.mark.parametrize(
    "told",
    [
        {"quotas": {"individual": 1, "unit": 1}, "lows_fen": (1_000_000,) * 12},  # every condition holds: 1 + 0 and 1
        {"quotas": {"individual": 7, "unit": 100}, "lows_fen": (1_000_000,) * 12},  # more bidders than quota, and fewer
        {"quotas": {"individual": 0, "unit": 0}},
        {"quotas": {"individual": 20, "unit": 5}, "lows_fen": (9_000_000,) * 12},
    ],
)
def test_given_an_auction_of_another_size_when_recounted_then_both_agree_with_the_close(
    told: dict[str, Any], tmp_path: Path
) -> None:
    package = sealed("auction", auction_files(**told))

    assert recount_faults(open_package(package)) == []
    assert run_shipped(tmp_path, package, *KEY)[0] == 0


NOON_MS = OPENS_MS + 3 * 3_600_000
LOWEST = {"individual": 1_150_000, "unit": 1_150_000}


def _phased(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The auction in two phases, as Shanghai divides its window: every bid within their bounds, then ``change``."""
    files = auction_files()
    window = json.loads(files["window.json"])
    whole_day = window["phases"][0]
    noon = local_text(NOON_MS)
    first = {**whole_day, "name": "first_bid", "closes_at": noon, "limit": "warning_price"}
    later = {**whole_day, "name": "changes", "opens_at": noon, "limit": "around_lowest", "band": 3_000}
    window["phases"] = [first, {**later, "lowest_age_ms_max": 4 * 3_600_000}]
    window["classes"]["individual"]["warning"] = window["classes"]["unit"]["warning"] = 12_900
    lowest = {str(NOON_MS): LOWEST}
    told = {"window": window, "first": first, "later": window["phases"][1], "lowest": lowest}
    change(told)
    return sealed(
        "auction",
        {**files, "window.json": json.dumps(window).encode(), "lowest.json": json.dumps(lowest).encode()},
    )


@pytest.mark.parametrize(
    ("change", "hubs"),
    [
        (lambda told: told["first"].update(bids_max=1), "at most 1 bids in first_bid"),
        (lambda told: told["later"].update(newcomers=False), "only who bid earlier may bid in changes"),
        (lambda told: told["window"]["classes"]["individual"].update(warning=12_000), "at most the warning price"),
        (lambda told: told["later"].update(band=300), "at most 300 yuan from a lowest winning price of then"),
        (lambda told: told["lowest"].clear(), "at most 3000 yuan from a lowest winning price of then"),
        (lambda told: told["later"].update(lowest_age_ms_max=60_000), "yuan from a lowest winning price of then"),
    ],
)
def test_given_bids_that_no_phase_allows_when_recounted_then_both_find_them(
    change: Callable[[dict[str, Any]], None], hubs: str, tmp_path: Path
) -> None:
    package = _phased(change)

    assert any(hubs in fault for fault in recount_faults(open_package(package)))
    exit_code, lines = run_shipped(tmp_path, package, *KEY)
    assert exit_code == 1
    assert any("不合竞价规则" in line for line in lines), lines


def test_given_bids_within_their_phases_when_recounted_then_both_agree(tmp_path: Path) -> None:
    package = _phased(lambda _: None)

    assert recount_faults(open_package(package)) == []
    assert run_shipped(tmp_path, package, *KEY)[0] == 0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_given_any_one_byte_changed_when_verified_then_neither_breaks_nor_accepts_other_content(
    data: st.DataObject,
) -> None:
    package = whole()
    at = data.draw(st.integers(0, len(package) - 1))
    forged = package[:at] + bytes([package[at] ^ data.draw(st.integers(1, 255))]) + package[at + 1 :]

    hubs = hub_faults(forged)
    try:
        shipped = [fault for faults in verify.check(_path(forged), None, SIGNER.public_key) for fault in faults]
        content_stands = members_of(forged) == members_of(package)
    except Exception as error:  # as the script itself takes it
        shipped, content_stands = [repr(error)], False
    assert content_stands or (hubs and shipped)


class _Bytes:
    """A file in memory, as far as the shipped verifier reads one."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read_bytes(self) -> bytes:
        return self.content


def _path(content: bytes) -> Any:
    return _Bytes(content)


def test_given_the_shipped_verifier_when_measured_then_it_is_one_short_file_of_the_standard_library() -> None:
    source = members_of(whole())["verify.py"].decode()
    imported = {
        name.name.split(".")[0] if isinstance(node, ast.Import) else str(node.module).split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }

    assert len(source.splitlines()) < 150
    assert imported <= sys.stdlib_module_names
