"""``hangpai log``, as a bidder runs it on what the public doors gave him."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chalicelib.bidlog.rules import leaf_of, line_of_receipt, signed_head
from chalicelib.evidence import merkle, proofs
from chalicelib.kernel.signing import Signer
from local.cli import app

SIGNER = Signer(bytes(range(32)))
RECEIPT = {
    "period": "2026-03",
    "bidder_class": "individual",
    "application_code": "A",
    "request_id": "r",
    "price": 16_000,
    "bid_at": "2026-03-25T09:00:00.001",
    "bid_number": 1,
    "bids_left": 2,
}
LEAVES = [merkle.leaf_hash(b"x"), merkle.leaf_hash(b"y"), leaf_of(line_of_receipt(RECEIPT))]


def node(height: int, place: int) -> bytes:
    return merkle.levels_of(LEAVES)[height][place]


def head(size: int) -> dict[str, Any]:
    return signed_head("2026-03", size, merkle.root(LEAVES[:size]), size, SIGNER)


def run(folder: Path, command: str, held: object, path: list[bytes], *options: str) -> tuple[int, str]:
    proof = {"head": head(3), "index": 2, "proof": [step.hex() for step in path]}
    (folder / "held.json").write_text(json.dumps(held))
    (folder / "proof.json").write_text(json.dumps(proof))
    done = CliRunner().invoke(app, ["log", command, str(folder / "held.json"), str(folder / "proof.json"), *options])
    return done.exit_code, done.output


def test_given_a_receipt_and_its_proof_when_checked_then_it_holds(tmp_path: Path) -> None:
    path = proofs.inclusion(node, 2, 3)

    assert run(tmp_path, "receipt", {"receipt": RECEIPT}, path, "--public-key", SIGNER.public_key) == (0, "holds\n")
    assert "not checked" in run(tmp_path, "receipt", {"receipt": RECEIPT}, path)[1]


@pytest.mark.parametrize(
    ("held", "options", "said"),
    [
        ({"receipt": {**RECEIPT, "price": 15_900}}, (), "is not leaf 2"),
        ({"receipt": RECEIPT}, ("--public-key", Signer(bytes(32)).public_key), "not the hub's"),
        ({}, (), "not as the hub writes it"),
    ],
)
def test_given_what_does_not_hold_when_checked_then_it_says_so(
    held: object, options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    exit_code, output = run(tmp_path, "receipt", held, proofs.inclusion(node, 2, 3), *options)

    assert exit_code == 1
    assert said in output


def test_given_an_older_head_when_checked_then_growth_holds_and_a_change_does_not(tmp_path: Path) -> None:
    path = proofs.consistency(node, 2, 3)

    assert run(tmp_path, "growth", head(2), path)[0] == 0
    changed = signed_head("2026-03", 2, merkle.root(LEAVES[1:]), 2, SIGNER)
    assert "it was changed" in run(tmp_path, "growth", changed, path)[1]
