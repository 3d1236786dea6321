"""An authority that confirms when content was there (RFC 3161)."""

from __future__ import annotations

from typing import Protocol


class TimestampAuthority(Protocol):
    """Asking again does no harm: each answer is a time stamp of its own."""

    def stamp(self, content: bytes) -> bytes:
        """The answer (DER) over the content, verified. Raises ``Pending`` where there is none, or none that holds."""
        ...
