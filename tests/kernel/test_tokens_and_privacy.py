"""Tokens, signatures and sealed fields: what is forged, moved or expired is refused."""

from __future__ import annotations

import base64
import dataclasses
import hmac
import json

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib.kernel import tokens
from chalicelib.kernel.errors import NotAllowed, NotAuthenticated
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault, mask_id, mask_name, mask_phone
from chalicelib.kernel.signing import Signer, holds

KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}
SESSION = tokens.Session("0000000000018", "bid", "2026-03", "individual", 1_000, ("bidder",))


def test_a_token_gives_back_its_session() -> None:
    assert tokens.verify(tokens.issue(SESSION, "k1", KEYS["k1"]), "bid", KEYS, now_ms=999) == SESSION


def test_a_token_under_a_key_not_yet_retired_still_holds() -> None:
    assert tokens.verify(tokens.issue(SESSION, "k2", KEYS["k2"]), "bid", KEYS, now_ms=0) == SESSION


def test_a_token_ends_at_its_instant() -> None:
    with pytest.raises(NotAuthenticated, match="TOKEN_EXPIRED"):
        tokens.verify(tokens.issue(SESSION, "k1", KEYS["k1"]), "bid", KEYS, now_ms=1_000)


def test_a_token_for_another_door_is_refused() -> None:
    with pytest.raises(NotAllowed, match="TOKEN_AUDIENCE"):
        tokens.verify(tokens.issue(SESSION, "k1", KEYS["k1"]), "operator", KEYS, now_ms=0)


def _forged() -> list[str]:
    good = tokens.issue(SESSION, "k1", KEYS["k1"])
    version, key_id, claims, signature = good.split(".")
    other = tokens.issue(dataclasses.replace(SESSION, subject="0000000000026"), "k1", KEYS["k1"]).split(".")[2]
    return [
        "",
        "v1",
        good + "x",
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        f"{version}.{key_id}.{other}.{signature}",
        f"{version}.k9.{claims}.{signature}",
        f"v2.{key_id}.{claims}.{signature}",
        f"{version}.{key_id}.{claims}.",
        "v1.k1." + base64.urlsafe_b64encode(b"{}").decode() + "." + signature,
        "v1." + "k" * 2_000,
        tokens.issue(SESSION, "k1", b"3" * 32),
    ]


@pytest.mark.parametrize("token", _forged())
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(NotAuthenticated, match="TOKEN_INVALID"):
        tokens.verify(token, "bid", KEYS, now_ms=0)


def test_a_token_with_a_claim_of_another_version_of_the_hub_holds() -> None:
    claims = json.dumps({**dataclasses.asdict(SESSION), "said_by_a_later_version": 1})
    signed = "v1.k1." + base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    signature = base64.urlsafe_b64encode(hmac.digest(KEYS["k1"], signed.encode(), "sha256")).decode().rstrip("=")

    assert tokens.verify(f"{signed}.{signature}", "bid", KEYS, now_ms=0) == SESSION


def test_the_bearer_header_is_read_whatever_its_case() -> None:
    assert tokens.bearer({"authorization": "Bearer abc"}) == "abc"
    assert tokens.bearer({"Authorization": "Basic abc"}) == ""


def vault() -> Vault:
    return Vault(b"d" * 32, b"l" * 32, SystemEntropy())


def test_a_sealed_field_opens_only_for_its_owner() -> None:
    sealed = vault().seal("张三", "2026-03/1")
    assert vault().open(sealed, "2026-03/1") == "张三"
    with pytest.raises(InvalidTag):
        vault().open(sealed, "2026-03/2")


def test_the_same_field_sealed_twice_looks_different_and_is_found_the_same() -> None:
    assert vault().seal("张三", "a") != vault().seal("张三", "a")
    assert vault().lookup("name", "张三") == vault().lookup("name", "张三") != vault().lookup("phone", "张三")


def test_a_vault_does_not_show_its_keys() -> None:
    assert "dddd" not in repr(vault())


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        (mask_phone("13812345678"), "138****5678"),
        (mask_id("11010519491231002X"), "110105********002X"),
        (mask_id("12345"), "*****"),
        (mask_name("欧阳娜"), "欧**"),
        (mask_name(""), ""),
    ],
)
def test_masks(masked: str, expected: str) -> None:
    assert masked == expected


def test_a_signature_holds_for_what_was_signed_and_nothing_else() -> None:
    signer = Signer(b"s" * 32)
    signature = signer.sign({"price": 10_000, "at": 1})
    assert holds({"at": 1, "price": 10_000}, signature, signer.public_key)
    assert not holds({"at": 1, "price": 10_001}, signature, signer.public_key)
    assert not holds({"at": 1, "price": 10_000}, signature, Signer(b"t" * 32).public_key)
    assert not holds({"at": 1, "price": 10_000}, "not base64", signer.public_key)
