"""What a manifest says of a file, worked out in one pass and in little memory, however long the file is.

The digests are worked out beside the rows: hashlib lets go of the interpreter over a long block, and only there.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from chalicelib.evidence import merkle
from chalicelib.kernel.digests import file_sha256

BLOCK_BYTES = 1 << 20

# A file in memory, or one that lies beside the process and is read bit by bit.
Content = bytes | IO[bytes]


@dataclass(frozen=True)
class Measured:
    """Length and digests (hex) of a file; of a table the number of its rows and their Merkle root, else ``None``."""

    bytes: int
    sha256: str
    sm3: str
    rows: int | None
    merkle_root: str | None


def opened(content: Content) -> IO[bytes]:
    """A file to be read from its start."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    content.seek(0)
    return content


def sha256_of(content: Content) -> str:
    """SHA-256 in hex."""
    return file_sha256(opened(content))


def measured(source: IO[bytes], *, table: bool, index: IO[bytes] | None = None) -> Measured:
    """Read a file to its end. ``table``: its rows are leaves of a tree; their index is written to ``index``."""
    sha256, sm3, size, tree = hashlib.sha256(), hashlib.new("sm3"), 0, merkle.GrowingTree()
    heading = True
    with ThreadPoolExecutor(2) as beside:
        running: list[Future[None]] = []
        for block in _blocks(source):
            for each in running:
                each.result()
            running = []
            size += len(block)
            for digest in (sha256, sm3):
                if len(block) < BLOCK_BYTES:
                    digest.update(block)
                else:
                    running.append(beside.submit(digest.update, block))
            if table:
                leaves = merkle.leaf_hashes(block.splitlines()[heading:])
                heading = False
                tree.add(leaves)
                if index is not None:
                    index.write(merkle.index_of(leaves))
    root = tree.root().hex() if table else None
    return Measured(size, sha256.hexdigest(), sm3.hexdigest(), tree.count if table else None, root)


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    # To the end of a line each, so that no row is cut in two.
    while block := source.read(BLOCK_BYTES):
        yield block + source.readline()
