"""Personal data: masked on every screen and log, encrypted at rest, looked up by keyed hash (PIPL)."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field
from typing import Protocol

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


# Whatever belongs to a period is sealed with a key of that period; it can be destroyed with its key.
_PERIOD = re.compile(r"[0-9]{4}-[0-9]{2}(?![0-9])", re.ASCII)
NO_PERIOD = "hub"


@dataclass(frozen=True)
class DataKey:
    """A key for fields, ready for use, and the id that is written before everything sealed with it."""

    key_id: str
    cipher: AESGCM = field(repr=False)


class DataKeys(Protocol):
    """Where a vault's keys come from."""

    def newest(self, scope: str) -> DataKey:
        """The key that a period's fields are sealed with now."""
        ...

    def known(self, key_id: str) -> DataKey:
        """The key of an id. Raises ``KeyError``."""
        ...


class OneKey:
    """One key for everything, held in clear: for tests and simulations."""

    def __init__(self, key: bytes) -> None:
        self._key = DataKey("one", AESGCM(key))

    def newest(self, scope: str) -> DataKey:
        """The key."""
        del scope
        return self._key

    def known(self, key_id: str) -> DataKey:
        """The key, under its only id."""
        return {self._key.key_id: self._key}[key_id]


@dataclass(frozen=True)
class Vault:
    """Encrypts fields for rest and hashes them for look-up; the entity's key is bound in as associated data.

    ``data_keys``: where keys come from, or the bytes of one (``OneKey``).
    """

    data_keys: DataKeys | bytes = field(repr=False)
    lookup_key: bytes = field(repr=False)
    entropy: Entropy = field(repr=False)

    def __post_init__(self) -> None:
        """One key given as bytes is a vault's too."""
        if isinstance(self.data_keys, bytes):
            object.__setattr__(self, "data_keys", OneKey(self.data_keys))

    def seal(self, text: str, owner: str, *, period: str = "") -> str:
        """AES-256-GCM, ``<key id>:<base64>``.

        ``owner`` (the record's key) must be given again to open it: a field can't be moved to another record, nor be
        passed off as sealed with another key. ``period`` says whose key; without, the owner begins with its period.
        """
        return self.seal_bytes(text.encode(), owner, period=period)

    def seal_bytes(self, content: bytes, owner: str, *, period: str = "") -> str:
        """The same for bytes."""
        leading = _PERIOD.match(owner)
        key = self._keys.newest(period or (leading.group() if leading else NO_PERIOD))
        nonce = self.entropy.token(NONCE_BYTES)
        sealed = key.cipher.encrypt(nonce, content, _bound(key.key_id, owner))
        return f"{key.key_id}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, owner: str) -> str:
        """The text again. Raises ``cryptography.exceptions.InvalidTag`` where field, key or owner do not fit."""
        return self.open_bytes(sealed, owner).decode()

    def open_bytes(self, sealed: str, owner: str) -> bytes:
        """The same for bytes."""
        key_id, _, text = sealed.rpartition(":")
        raw = base64.b64decode(text)
        return self._keys.known(key_id).cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(key_id, owner))

    def lookup(self, kind: str, text: str) -> str:
        """A keyed hash to find a value by, such as ``("phone", "138...")``: 64 hex digits."""
        return hmac.digest(self.lookup_key, f"{kind}\x00{text}".encode(), "sha256").hex()

    @property
    def _keys(self) -> DataKeys:
        assert not isinstance(self.data_keys, bytes)  # noqa: S101 (see __post_init__)
        return self.data_keys


def _bound(key_id: str, owner: str) -> bytes:
    return f"{key_id}\n{owner}".encode()
