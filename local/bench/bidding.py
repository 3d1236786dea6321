"""The bid function: CPU of an accepted bid, and how soon a new process answers its first."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping

from local.bench.bids import event, token
from local.bench.dynamodb_stub import stub
from local.bench.measure import Measure, in_turns

OURS, FLOOR = "chalicelib.bidding.bid", "local.bench.floor"
USUAL, BARE = "local.bench.usual_stack", "local.bench.bare_botocore"
ROUNDS, CALLS, STARTS = 7, 3_000, 15


def _arm(environment: Mapping[str, str], *words: str, given: str = "") -> str:
    command = [sys.executable, "-m", "local.bench.arm", *words]
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr}")
    return done.stdout


def _cpu_us(module: str, environment: Mapping[str, str], calls: int = CALLS) -> float:
    return float(_arm(environment, "cpu", module, str(calls)).split()[-1])


def _first_ms(module: str, environment: Mapping[str, str]) -> float:
    given = json.dumps(event(token()))
    began = time.perf_counter()
    _arm(environment, "first", module, given=given)
    return (time.perf_counter() - began) * 1e3


def bid_cpu() -> list[Measure]:
    """CPU of an accepted bid against the floor and against the usual stack."""
    with stub() as environment:
        ours, floor, usual = in_turns(
            ROUNDS,
            lambda: _cpu_us(OURS, environment),
            lambda: _cpu_us(FLOOR, environment),
            lambda: _cpu_us(USUAL, environment, CALLS // 5),
        )
    return [
        Measure(
            "bid-cpu-floor",
            "CPU of a bid; a bare function, same signed request",
            "us",
            ours,
            floor,
            1.3,
        ),
        Measure("bid-cpu-usual-stack", "CPU of a bid; Chalice, PynamoDB, Powertools", "us", ours, usual, 1 / 8),
    ]


def cold_start() -> list[Measure]:
    """From starting a process to its first answer, secrets and window read; a bare botocore handler reads nothing."""
    with stub() as environment:
        ours, bare = in_turns(STARTS, lambda: _first_ms(OURS, environment), lambda: _first_ms(BARE, environment))
    return [Measure("cold-start", "new process to first answer; a bare handler with botocore", "ms", ours, bare, 0.4)]
