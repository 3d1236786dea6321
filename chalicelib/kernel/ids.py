"""Ids: derived from their cause wherever something must happen once, random only where it must not be guessed."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any, Protocol


class Entropy(Protocol):
    """A source of randomness, passed in so that a test or a simulation can repeat itself."""

    def token(self, size: int) -> bytes:
        """``size`` bytes nobody can guess."""
        ...

    def below(self, limit: int) -> int:
        """An integer in ``range(limit)``."""
        ...


class SystemEntropy:
    """The operating system's randomness."""

    def token(self, size: int) -> bytes:
        """``size`` bytes nobody can guess."""
        return secrets.token_bytes(size)

    def below(self, limit: int) -> int:
        """An integer in ``range(limit)``."""
        return secrets.randbelow(limit)


def canonical(content: Any) -> bytes:
    """JSON with sorted keys and no spaces: the bytes that digests and signatures are taken over."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: Any) -> str:
    """SHA-256 (hex) of the canonical JSON: equal content, equal digest."""
    return hashlib.sha256(canonical(content)).hexdigest()


def id_from(*cause: str | int) -> str:
    """An id that the same cause always yields: 32 hex digits."""
    return digest_of([str(part) for part in cause])[:32]
