"""The shipped verifier's own Ed25519: it agrees with RFC 8032 and with the library that signs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.evidence.verify import ORDER, is_signed
from tests.evidence.sealed_auction import SIGNER

# RFC 8032, 7.1, tests 1 to 3: public key, message, signature.
KNOWN = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), KNOWN)
def test_given_the_standards_vectors_when_verified_then_they_hold_and_a_changed_bit_does_not(
    key: str, message: str, signature: str
) -> None:
    public, text, seal = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)

    assert is_signed(text, seal, public)
    assert not is_signed(text + b"\0", seal, public)
    assert not is_signed(text, seal[:32] + bytes([seal[32] ^ 1]) + seal[33:], public)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40))
def test_given_what_the_hub_signed_when_verified_then_it_holds(text: str) -> None:
    import base64

    from chalicelib.kernel.ids import canonical

    seal, key = base64.b64decode(SIGNER.sign(text)), base64.b64decode(SIGNER.public_key)
    assert is_signed(canonical(text), seal, key)
    assert not is_signed(canonical(text) + b" ", seal, key)


def test_given_a_signature_with_its_number_moved_by_the_order_when_verified_then_it_is_refused() -> None:
    public, text, seal = (bytes.fromhex(part) for part in KNOWN[1])
    moved = (int.from_bytes(seal[32:], "little") + ORDER).to_bytes(32, "little")

    assert not is_signed(text, seal[:32] + moved, public)


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_given_a_signature_of_another_length_when_verified_then_it_is_refused(length: int) -> None:
    assert not is_signed(b"", bytes(length), bytes.fromhex(KNOWN[0][0]))
