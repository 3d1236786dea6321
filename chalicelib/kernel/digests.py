"""The digest of a file that may be larger than memory."""

from __future__ import annotations

import hashlib
from typing import IO

_BLOCK_BYTES = 1 << 20


def file_sha256(source: IO[bytes]) -> str:
    """SHA-256 (hex) of a file from where it stands, read bit by bit."""
    digest = hashlib.sha256()
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
