"""The applicants' function in a process of its own, an event a line on stdin, as a warm Lambda environment is given.

``python -m local.bench.whole_import.function FOLDER``. For each event a line: the handler's answer, the CPU seconds it
took and this process's peak memory in MB so far. Buckets are folders in ``FOLDER``; AWS is where the environment says.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

from chalicelib.applicants import tasks
from chalicelib.applicants.amendments import amendments
from chalicelib.applicants.records import codes_named, codes_phoned, get, name_lookup
from chalicelib.kernel.files import BYTES, MemoryFiles
from chalicelib.periods.plan import nominal
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.periods.rules import load_rules
from chalicelib.wiring import hub
from local.bench.importing import PERIOD
from local.bench.measure import peak_mb


@dataclass
class FolderFiles(MemoryFiles):
    """Files on disk, as far as an import asks for them."""

    root: Path = field(default_factory=Path)

    def _at(self, bucket: str, key: str) -> Path:
        return self.root / bucket / key

    def read(self, bucket: str, key: str) -> bytes:
        """The whole file."""
        return self._at(bucket, key).read_bytes()

    def fetch(self, bucket: str, key: str) -> IO[bytes]:
        """The file, to be read bit by bit."""
        return self._at(bucket, key).open("rb")

    def write(self, bucket: str, key: str, body: bytes, content_type: str = BYTES, cache: str = "") -> None:
        """Write a file, over whatever stood there."""
        del content_type, cache
        place = self._at(bucket, key)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        root = self.root / bucket
        below = root / prefix.rpartition("/")[0]
        found = (str(each.relative_to(root)) for each in below.rglob("*") if each.is_file())
        yield from sorted(key for key in found if key.startswith(prefix))


def prepare() -> None:
    """The period that the list is of."""
    rules = load_rules("hangzhou")
    plan = nominal(
        PERIOD, rules, {"individual": 2_000, "unit": 200}, last_average_fen={}, lows_fen={}, last_mean_fen={}
    )
    save_plan(plan, PeriodState.DRAFT, "planner")


def look(lines: list[str]) -> list[int]:
    """Hold what is kept to lines of the list, through the hub's own look-ups; how often each was amended."""
    vault = hub().keys.vault()
    times = []
    for code, _, name, _, id_number, phone, since, until in csv.reader(lines):
        record = get(PERIOD, code)
        kept = record.name(vault), record.id_number(vault), record.phone(vault), record.valid_from, record.valid_until
        if kept != (name, id_number, phone, since, until):
            raise RuntimeError(f"{code} is not kept as it was listed")
        if code not in codes_named(PERIOD, name_lookup(vault, name)):
            raise RuntimeError(f"{code} is not found by its name")
        if code not in codes_phoned(PERIOD, vault.lookup("phone", phone)):
            raise RuntimeError(f"{code} is not found by its phone")
        times.append(len(amendments(PERIOD, code)))
    return times


def _answer(event: dict[str, Any]) -> Any:
    if "prepare" in event:
        return prepare()
    return look(event["look"]) if "look" in event else tasks.handle(event, None)


def main(folder: Path) -> None:
    """Answer until stdin ends."""
    own = replace(hub(), files=FolderFiles(root=folder))
    # What the function logs is no answer.
    answers, nowhere = os.fdopen(os.dup(1), "w"), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    with patch.object(tasks, "hub", lambda: own):
        for line in sys.stdin:
            began = time.process_time()
            answer = _answer(json.loads(line))
            spent = time.process_time() - began
            print(json.dumps({"answer": answer, "cpu_s": spent, "peak_mb": peak_mb()}), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
