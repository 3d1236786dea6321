"""An HTTP answer, read no further than it may be long."""

from __future__ import annotations

import requests

_CHUNK_BYTES = 65_536


def read_bounded(answer: requests.Response, bytes_max: int) -> bytes | None:
    """The body of a streamed answer; ``None`` where it is longer."""
    parts, size = [], 0
    for part in answer.iter_content(_CHUNK_BYTES):
        size += len(part)
        if size > bytes_max:
            return None
        parts.append(part)
    return b"".join(parts)
