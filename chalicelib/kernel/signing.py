"""Ed25519 signatures over canonical JSON, for receipts and sealed evidence, checkable by anyone with the public key."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chalicelib.kernel.ids import canonical


class Signer:
    """Holds one private key, made from a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, content: Any) -> str:
        """Signature (base64) over the canonical JSON of ``content``."""
        return base64.b64encode(self._key.sign(canonical(content))).decode()


def holds(content: Any, signature: str, public_key: str) -> bool:
    """Whether a signature over ``content`` was made by the key whose public half is given (both base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signature), canonical(content))
    except (InvalidSignature, ValueError):
        return False
    return True
