"""A demo that is killed leaves nothing behind, and the next one starts as if it had never been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import processes
from local.package import ROOT

pytestmark = pytest.mark.deployed

NAME = "demo"
WITHIN_S = 60


def started_by(demo: subprocess.Popen[str]) -> list[str]:
    """Every process that works in a demo's folder or serves its counterparties: the functions' too."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            at, command = os.readlink(process / "cwd"), (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{processes.RUN}/{NAME}-{demo.pid}-" in f"{at} {command}":
            found.append(f"{process.name} {command}")
    return found


@contextmanager
def acting_demo(out: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo in which the month has begun, so that functions are running."""
    command = [sys.executable, "-u", "-m", "local.demo", "--bidders", "20", "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "applicant lists dropped" in line:
                break
        try:
            yield demo
        finally:
            demo.kill()


def wait_until_gone(demo: subprocess.Popen[str]) -> list[str]:
    until = time.monotonic() + WITHIN_S
    while (left := started_by(demo)) and time.monotonic() < until:
        time.sleep(0.2)
    return left


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_demo_leaves_no_process(tmp_path: Path, how: signal.Signals) -> None:
    # Given a demo in the middle of its month
    with acting_demo(tmp_path / "out") as demo:
        assert started_by(demo)
        # When it is killed
        demo.send_signal(how)
        demo.wait(timeout=WITHIN_S)
        # Then everything it started is gone too
        assert wait_until_gone(demo) == []


def test_a_demo_after_a_killed_one_starts_from_nothing(tmp_path: Path) -> None:
    # Given what a demo that was killed left on the disk
    with acting_demo(tmp_path / "first") as first:
        first.send_signal(signal.SIGKILL)
        first.wait(timeout=WITHIN_S)
    left = list(processes.RUN.glob(f"{NAME}-{first.pid}-*"))
    assert left
    # When another one starts
    with acting_demo(tmp_path / "second") as second:
        # Then nothing of the first is there any more, and the second's month began
        assert not any(path.exists() for path in left)
    assert wait_until_gone(second) == []
