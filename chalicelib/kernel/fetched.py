"""Files that the hub fetches itself, from a counterparty that delivers none: in the inbox they are files as any."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.files import Files

SIDECAR = ".sm3"


class Fetched(Protocol):
    """A file that was fetched: its name, its bytes, and the digest for the sidecar."""

    @property
    def name(self) -> str:
        """The file's name."""
        ...

    @property
    def content(self) -> bytes:
        """The file."""
        ...

    @property
    def digest(self) -> str:
        """SM3 of the content, in hex."""
        ...


def put_fetched(files: Files, folder: str, after: int, fetch: Callable[[], Fetched]) -> str:
    """Put what is fetched into a folder of the inbox with its sidecar, as if it had been delivered; returns its key.

    ``after``: so many files came there before. Where there is a later one, that stands and nothing is fetched, so that
    a step may run again. Of two that fetch at once the first to write wins, and both go on with its file: a
    counterparty hardly gives the same bytes twice, and one may have been worked off already.
    """
    listed = set(files.keys("inbox", f"{folder}/"))
    standing = sorted(key for key in listed if not key.endswith(SIDECAR))
    if len(standing) > after:
        key, digest = standing[-1], ""
    else:
        file = fetch()
        key, digest = f"{folder}/{after + 1:03d}-{file.name}", file.digest
        try:
            files.write_once("inbox", key, file.content)
        except Conflict:
            digest = ""
    # After the file, of which there is only one, and by whoever comes by: a sidecar that was there first would not be
    # the file's where another fetch won. No machine waits for the file before its own fetch is through.
    if key + SIDECAR not in listed:
        digest = digest or hashlib.new("sm3", files.read("inbox", key)).hexdigest()
        files.write_once("inbox", key + SIDECAR, f"{digest}  {key.rpartition('/')[2]}\n".encode(), "text/plain")
    return key
