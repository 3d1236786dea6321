"""Personal data: masked on every screen and log, encrypted at rest, looked up by keyed hash (PIPL)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.kernel.ids import Entropy

NONCE_BYTES = 12


def mask_phone(phone: str) -> str:
    """First three and last four digits stay."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "*" * len(phone)


def mask_id(number: str) -> str:
    """First six and last four characters stay, of an ID card, a unit code or an account number."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)


def mask_name(name: str) -> str:
    """The first character stays."""
    return name[:1] + "*" * (len(name) - 1)


@dataclass(frozen=True)
class Vault:
    """Encrypts fields for rest and hashes them for look-up; the entity's key is bound in as associated data."""

    data_key: bytes = field(repr=False)
    lookup_key: bytes = field(repr=False)
    entropy: Entropy = field(repr=False)

    def seal(self, text: str, owner: str) -> str:
        """AES-256-GCM, base64. ``owner`` (the record's key) must be given again to open it: a field can't be moved."""
        nonce = self.entropy.token(NONCE_BYTES)
        return base64.b64encode(nonce + AESGCM(self.data_key).encrypt(nonce, text.encode(), owner.encode())).decode()

    def open(self, sealed: str, owner: str) -> str:
        """The text again. Raises ``cryptography.exceptions.InvalidTag`` where field, key or owner do not fit."""
        raw = base64.b64decode(sealed)
        return AESGCM(self.data_key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], owner.encode()).decode()

    def lookup(self, kind: str, text: str) -> str:
        """A keyed hash to find a value by, such as ``("phone", "138...")``: 64 hex digits."""
        return hmac.new(self.lookup_key, f"{kind}\x00{text}".encode(), hashlib.sha256).hexdigest()
