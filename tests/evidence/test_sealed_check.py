"""The demo's check of the sealed packages fails where a package, its link or its own verifier does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.checks.check import Check
from local.checks.sealed import packages_hold
from tests.evidence.sealed_auction import FORGER, INDIVIDUALS, SIGNER, auction, changed, lines_changed, qualification

KEYS = ("2026-03/3-qualification.zip", "2026-03/4-auction.zip")


def checked(first: bytes, second: bytes, *, expected: int = 2, public_key: str = SIGNER.public_key) -> Check:
    return packages_hold(dict(zip(KEYS, (first, second), strict=True)), public_key, expected)


def test_given_packages_that_hold_when_checked_then_it_says_how_many() -> None:
    done = checked(qualification(), auction())

    assert (done.holds, done.detail[:30]) == (True, "2 packages signed and chained;")


@pytest.mark.parametrize(
    ("done", "fault"),
    [
        (
            lambda: checked(qualification(), lines_changed(auction(), INDIVIDUALS, lambda lines: lines.pop(3))),
            f"{KEYS[1]}: {INDIVIDUALS}: 1 row dropped at line 4",
        ),
        (lambda: checked(auction(), auction()), f"{KEYS[1]}: chain: "),
        (lambda: checked(auction(), auction()), f"{KEYS[1]}: its own verifier: 证据链"),
        (lambda: checked(qualification(), changed(auction(), {"verify.py": None})), "ships no verifier"),
        (lambda: checked(qualification(), auction(), public_key=FORGER.public_key), "its own verifier: signature.json"),
        (lambda: checked(qualification(), auction(), expected=6), "2 packages were sealed, 6 should have been"),
    ],
)
def test_given_packages_that_do_not_hold_when_checked_then_the_check_fails_and_says_where(
    done: Callable[[], Check], fault: str
) -> None:
    found = done()

    assert not found.holds
    assert fault in found.detail
