"""The shipped SM2 verifier: it agrees with the standard's example and with the library that signs, and stands alone."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.evidence.package import SM2_VERIFIER
from chalicelib.evidence.verify_sm2 import N, is_signed, sm3
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.sm2 import Sm2Signer
from tests.evidence.sealed_auction import changed, members_of, sealed
from tests.evidence.test_sm2_signature import OTHER, SM2, twice_signed

# GB/T 32918.5, annex A.2: the signature of "message digest".
KEY = bytes.fromhex(
    "04"
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
SIGNED = encode_dss_signature(R, S)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_given_any_content_when_digested_then_it_is_the_sm3_of_openssl(content: bytes) -> None:
    assert sm3(content) == hashlib.new("sm3", content).digest()


def test_given_the_standards_example_when_verified_then_it_holds_and_nothing_near_it_does() -> None:
    assert is_signed(b"message digest", SIGNED, KEY)
    assert not is_signed(b"message digest.", SIGNED, KEY)
    assert not is_signed(b"message digest", encode_dss_signature(R, S + N), KEY)
    assert not is_signed(b"message digest", encode_dss_signature(R, N - R), KEY)
    assert not is_signed(b"message digest", SIGNED, KEY[:-1] + b"\x14")
    assert not is_signed(b"message digest", SIGNED, b"\x04" + bytes(64))
    with pytest.raises(ValueError, match="DER"):
        is_signed(b"message digest", SIGNED + b"\0", KEY)


@settings(max_examples=12, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.text(max_size=40))
def test_given_what_the_hub_signed_when_verified_then_it_holds(seed: bytes, text: str) -> None:
    signer = Sm2Signer(seed)
    seal, key = base64.b64decode(signer.sign(text)), base64.b64decode(signer.public_key)

    assert is_signed(canonical(text), seal, key)
    assert not is_signed(canonical(text) + b" ", seal, key)
    r, s = decode_dss_signature(seal)
    assert not is_signed(canonical(text), encode_dss_signature(s, r), key)


def run(folder: Path, package: bytes, *options: str) -> tuple[int, str]:
    """As a notary runs it: what lies in the package, alone in a folder, isolated from the hub."""
    (folder / "package.zip").write_bytes(package)
    (folder / SM2_VERIFIER).write_bytes(members_of(twice_signed())[SM2_VERIFIER])
    command = [sys.executable, "-I", "-X", "utf8", SM2_VERIFIER, "package.zip", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=30)
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("package", "options", "said"),
    [
        (twice_signed, ("--public-key", SM2.public_key), (0, "SM2 签名成立")),
        (twice_signed, (), (0, "SM2 签名成立 (未给出公布的公钥,签名人未验)")),
        (twice_signed, ("--public-key", OTHER.public_key), (1, "signature.json: SM2 公钥不是给出的公钥")),
        (
            lambda: changed(twice_signed(), {"manifest.json": members_of(twice_signed())["manifest.json"] + b" "}),
            (),
            (1, "signature.json: SM2 签名与清单不符"),
        ),
        (lambda: sealed("applicants", {"a.csv": b"code\nA\n"}), (), (1, "signature.json: 没有 SM2 签名")),
    ],
    ids=["whole", "no key given", "another key", "another manifest", "one signature"],
)
def test_given_a_package_when_the_shipped_program_runs_alone_then_it_tells(
    package: Any, options: tuple[str, ...], said: tuple[int, str], tmp_path: Path
) -> None:
    assert run(tmp_path, package(), *options) == said


def test_given_no_second_signature_when_packed_then_its_verifier_is_not_shipped() -> None:
    assert SM2_VERIFIER not in members_of(sealed("applicants", {"a.csv": b"code\nA\n"}))
