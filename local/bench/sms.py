"""A campaign of 100,000: our sending with its record-keeping, against a bare loop that posts the same batches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local.bench.dynamodb_stub import stub
from local.bench.measure import Measure, in_turns

MESSAGES, ROUNDS = 100_000, 3
_ARM = [sys.executable, "-m", "local.bench.sms_arm"]


@contextmanager
def _carrier() -> Iterator[str]:
    process = subprocess.Popen([*_ARM, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _us_a_message(side: str, environment: Mapping[str, str]) -> float:
    # A carrier of its own each time: its memory grows with what it took.
    with _carrier() as url:
        command = [*_ARM, side, url, str(MESSAGES)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{side} failed:\n{done.stderr}")
    return float(done.stdout.split()[-1]) / MESSAGES * 1e6


def campaign() -> list[Measure]:
    """Time a message, the carrier's limits off. DynamoDB is the stub: it answers at once, our writes to it are real."""
    with stub() as environment:
        given = {**environment, "MESSAGES_TABLE": "messages"}
        ours, bare = in_turns(ROUNDS, lambda: _us_a_message("ours", given), lambda: _us_a_message("bare", given))
    what = "sending 100,000 texts, DynamoDB stubbed; a bare loop posting the same batches"
    return [Measure("sms-campaign", what, "us", ours, bare, 1.5)]
