"""`make planted`: each planted fault is looked for by the tests that ought to notice it, and by simulated months.

A test notices where it fails with the fault and passes without it; a month where a check breaks. The table goes into
docs/proof.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from local.simulation.planting import PLANTED, ROOT, Plant, plant, plants

SEEDS = 6
PAGE = ROOT / "docs" / "proof.md"
BEGIN, END = "<!-- planted: begin -->", "<!-- planted: end -->"
_FAILED = re.compile(r"^FAILED (tests/\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)
_PYTEST = ("-m", "pytest", "-q", "-x", "-rf", "-p", "no:cacheprovider")
TESTS_FAILED = 1


@dataclass(frozen=True)
class Found:
    """Who noticed a plant: a test by its name, a month by its seed and what broke; empty where nobody did."""

    plant: Plant
    test: str
    month: str

    @property
    def caught(self) -> bool:
        """Whether somebody did."""
        return bool(self.test or self.month)


def _run(arguments: list[str], name: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": "0", PLANTED: name}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _by_tests(one: Plant) -> str:
    """The first test that fails with the fault, if it passes without it. Raises ``RuntimeError``."""
    done = _run([*_PYTEST, "-p", "local.simulation.planting", *one.tests], one.name)
    found = _FAILED.search(done.stdout)
    if done.returncode == 0:
        return ""
    if done.returncode != TESTS_FAILED or found is None:
        raise RuntimeError(f"{one.name}: the tests did not run\n{done.stdout[-1_500:]}\n{done.stderr[-500:]}")
    without = _run([*_PYTEST, found[1]])
    if without.returncode:
        raise RuntimeError(f"{one.name}: {found[1]} fails without it too\n{without.stdout[-1_500:]}")
    return found[1]


def _by_months(one: Plant) -> str:
    done = _run(["-m", "local.simulation.planted", "--play", one.name])
    if done.returncode:
        raise RuntimeError(f"{one.name}: no month could be played\n{done.stderr[-1_500:]}")
    return done.stdout.strip()


def look_for(one: Plant) -> Found:
    """Plant a fault, in processes of its own, and see who notices."""
    found = Found(one, _by_tests(one), _by_months(one))
    print(f"{'caught' if found.caught else 'MISSED'} {one.name}: {found.test or '-'}; {found.month or '-'}", flush=True)
    return found


def _play(name: str, first: int) -> int:
    """Play months with a fault planted, from a seed on; prints the first that notices, and why."""
    from local.simulation import patches

    patches.set_environment()
    plant(name)
    from local.simulation.playing import play

    for seed in range(first, first + SEEDS):
        played = play(seed)
        if not played.holds:
            why = played.faults[0].strip().splitlines()[-1]
            print(f"seed {seed}: {why[:160]}")
            break
    return 0


_HEAD = ["| planted | what is wrong then | caught by the test | caught by a simulated month |", "|---|---|---|---|"]


def row(found: Found) -> str:
    """A plant's row of the table."""
    test = f"`{found.test.removeprefix('tests/')}`" if found.test else "-"
    month = found.month.replace("|", "\\|") or "-"
    return f"| `{found.plant.name}` | {found.plant.what} | {test} | {month} |"


def write(page: Path, found: list[Found]) -> None:
    """Put the rows into the page's table, in the plants' order; those of plants that were not looked for now stay.

    Raises ``ValueError`` where the page has no place for the table.
    """
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    standing, mark, tail = rest.partition(END)
    if not mark:
        raise ValueError(f"{page.name} has no place for the table")
    rows = {line.split("`")[1]: line for line in standing.splitlines() if line.startswith("| `")}
    rows |= {each.plant.name: row(each) for each in found}
    kept = [rows[each.name] for each in plants() if each.name in rows]
    caught = sum(not line.endswith("| - | - |") for line in kept)
    months = sum(not line.endswith("| - |") for line in kept)
    said = f"{len(kept)} planted, {caught} caught; {months} of them by one of the first {SEEDS} months too."
    content = "\n".join([*_HEAD, *kept, "", said])
    page.write_text(f"{head}{BEGIN}\n{content}\n{END}{tail}", encoding="utf-8")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make planted", description=__doc__)
    parser.add_argument("--play", help="play months with this fault planted, in this process")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed to play")
    parser.add_argument("--only", nargs="*", default=[], help="these faults only")
    given = parser.parse_args()
    if given.play:
        return _play(given.play, given.first)
    chosen = [each for each in plants() if not given.only or each.name in given.only]
    for each in chosen:
        # All of them before the first: a run takes long, and a text that is not there any more is known at once.
        each.source()
    began = time.monotonic()
    found: list[Found] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for looked in as_completed([pool.submit(look_for, one) for one in chosen]):
            found.append(looked.result())
            write(PAGE, found)
    print(f"minutes={(time.monotonic() - began) / 60:.1f}")
    caught = sum(each.caught for each in found)
    print(f"planted={len(found)} caught={caught}")
    return 0 if caught == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
