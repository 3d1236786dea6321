"""Keys: kept in Secrets Manager, derived for one purpose each (HKDF, RFC 5869), held in memory only."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.kernel.clock import Clock, SystemClock
from chalicelib.kernel.ids import Entropy
from chalicelib.kernel.privacy import DataKeys, Vault
from chalicelib.kernel.session_keys import KeyRing, texts_of, window_text
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.sm2 import Sm2Signer

if TYPE_CHECKING:
    from collections.abc import Callable


class Keyring:
    """The keys this function's role may read; asking for another fails at Secrets Manager, not here."""

    def __init__(
        self,
        secrets_manager: Any,
        settings: Settings,
        entropy: Entropy,
        *,
        clock: Clock | None = None,
        data_keys: Callable[[], DataKeys] | None = None,
    ) -> None:
        self._settings = settings
        self._entropy = entropy
        self._clock = clock or SystemClock()
        self._data_keys = data_keys
        self._secrets_manager = secrets_manager
        self._read = cache(self._ask)

    def _ask(self, variable: str) -> str:
        return str(self._secrets_manager.get_secret_value(SecretId=self._settings.need(variable))["SecretString"])

    def secret(self, variable: str) -> str:
        """A secret shared with a counterparty, by the variable that names it, such as ``TREASURY_SECRET``."""
        return self._read(variable)

    def _key(self, variable: str, purpose: str) -> bytes:
        return _derived(self._read(variable), purpose)

    def session_keys(self) -> KeyRing:
        """Key id -> session key, the newest first; this process's one ring."""
        return self._ring

    @cached_property
    def _ring(self) -> KeyRing:
        first = [self._read("SESSION_SECRET")]

        def read() -> dict[str, bytes]:
            # The first time what the window's key may have been derived from already; then what stands there by now.
            text = first.pop() if first else self._ask("SESSION_SECRET")
            return {key_id: _derived(each, "session tokens") for key_id, each in texts_of(text).items()}

        return KeyRing(read, self._clock)

    def window_key(self) -> bytes:
        """The key that the auction window is signed with for the bid function."""
        return _derived(window_text(self._read("SESSION_SECRET")), "auction window")

    def vault(self) -> Vault:
        """The vault for personal data. Its data keys are unwrapped when something is sealed or opened, not before."""
        return self._vault

    @cached_property
    def _vault(self) -> Vault:
        if self._data_keys is None:
            raise RuntimeError("this process was given no way to data keys")
        return Vault(self._data_keys(), self._key("PRIVACY_SECRET", "lookup"), self._entropy)

    def receipt_signer(self) -> Signer:
        """Signs bid receipts."""
        return Signer(self._key("RECEIPT_SECRET", "bid receipts"))

    def evidence_signer(self) -> Signer:
        """Signs sealed evidence."""
        return Signer(self._key("EVIDENCE_SECRET", "evidence"))

    def evidence_sm2_signer(self) -> Sm2Signer | None:
        """Signs sealed evidence with SM2 too, where the setting ``EVIDENCE_SM2`` is on."""
        if self._settings.environment.get("EVIDENCE_SM2", "off") != "on":
            return None
        return Sm2Signer(self._key("EVIDENCE_SECRET", "evidence SM2"))


def _derived(text: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(text.encode())
