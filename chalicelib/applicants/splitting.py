"""A list of up to a million rows, read as a stream into sealed chunks: the same memory however long the list is.

All rows of one code fall into the same chunk, so that each chunk can be held to one row a code by itself. Nothing is
written to the applicants before the whole list was read: a list that is refused half-way leaves no row behind.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO

from chalicelib.applicants.rules import Terms, content_of, row_faults
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.files import Files, read_json, write_json
from chalicelib.kernel.privacy import Vault
from integrations.ports import ApplicantRow, Regulator

# About 12,000 rows a chunk: a minute's work for one function, and 100 chunks for a million rows.
CHUNK_BYTES = 1 << 20
CHUNKS_MAX = 256
# How many rows wait in memory, over all chunks, before they are written as one part each.
WAITING_ROWS_MAX = 50_000
# Beyond these a list is counted, not described row by row.
PROBLEMS_MAX = 100_000
_READ_BYTES = 1 << 20


@dataclass
class _Parts:
    """The rows that wait, by chunk; written as sealed parts under ``prefix``."""

    files: Files
    vault: Vault
    prefix: str
    chunks: int
    waiting: list[list[str]] = field(default_factory=list)
    count: int = 0
    part: int = 0

    def add(self, row: ApplicantRow, *, wrong: bool) -> None:
        chunk = zlib.crc32(row.code.encode()) % self.chunks
        self.waiting[chunk].append(json.dumps((row.line, row.code, wrong, *content_of(row)), ensure_ascii=False))
        self.count += 1
        if self.count >= WAITING_ROWS_MAX:
            self.write()

    def write(self) -> None:
        for chunk, rows in enumerate(self.waiting):
            if rows:
                key = f"{self.prefix}/{chunk:03d}/{self.part:03d}"
                body = zlib.compress(("[" + ",".join(rows) + "]").encode(), 1)
                self.files.write("work", key, self.vault.seal_bytes(body, _owner(key)).encode())
        self.waiting = [[] for _ in range(self.chunks)]
        self.count = 0
        self.part += 1


def split_list(
    period: str, name: str, source: IO[bytes], regulator: Regulator, terms: Terms, *, files: Files, vault: Vault
) -> dict[str, object]:
    """Read, check and split one list.

    Returns ``{"prefix", "chunks": [{"key"}]}``; a run again over the same bytes writes the same chunks. Raises
    ``FileRefused``.
    """
    digest, size = _digest(source)
    # The digest leads to no person, and tells two files apart that came under one name.
    prefix = f"applicants/{period}/{terms.bidder_class}/{digest[:16]}"
    chunks = min(CHUNKS_MAX, 1 + size // CHUNK_BYTES)
    parts = _Parts(files, vault, prefix, chunks, [[] for _ in range(chunks)])
    problems: list[Problem] = []
    rows = wrong = 0
    last_line = -1
    for each in regulator.stream_applicants(source, name):
        faults = [each] if isinstance(each, Problem) else row_faults(each, terms)
        line = each.line
        rows += line != last_line
        wrong += bool(faults) and line != last_line
        last_line = line
        problems.extend(faults[: max(0, PROBLEMS_MAX - len(problems))])
        if not isinstance(each, Problem):
            parts.add(each, wrong=bool(faults))
    parts.write()
    listed = [problem.as_dict() for problem in problems]
    write_json(files, "work", f"{prefix}/read.json", {"rows": rows, "wrong": wrong, "problems": listed})
    return {"prefix": prefix, "chunks": [{"key": f"{prefix}/{chunk:03d}"} for chunk in range(chunks)]}


def rows_of_chunk(files: Files, vault: Vault, key: str) -> Iterator[tuple[ApplicantRow, bool]]:
    """A chunk's rows, and whether each was wrong by itself."""
    for part in files.keys("work", f"{key}/"):
        body = zlib.decompress(vault.open_bytes(files.read("work", part).decode(), _owner(part)))
        for line, code, wrong, bidder_class, name, id_type, id_number, phone, day, until, *withdrawn in json.loads(
            body
        ):
            days = date.fromisoformat(day), date.fromisoformat(until)
            yield ApplicantRow(line, code, bidder_class, name, id_type, id_number, phone, *days, bool(withdrawn)), wrong


def write_outcome(files: Files, key: str, counts: dict[str, int], problems: Iterable[Problem]) -> None:
    """What became of a chunk, beside it."""
    write_json(files, "work", f"{key}.json", {**counts, "problems": [problem.as_dict() for problem in problems]})


def outcomes(files: Files, prefix: str) -> Iterator[dict[str, object]]:
    """What the reading said, then what became of each chunk."""
    yield read_json(files, "work", f"{prefix}/read.json")
    for key in files.keys("work", f"{prefix}/"):
        if key.endswith(".json") and not key.endswith("/read.json"):
            yield read_json(files, "work", key)


def _digest(source: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while content := source.read(_READ_BYTES):
        digest.update(content)
        size += len(content)
    source.seek(0)
    return digest.hexdigest(), size


def _owner(key: str) -> str:
    # The period stands in front, so that the chunk is sealed with the period's key.
    return f"{key.split('/')[1]}/{key}"
