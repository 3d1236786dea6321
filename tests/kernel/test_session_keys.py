"""Rotating session keys: the newest signs, the one before still opens, and a flood of made-up ids asks for nothing."""

from __future__ import annotations

import json

import pytest

from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.errors import NotAuthenticated
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.session_keys import ASK_AGAIN_MS, GROWS_OLD_MS, rotated, texts_of, window_text
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.tokens import Session, issue_newest, verify

SESSION = Session("3301260000001", "bid", "2026-03", "individual", 9_000_000)


class Secrets:
    """Secrets Manager with one secret, which may fail."""

    def __init__(self) -> None:
        self.text, self.reads, self.down = "a secret text", 0, False

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 (as AWS spells it)
        self.reads += 1
        if self.down:
            raise OSError(SecretId)
        return {"SecretString": self.text}

    def rotate(self) -> None:
        self.text = rotated(self.text, SystemEntropy())


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


def process(secrets: Secrets) -> tuple[Keyring, SetClock]:
    clock = SetClock(1_000)
    return Keyring(secrets, Settings({"SESSION_SECRET": "s"}), SystemEntropy(), clock=clock), clock


def test_given_a_rotation_then_a_warm_verifier_takes_tokens_under_the_new_key_and_the_one_before(
    secrets: Secrets,
) -> None:
    verifier, clock = process(secrets)
    before = issue_newest(SESSION, verifier.session_keys())
    secrets.rotate()
    after = issue_newest(SESSION, process(secrets)[0].session_keys())
    assert after.split(".")[1] == "k2"
    clock.advance(ASK_AGAIN_MS)
    for token in (before, after):
        assert verify(token, "bid", verifier.session_keys(), 2_000) == SESSION


def test_given_two_rotations_then_the_first_key_opens_nothing_more(secrets: Secrets) -> None:
    token = issue_newest(SESSION, process(secrets)[0].session_keys())
    secrets.rotate()
    secrets.rotate()
    assert list(texts_of(secrets.text)) == ["k3", "k2"]
    with pytest.raises(NotAuthenticated, match="TOKEN_INVALID"):
        verify(token, "bid", process(secrets)[0].session_keys(), 2_000)


def test_given_an_issuer_that_goes_on_for_long_then_it_signs_with_the_new_key_by_itself(secrets: Secrets) -> None:
    issuer, clock = process(secrets)
    issuer.session_keys()
    secrets.rotate()
    assert issue_newest(SESSION, issuer.session_keys()).split(".")[1] == "k1"
    clock.advance(GROWS_OLD_MS)
    assert issue_newest(SESSION, issuer.session_keys()).split(".")[1] == "k2"


def test_given_tokens_under_made_up_keys_then_the_secret_is_read_again_only_now_and_then(secrets: Secrets) -> None:
    verifier, clock = process(secrets)
    keys = verifier.session_keys()
    assert secrets.reads == 1
    clock.advance(ASK_AGAIN_MS)
    for key_id in [f"k{number}" for number in range(50, 150)] + ["x", "k", "k1234567", "../k1"]:
        with pytest.raises(NotAuthenticated):
            verify(f"v1.{key_id}.e30.AAAA", "bid", keys, 2_000)
    assert secrets.reads == 2


def test_given_no_answer_from_secrets_manager_then_the_known_keys_go_on(secrets: Secrets) -> None:
    verifier, clock = process(secrets)
    token = issue_newest(SESSION, verifier.session_keys())
    secrets.down = True
    clock.advance(GROWS_OLD_MS)
    assert "k7" not in verifier.session_keys()
    assert verify(token, "bid", verifier.session_keys(), 2_000) == SESSION


def test_given_a_rotation_then_the_auction_windows_key_stays(secrets: Secrets) -> None:
    keys = {process(secrets)[0].window_key()}
    for _ in range(3):
        secrets.rotate()
        keys.add(process(secrets)[0].window_key())
    assert len(keys) == 1
    assert json.loads(secrets.text)["window"] == window_text("a secret text")


def test_given_a_secret_without_a_key_then_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="no key"):
        texts_of('{"window": "x"}')
