"""`make simulate SEEDS=1000`: a thousand bad months; `make simulate SEED=123`: one of them again, to the last byte."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.simulation.playing import Played

FAULTS_SHOWN = 6


def _ready() -> None:
    from local.simulation import patches

    patches.set_environment()


def _play(seed: int, *, calm: bool = False) -> Played:
    _ready()
    from local.simulation.playing import play

    return play(seed, calm=calm)


def _show(played: Played) -> None:
    if not played.holds:
        for fault in played.faults[:FAULTS_SHOWN]:
            print(f"seed {played.seed}: {fault}")
        print(f"seed {played.seed} failed; again with: make simulate SEED={played.seed}", flush=True)


def _one(seed: int, *, calm: bool) -> int:
    played = _play(seed, calm=calm)
    for each in played.checks:
        print(f"{' holds ' if each.holds else 'BROKEN '} {each.name}  {each.detail}")
    print(f"ended {played.ended_at}, {played.calls} invocations, {played.events} events, {played.restarts} restarts")
    print(f"struck {played.struck}")
    print(f"digest {played.digest}")
    _show(played)
    return 0 if played.holds else 1


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--calm", action="store_true", help="nothing goes wrong")
    parser.add_argument("--minutes", type=float, default=0, help="play no further seed after so many minutes")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets must be the same in every process.
        os.execve(  # noqa: S606 (itself)
            sys.executable,
            [sys.executable, "-m", "local.simulation", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    if given.seed is not None:
        return _one(given.seed, calm=given.calm)
    began, failed, count = time.monotonic(), [], 0
    struck: dict[str, int] = {}
    with ProcessPoolExecutor(given.workers) as pool:
        seeds = range(given.first, given.first + given.seeds)
        waiting = [pool.submit(_play, seed, calm=given.calm) for seed in seeds]
        for done in as_completed(waiting):
            played = done.result()
            count += 1
            _show(played)
            failed += [] if played.holds else [played.seed]
            for kind, times in played.struck.items():
                struck[kind] = struck.get(kind, 0) + times
            if given.minutes and time.monotonic() - began > given.minutes * 60:
                pool.shutdown(wait=True, cancel_futures=True)
                break
    print("struck " + ", ".join(f"{kind} {times}" for kind, times in sorted(struck.items())))
    minutes = (time.monotonic() - began) / 60
    print(f"seeds={count} failed={len(failed)} minutes={minutes:.1f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
