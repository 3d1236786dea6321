"""A list taken in whole: split, its chunks kept four at a time as the machine's Map does, closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from local.bench.importing import NAME, PERIOD
from local.load.__main__ import await_port
from local.processes import free_port

# The Map's MaxConcurrency in state_machines/period.asl.json.
FUNCTIONS = 4
KEY = f"{PERIOD}/applicants/{NAME}"


class Function:
    """A warm environment of the applicants' function."""

    def __init__(self, folder: Path, environment: Mapping[str, str], module: str = "function") -> None:
        command = [sys.executable, "-m", f"local.bench.whole_import.{module}", str(folder)]
        self._process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.cpu_s = self.peak_mb = 0.0

    def __call__(self, event: Mapping[str, Any]) -> Any:
        """The answer to an event. Raises ``RuntimeError`` where the function failed; stderr says why."""
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the function failed over {str(event)[:100]}")
        told = json.loads(line)
        self.cpu_s += told["cpu_s"]
        self.peak_mb = told["peak_mb"]
        return told["answer"]

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()


@dataclass(frozen=True)
class Import:
    """What one import gave and took.

    ``counts`` as ``close_list`` returns them; ``items`` that lie there afterwards, by kind; ``written``: the actions of
    its transactions; CPU and peak memory by step, the highest of its functions.
    """

    counts: dict[str, int]
    items: dict[str, int]
    written: int
    elapsed_s: float
    cpu_s: dict[str, float]
    peak_mb: dict[str, float]


@dataclass
class Place:
    """A cloud, its buckets in a folder, and functions that are started anew for every import."""

    folder: Path
    port: int
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """What the template gives the applicants' function."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {
            **kept,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "t" * 400,
            "AWS_REGION": "cn-north-1",
            "AWS_DEFAULT_REGION": "cn-north-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "KEYS_TABLE": "KEYS_TABLE",
            "PRIVACY_KEY": "alias/privacy",
            "PRIVACY_SECRET": "privacy",
            "POWERTOOLS_METRICS_NAMESPACE": "bench",
            "STAGE": "test",
        }

    @contextmanager
    def functions(self, count: int, module: str = "function") -> Iterator[list[Function]]:
        """So many environments, ended with the block."""
        with ExitStack() as ending:
            made = []
            for _ in range(count):
                made.append(Function(self.folder, self.environment, module))
                ending.callback(made[-1].end)
            yield made

    def state(self) -> dict[str, dict[str, int]]:
        """What the cloud tells of itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/~state", timeout=300) as answer:
            state: dict[str, dict[str, int]] = json.loads(answer.read())
            return state

    def prepare(self) -> None:
        """Plan the period."""
        with self.functions(1) as (one,):
            one({"prepare": PERIOD})

    def look(self, lines: Sequence[str]) -> list[int]:
        """Hold what is kept to lines of the list; how often each was amended."""
        with self.functions(1) as (one,):
            times: list[int] = one({"look": list(lines)})
            return times

    def take_in(self, listed: Path) -> Import:
        """Put a list into the inbox and take it in."""
        inbox = self.folder / "inbox" / KEY
        inbox.parent.mkdir(parents=True, exist_ok=True)
        inbox.unlink(missing_ok=True)
        inbox.hardlink_to(listed)
        before = self.state()["asked"].get("actions", 0)
        began = time.perf_counter()
        cpu_s, peak_mb = {}, {}
        asked = {"period": PERIOD, "bidder_class": "individual", "key": KEY}
        with self.functions(1) as (one,):
            split = one({"step": "split_list", **asked})
            cpu_s["split"], peak_mb["split"] = one.cpu_s, one.peak_mb
        with self.functions(FUNCTIONS) as keeping:
            _each_in_its_turn(
                keeping, [{"step": "keep_chunk", **asked, "chunk": each["key"]} for each in split["chunks"]]
            )
            cpu_s["keep"] = sum(each.cpu_s for each in keeping)
            peak_mb["keep"] = max(each.peak_mb for each in keeping)
        with self.functions(1) as (one,):
            counts = one({"step": "close_list", **asked, "prefix": split["prefix"]})
            cpu_s["close"], peak_mb["close"] = one.cpu_s, one.peak_mb
        elapsed_s = time.perf_counter() - began
        after = self.state()
        return Import(counts, after["items"], after["asked"].get("actions", 0) - before, elapsed_s, cpu_s, peak_mb)

    def report(self) -> str:
        """The latest report of wrong rows."""
        found = (self.folder / "work").rglob("report.csv")
        return max(found, key=lambda each: each.stat().st_mtime_ns).read_text(encoding="utf-8-sig")


def _each_in_its_turn(functions: Sequence[Function], events: Sequence[Mapping[str, Any]]) -> None:
    free: SimpleQueue[Function] = SimpleQueue()
    for each in functions:
        free.put(each)

    def run(event: Mapping[str, Any]) -> None:
        one = free.get()
        one(event)
        free.put(one)

    with ThreadPoolExecutor(len(functions)) as pool:
        list(pool.map(run, events))


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """A cloud of its own, ended with the block, with the period planned."""
    port = free_port()
    cloud = subprocess.Popen([sys.executable, "-m", "local.bench.whole_import.endpoint", str(port)])
    try:
        await_port(port)
        here = Place(folder, port)
        here.prepare()
        yield here
    finally:
        cloud.terminate()
        cloud.wait()
