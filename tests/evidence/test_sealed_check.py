"""The demo's check of the sealed packages fails where a package, its link or its own verifier does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.checks.check import Check
from local.checks.sealed import packages_hold
from tests.evidence.sealed_auction import FORGER, INDIVIDUALS, SIGNER, auction, changed, lines_changed, qualification
from tests.evidence.test_sm2_signature import OTHER, SM2, twice_signed

KEYS = ("2026-03/3-qualification.zip", "2026-03/4-auction.zip")


def checked(
    first: bytes,
    second: bytes,
    *,
    expected: int = 2,
    public_key: str = SIGNER.public_key,
    sm2_key: str | None = None,
) -> Check:
    return packages_hold(dict(zip(KEYS, (first, second), strict=True)), public_key, expected, sm2_key=sm2_key)


def test_given_packages_signed_twice_when_checked_then_the_sm2_program_in_each_is_run_too() -> None:
    whole = packages_hold({KEYS[0]: twice_signed()}, SIGNER.public_key, 1, sm2_key=SM2.public_key)
    other = packages_hold({KEYS[0]: twice_signed()}, SIGNER.public_key, 1, sm2_key=OTHER.public_key)

    assert (whole.holds, whole.detail[:43]) == (True, "1 packages signed and chained, 1 by SM2 too")
    assert not other.holds
    assert "its own verifier: signature.json: SM2 公钥不是给出的公钥" in other.detail


def test_given_packages_that_hold_when_checked_then_it_says_how_many() -> None:
    done = checked(qualification(), auction())

    assert (done.holds, done.detail[:30]) == (True, "2 packages signed and chained,")


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
        (lambda: checked(qualification(), auction(), sm2_key=SM2.public_key), "the last package has no SM2 signature"),
        (lambda: checked(qualification(), auction(), expected=6), "2 packages were sealed, 6 should have been"),
    ],
)
def test_given_packages_that_do_not_hold_when_checked_then_the_check_fails_and_says_where(
    done: Callable[[], Check], fault: str
) -> None:
    found = done()

    assert not found.holds
    assert fault in found.detail
