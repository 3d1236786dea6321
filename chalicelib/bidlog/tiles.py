"""The tree as static files: tiles of 256 hashes, from which any proof is made with a handful of reads.

``auction/{period}/log/tile/{level}/{number}`` holds 32 bytes a hash: on level 0 leaves', on level n the roots of full
tiles of level n - 1. A tile only grows, and a full one never changes: everybody may keep a copy of the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.evidence import merkle
from chalicelib.kernel.errors import NotFound, Pending
from chalicelib.kernel.files import Files

WIDTH, HEIGHT = 256, 8
HASH_BYTES = 32


@dataclass
class Tiles:
    """A period's tiles in the public bucket; each is read once in the life of this object."""

    period: str
    files: Files
    _read: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)

    def extend(self, begin: int, leaves: Iterable[bytes]) -> None:
        """Write the leaves from number ``begin``, the first of a tile, to the end."""
        level, hashes = 0, list(leaves)
        while hashes:
            roots = []
            for at in range(0, len(hashes), WIDTH):
                tile = hashes[at : at + WIDTH]
                self._write(level, (begin + at) // WIDTH, tile)
                if len(tile) == WIDTH:
                    roots.append(merkle.root(tile))
            place = begin // WIDTH
            begin = place - place % WIDTH
            hashes = [*self._tile(level + 1, place // WIDTH, place % WIDTH), *roots] if roots else []
            level += 1

    def node(self, height: int, place: int) -> bytes:
        """The hash of a complete subtree, as proofs ask for it."""
        level, within = divmod(height, HEIGHT)
        first = place << within
        hashes = self._tile(level, first // WIDTH, first % WIDTH + (1 << within))
        return merkle.root(hashes[first % WIDTH :])

    def _tile(self, level: int, number: int, length: int) -> list[bytes]:
        if length == 0:
            return []
        if (level, number) not in self._read:
            try:
                content = self.files.read("public", self._key(level, number))
            except NotFound:
                content = b""
            self._read[level, number] = [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]
        found = self._read[level, number][:length]
        if len(found) < length:
            raise Pending("BID_LOG_BEHIND", "出价日志正在公布,请稍后再试")
        return found

    def _write(self, level: int, number: int, tile: list[bytes]) -> None:
        self._read[level, number] = tile
        self.files.write("public", self._key(level, number), b"".join(tile))

    def _key(self, level: int, number: int) -> str:
        return f"auction/{self.period}/log/tile/{level}/{number}"
