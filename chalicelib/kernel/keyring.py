"""Keys: kept in Secrets Manager, derived for one purpose each (HKDF, RFC 5869), held in memory only."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.kernel.ids import Entropy
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.signing import Signer

SESSION_KEY_ID = "k1"


class Keyring:
    """The keys this function's role may read; asking for another fails at Secrets Manager, not here."""

    def __init__(self, secrets_manager: Any, settings: Settings, entropy: Entropy) -> None:
        self._settings = settings
        self._entropy = entropy
        self._read = cache(
            lambda name: str(secrets_manager.get_secret_value(SecretId=settings.need(name))["SecretString"])
        )

    def secret(self, variable: str) -> str:
        """A secret shared with a counterparty, by the variable that names it, such as ``TREASURY_SECRET``."""
        return self._read(variable)

    def _key(self, variable: str, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self._read(variable).encode())

    def session_keys(self) -> dict[str, bytes]:
        """Key id -> session key; tokens are issued under ``SESSION_KEY_ID``."""
        return {SESSION_KEY_ID: self._key("SESSION_SECRET", "session tokens")}

    def window_key(self) -> bytes:
        """The key that the auction window is signed with for the bid function."""
        return self._key("SESSION_SECRET", "auction window")

    def vault(self) -> Vault:
        """The vault for personal data."""
        return Vault(self._key("PRIVACY_SECRET", "data"), self._key("PRIVACY_SECRET", "lookup"), self._entropy)

    def receipt_signer(self) -> Signer:
        """Signs bid receipts."""
        return Signer(self._key("RECEIPT_SECRET", "bid receipts"))

    def evidence_signer(self) -> Signer:
        """Signs sealed evidence."""
        return Signer(self._key("EVIDENCE_SECRET", "evidence"))
