"""Processes that this project starts: known by pid and start time, so that just they are ended, never a stranger."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.package import ROOT

RUN = ROOT / ".local" / "run"
_PR_SET_PDEATHSIG = 1
_END_WITHIN_S = 3.0


# The ports that were handed out, held until this process ends: seconds lie between choosing one and listening on it.
_HELD: list[socket.socket] = []


def free_port() -> int:
    """A TCP port on 127.0.0.1 for a server of ours, never the same twice.

    It stays bound here and is not listened on. A server that we start can listen on it (``SO_REUSEADDR``, as servers
    set it); whoever asks the kernel for any port is given another.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _HELD.append(held)
    port: int = held.getsockname()[1]
    return port


@dataclass(frozen=True)
class Process:
    """A process of ours. ``started`` is its start in clock ticks since boot: with the pid it is unique.

    ``owner`` is the process that it works for, by pid and start; none where it is to outlive whoever started it.
    """

    name: str
    pid: int
    started: str
    owner: tuple[int, str] | None = None

    def orphaned(self) -> bool:
        """Whether whom it worked for is gone."""
        return self.owner is not None and _start_time(self.owner[0]) != self.owner[1]

    def alive(self) -> bool:
        """Whether that very process still runs."""
        return bool(self.started) and _start_time(self.pid) == self.started

    def end(self) -> None:
        """End it and what it started (its process group), gently first."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            if not self.alive():
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, how)
            until = time.monotonic() + _END_WITHIN_S
            while self.alive() and time.monotonic() < until:
                _reap(self.pid)
                time.sleep(0.05)
        _record(self.name).unlink(missing_ok=True)


def _record(name: str) -> Path:
    return RUN / f"{name}.json"


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _start_time(pid: int) -> str:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if after_name[0] == "Z" else after_name[19]


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start(name: str, command: Sequence[str], env: Mapping[str, str], log: Path, *, lasting: bool) -> Process:
    """Start a command in a process group of its own and write down that it is ours.

    Unless it is ``lasting`` the kernel ends it when this process dies, however this process dies.
    """
    RUN.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=None if lasting else _die_with_parent,  # noqa: PLW1509 (called before there are threads)
        )
    owner = None if lasting else (os.getpid(), _start_time(os.getpid()))
    process = Process(name, child.pid, _start_time(child.pid), owner)
    # In one piece: who is killed here leaves a whole record or none.
    written = RUN / f"{name}.json.new"
    written.write_text(json.dumps(asdict(process)))
    written.replace(_record(name))
    return process


def end_of(log: Path) -> str:
    """The last lines of a log, to be shown with an error; empty where there is none."""
    return log.read_text(errors="replace")[-2_000:] if log.exists() else ""


def recorded(prefix: str) -> list[Process]:
    """The processes written down under names that begin so, whether they still run or not."""
    found = [json.loads(file.read_text()) for file in sorted(RUN.glob(f"{prefix}*.json"))]
    return [Process(**{**each, "owner": tuple(each["owner"]) if each["owner"] else None}) for each in found]
