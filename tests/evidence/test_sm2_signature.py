"""SM2 beside Ed25519: what the hub signs holds for openssl too; no changed package and no other key passes."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from chalicelib.evidence.verifying import verify_package
from chalicelib.kernel.ids import SystemEntropy, canonical
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.sm2 import Sm2Signer, sm2_holds
from tests.evidence.sealed_auction import SIGNER, changed, members_of, run_shipped, sealed

SM2, OTHER = Sm2Signer(bytes(range(32))), Sm2Signer(bytes(32))
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
# SubjectPublicKeyInfo of an EC key on SM2's curve, up to the point.
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
NO_POINT = base64.b64encode(b"\x04" + bytes(64)).decode()


def twice_signed(contents: dict[str, bytes] | None = None) -> bytes:
    return sealed("applicants", contents or {"a.csv": b"code\nA\n"}, sm2=SM2)


def by_openssl(folder: Path, content: bytes, seal: dict[str, str]) -> bool:
    """GB/T 32918's verification as openssl does it, with the identity that GB/T 35276 gives."""
    (folder / "content").write_bytes(content)
    (folder / "signature").write_bytes(base64.b64decode(seal["signature"]))
    packed = base64.b64encode(SPKI + base64.b64decode(seal["public_key"])).decode()
    (folder / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{packed}\n-----END PUBLIC KEY-----\n")
    told = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-sigfile", "signature"]
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-in", "content", *told]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=30).returncode == 0


def test_given_what_the_hub_signed_when_openssl_verifies_it_then_it_holds_and_other_content_does_not(
    tmp_path: Path,
) -> None:
    members = members_of(twice_signed())
    seal = json.loads(members["signature.json"])["sm2"]

    assert by_openssl(tmp_path, members["manifest.json"], seal)
    assert not by_openssl(tmp_path, members["manifest.json"] + b" ", seal)


@pytest.mark.parametrize("number", range(6))
def test_given_other_keys_and_content_when_signed_then_openssl_agrees(number: int, tmp_path: Path) -> None:
    signer, content = Sm2Signer(bytes([number] * 32)), {"number": number}
    seal = {"public_key": signer.public_key, "signature": signer.sign(content)}

    assert by_openssl(tmp_path, canonical(content), seal)
    assert sm2_holds(content, seal["signature"], seal["public_key"])
    assert not sm2_holds({"number": -1}, seal["signature"], seal["public_key"])


def test_given_a_key_that_begins_with_0_and_4_when_verified_then_no_digit_of_it_is_lost() -> None:
    starts = {number: Sm2Signer(number.to_bytes(32, "big")) for number in range(1, 200)}
    signer = next(one for one in starts.values() if base64.b64decode(one.public_key)[1] in (0x04, 0x00, 0x40, 0x44))

    assert sm2_holds("a", signer.sign("a"), signer.public_key)


def test_given_the_setting_when_packages_are_built_then_the_same_content_gives_the_same_bytes() -> None:
    assert twice_signed() == twice_signed()
    assert verify_package(twice_signed(), SIGNER.public_key, SM2.public_key) == []


def _with_seal(**fields: Any) -> bytes:
    seal = json.loads(members_of(twice_signed())["signature.json"])
    seal["sm2"] |= fields
    return changed(twice_signed(), {"signature.json": canonical(seal)})


def _of_other_content() -> str:
    other = members_of(twice_signed({"a.csv": b"code\nB\n"}))
    return str(json.loads(other["signature.json"])["sm2"]["signature"])


def _moved_by_the_order() -> str:
    seal = json.loads(members_of(twice_signed())["signature.json"])["sm2"]
    r, s = decode_dss_signature(base64.b64decode(seal["signature"]))
    return base64.b64encode(encode_dss_signature(r, s + ORDER)).decode()


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        (lambda: sealed("applicants", {"a.csv": b"code\nA\n"}), "signature.json: there is no SM2 signature"),
        (lambda: _with_seal(signature=_of_other_content()), "the SM2 signature does not fit the manifest"),
        (lambda: _with_seal(signature=_moved_by_the_order()), "the SM2 signature does not fit the manifest"),
        (lambda: _with_seal(signature="AAAA"), "the SM2 signature does not fit the manifest"),
        (lambda: _with_seal(public_key=OTHER.public_key), "signed with an SM2 key that is not the hub's"),
        (lambda: _with_seal(public_key=NO_POINT), "the SM2 signature does not fit the manifest"),
        (lambda: _with_seal(public_key=7), "manifest.json or signature.json is missing or not as the hub writes it"),
    ],
    ids=["none", "of other content", "moved by the order", "no DER", "another key", "no point", "no text"],
)
def test_given_a_second_signature_that_does_not_hold_when_verified_then_it_is_said(package: Any, fault: str) -> None:
    faults = verify_package(package(), SIGNER.public_key, SM2.public_key)
    assert any(found.startswith(fault) for found in faults), faults


def test_given_a_twice_signed_package_when_the_shipped_verifier_reads_it_then_it_holds_and_says_what_it_left(
    tmp_path: Path,
) -> None:
    exit_code, lines = run_shipped(tmp_path, twice_signed(), "--public-key", SIGNER.public_key)
    assert exit_code == 0
    assert "另有 SM2 签名,由 verify_sm2.py 验证" in lines[0]


@pytest.mark.parametrize(("setting", "signs"), [("on", True), ("off", False), ("", False)])
def test_given_the_setting_when_the_keyring_is_asked_then_it_has_a_second_signer_or_none(
    setting: str, signs: bool
) -> None:
    secrets = SimpleNamespace(get_secret_value=lambda **named: {"SecretString": named["SecretId"]})
    keys = Keyring(secrets, Settings({"EVIDENCE_SM2": setting, "EVIDENCE_SECRET": "a"}), SystemEntropy())
    assert (keys.evidence_sm2_signer() is not None) is signs
