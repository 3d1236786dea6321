"""Spreading many items over several DynamoDB partitions while they can still be listed without a scan."""

from __future__ import annotations

import zlib

SHARDS = tuple(f"{number:02x}" for number in range(16))


def shard_of(key: str) -> str:
    """The shard, ``"00"`` to ``"0f"``, that a key always falls into."""
    return SHARDS[zlib.crc32(key.encode()) % len(SHARDS)]
