"""RSA2: SHA256withRSA (PKCS #1 v1.5) over sorted parameters out, and over the other side's own bytes in. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

SIGN_TYPE = "RSA2"
KEY_BITS_MIN = 2048


@dataclass(frozen=True)
class Keys:
    """Our private key, and Alipay's public key (not our own public key, which its console shows beside it)."""

    private: RSAPrivateKey = field(repr=False)
    alipay: RSAPublicKey = field(repr=False)


def read_keys(private: str, alipay: str) -> Keys:
    """Keys as Alipay's console gives them: Base64 of DER in one line, or PEM. Raises ``ValueError`` naming the key."""
    try:
        private_key = load_der_private_key(_der(private), password=None)
    except (ValueError, TypeError):
        raise ValueError("our private key is not RSA in PKCS #1 or PKCS #8, as Base64 or PEM") from None
    try:
        public_key = load_der_public_key(_der(alipay))
    except ValueError:
        raise ValueError("Alipay's public key is not RSA in X.509, as Base64 or PEM") from None
    if not isinstance(private_key, RSAPrivateKey) or not isinstance(public_key, RSAPublicKey):
        raise ValueError("RSA2 takes RSA keys")
    if min(private_key.key_size, public_key.key_size) < KEY_BITS_MIN:
        raise ValueError(f"RSA2 takes keys of {KEY_BITS_MIN} bits or more")
    return Keys(private_key, public_key)


def _der(text: str) -> bytes:
    lines = [line for line in text.strip().splitlines() if not line.startswith("-----")]
    try:
        return base64.b64decode("".join("".join(lines).split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error


def content(params: Mapping[str, str], *, left_out: frozenset[str] = frozenset({"sign"}), empty: bool = False) -> str:
    """``k=v`` joined with ``&``, sorted by ASCII; without those named, and without empty ones unless ``empty``."""
    kept = sorted(name for name, value in params.items() if name not in left_out and (empty or value))
    return "&".join(f"{name}={params[name]}" for name in kept)


def sign(signed: bytes, key: RSAPrivateKey) -> str:
    """The signature, Base64."""
    return base64.b64encode(key.sign(signed, PKCS1v15(), SHA256())).decode()


def is_signed(signed: bytes, signature: str, key: RSAPublicKey) -> bool:
    """Whether the signature (Base64) over these very bytes is by the owner of the key."""
    try:
        key.verify(base64.b64decode(signature, validate=True), signed, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
