"""``hangpai verify``: exit code 0 only if everything holds, else the file, row or link that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.bidding.receipts import signed_receipt
from chalicelib.bidding.rules import PlacedBid
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tokens import Session
from local.cli import app
from tests.evidence.sealed_auction import (
    FORGER,
    INDIVIDUALS,
    PERIOD,
    SIGNER,
    auction,
    bids_of,
    changed,
    lines_changed,
    qualification,
    sealed,
)

ROOT = Path(__file__).resolve().parent.parent.parent
RECEIPTS = Signer(bytes(reversed(range(32))))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "3-qualification.zip").write_bytes(qualification())
    (tmp_path / "4-auction.zip").write_bytes(auction())
    return tmp_path


def verify(folder: Path, *options: str) -> Result:
    named = [str(folder / option) if option.endswith((".zip", ".json")) else option for option in options]
    return CliRunner().invoke(app, ["verify", *named])


def receipt(number: int = 0, signer: Signer = RECEIPTS, **changes: Any) -> bytes:
    """The receipt of one of a bidder's bids, as the bid function gives it; ``changes`` after it was signed."""
    bids = bids_of("individual", 60)
    code = max((bid.code for bid in bids), key=lambda one: sum(bid.code == one for bid in bids))
    own = sorted((bid for bid in bids if bid.code == code), key=lambda bid: bid.bid_at_ms)
    placed = [PlacedBid(f"request-{at}", bid.price_fen, bid.bid_at_ms) for at, bid in enumerate(own)]
    answer = signed_receipt(Session(code, "bid", PERIOD, "individual", 0), placed, number, 3, signer)
    answer["receipt"].update(changes)
    return json.dumps(answer).encode()


def test_given_a_package_that_holds_when_verified_then_the_exit_code_is_0(folder: Path) -> None:
    done = verify(folder, "4-auction.zip", "--previous", "3-qualification.zip", "--public-key", SIGNER.public_key)

    assert (done.exit_code, done.stdout) == (0, "4-auction.zip: everything holds\n")


@pytest.mark.parametrize(
    ("package", "not_checked"),
    [
        ("3-qualification.zip", ["whose key signed the package (--public-key)"]),
        (
            "4-auction.zip",
            ["whose key signed the package (--public-key)", "the link to the package sealed before (--previous)"],
        ),
    ],
)
def test_given_no_options_when_verified_then_what_was_not_checked_is_said(
    package: str, not_checked: list[str], folder: Path
) -> None:
    done = verify(folder, package)

    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{package}: everything holds",
        *(f"  not checked: {what}" for what in not_checked),
    ]


def _without_last_row(package: bytes) -> bytes:
    return lines_changed(package, INDIVIDUALS, lambda lines: lines.pop())


@pytest.mark.parametrize(
    ("tamper", "options", "fault"),
    [
        (_without_last_row, (), f"4-auction.zip: {INDIVIDUALS}: 1 row dropped at line "),
        (lambda package: changed(package, {"rules.toml": b""}), (), "4-auction.zip: rules.toml: sha256 differs"),
        (lambda package: changed(package, {"result.json": None}), (), "4-auction.zip: recount: a file it needs is"),
        (lambda package: package[:50], (), "4-auction.zip: not a zip"),
        (bytes, ("--public-key", FORGER.public_key), "4-auction.zip: signed with a key that is not the hub's"),
        (bytes, ("--previous", "4-auction.zip"), "4-auction.zip: chain: the previous package is 2026-03/3-"),
    ],
)
def test_given_a_package_that_does_not_hold_when_verified_then_the_exit_code_is_1_and_it_says_where(
    tamper: Callable[[bytes], bytes], options: tuple[str, ...], fault: str, folder: Path
) -> None:
    (folder / "4-auction.zip").write_bytes(tamper(auction()))

    done = verify(folder, "4-auction.zip", *options)

    assert done.exit_code == 1
    assert any(line.startswith(fault) for line in done.stderr.splitlines()), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("number", [0, 1, 2])
def test_given_a_bidders_receipt_when_its_bid_is_sealed_then_it_holds(number: int, folder: Path) -> None:
    (folder / "receipt.json").write_bytes(receipt(number))

    done = verify(folder, "4-auction.zip", "--receipt", "receipt.json", "--receipt-key", RECEIPTS.public_key)

    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("content", "package", "fault"),
    [
        (receipt(price=29_900), "4-auction.zip", "receipt: the signature does not fit it"),
        (
            receipt(price=29_900),
            "4-auction.zip",
            f"receipt: the bid it confirms is not among the rows of {INDIVIDUALS}",
        ),
        (receipt(bid_number=2), "4-auction.zip", "receipt: bid number 2 is number 1 of its bidder"),
        (receipt(signer=FORGER), "4-auction.zip", "receipt: signed with a key that is not the hub's"),
        (receipt(period="2026-02"), "4-auction.zip", "receipt: of period 2026-02, the package is of 2026-03"),
        (receipt(bidder_class="ship"), "4-auction.zip", "receipt: it or its class's bids are missing"),
        (receipt(), "3-qualification.zip", "receipt: it or its class's bids are missing"),
        (b"[]", "4-auction.zip", "receipt: it or its class's bids are missing"),
        (b"\xff", "4-auction.zip", "receipt: it or its class's bids are missing"),
    ],
)
def test_given_a_receipt_that_does_not_hold_when_verified_then_it_is_said(
    content: bytes, package: str, fault: str, folder: Path
) -> None:
    (folder / "receipt.json").write_bytes(content)

    done = verify(folder, package, "--receipt", "receipt.json", "--receipt-key", RECEIPTS.public_key)

    assert done.exit_code == 1
    assert f"{package}: {fault}" in done.stderr


def test_given_a_bid_dropped_from_the_package_when_its_receipt_is_shown_then_it_is_missed(folder: Path) -> None:
    held = receipt()
    code = json.loads(held)["receipt"]["application_code"].encode()
    (folder / "receipt.json").write_bytes(held)

    def drop(lines: list[bytes]) -> None:
        lines[:] = [line for line in lines if not line.startswith(code)]

    (folder / "4-auction.zip").write_bytes(lines_changed(auction(), INDIVIDUALS, drop))

    done = verify(folder, "4-auction.zip", "--receipt", "receipt.json")

    assert "receipt: the bid it confirms is not among the rows" in done.stderr


def test_given_json_asked_when_verified_then_a_program_can_read_it(folder: Path) -> None:
    shown = json.loads(verify(folder, "4-auction.zip", "--previous", "4-auction.zip", "--json").stdout)

    assert (shown["holds"], len(shown["faults"])) == (False, 3)
    assert shown["not_checked"] == ["whose key signed the package (--public-key)"]


def test_given_no_such_file_when_verified_then_the_exit_code_is_2(folder: Path) -> None:
    assert verify(folder, "5-settlement.zip").exit_code == 2


def test_given_the_command_when_run_as_a_notary_runs_it_then_it_answers(folder: Path) -> None:
    command = [sys.executable, "-m", "local.cli", "verify", str(folder / "4-auction.zip")]

    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60).returncode == 0


def test_given_several_packages_in_any_order_when_verified_then_their_chain_is_followed(folder: Path) -> None:
    settlement = sealed("settlement", {"a.json": b"{}"}, ("auction", auction()))
    month = sealed("month", {"a.json": b"{}"}, ("settlement", settlement))
    first = sealed("amendment-1", {"a.json": b"[1]"}, ("month", month))
    second = sealed("amendment-2", {"a.json": b"[2]"}, ("amendment-1", first))
    for name, content in {"5": settlement, "6": month, "7": first, "8": second}.items():
        (folder / f"{name}.zip").write_bytes(content)

    whole = verify(folder, "8.zip", "5.zip", "7.zip", "4-auction.zip", "6.zip", "--public-key", SIGNER.public_key)
    gap = verify(folder, "8.zip", "5.zip", "7.zip", "--json")

    assert (whole.exit_code, whole.stderr) == (0, "")
    assert whole.stdout.count("not checked") == 1  # what came before the first
    assert gap.exit_code == 1
    assert (
        "7.zip: chain: the previous package is 2026-03/6-month.zip, the one given is 2026-03/5-settlement" in gap.stderr
    )
    assert [told["holds"] for told in json.loads(gap.stdout)] == [True, False, True]
