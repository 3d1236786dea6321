"""``python -m local.load --sessions N``: start everything, let the auction happen, hold receipts against the result.

Exit code 0: nothing lost, nothing mismatched.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.auctions.schedule import BROADCAST_DRAIN_MS
from local.load.bidders import script
from local.load.curve import REAL_PACE_SECONDS
from local.load.pool import Orders, Seen, seen_in
from local.load.report import Run, draw, figures, last_line, lines, page
from local.load.web import now_ms
from local.processes import free_port, start

if TYPE_CHECKING:  # it imports records, which take their tables' names from the environment of a run
    from local.load.auction import Auction

SESSIONS_MAX = 50_000
# A process may hold 20,000 files.
SESSIONS_A_FRONT_MAX = 15_000
CONNECTS_A_SECOND = 800
START_SECONDS = 4


def _environment(port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    names = {name: name.lower() for name in ("SESSION_SECRET", "RECEIPT_SECRET", "PRIVACY_SECRET", "EVIDENCE_SECRET")}
    return {
        **kept,
        **names,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "t" * 400,
        "AWS_REGION": "cn-north-1",
        "AWS_DEFAULT_REGION": "cn-north-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency",
        "BIDS_TABLE": "bids",
        "AUCTIONS_TABLE": "auctions",
        "EVIDENCE_TABLE": "evidence",
        "STAGE": "test",
    }


def await_port(port: int, seconds: float = 30) -> None:
    """Wait until somebody listens on a port of 127.0.0.1. Raises ``RuntimeError``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on 127.0.0.1:{port}")


def _state(port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/~state", timeout=30) as answer:
        state: dict[str, int] = json.loads(answer.read())
        return state


@contextmanager
def _servers(fronts: int, environments: int, folder: Path) -> Iterator[list[int]]:
    """The endpoint and the fronts, this process's environment set to match; ended with the block."""
    endpoint, *ports = (free_port() for _ in range(fronts + 1))
    environment = _environment(endpoint)
    os.environ.update(environment)
    started = []
    log = folder / "servers.log"
    try:
        run = [sys.executable, "-m"]
        name = f"load-{os.getpid()}"
        started.append(
            start(f"{name}-endpoint", [*run, "local.load.endpoint", str(endpoint)], environment, log, lasting=False)
        )
        await_port(endpoint)
        for number, port in enumerate(ports):
            words = ["local.load.front", str(port), str(environments), str(folder / "public")]
            started.append(start(f"{name}-front-{number}", [*run, *words], environment, log, lasting=False))
        for port in ports:
            await_port(port)
        yield ports
    finally:
        for process in started:
            process.end()
        errors = log.read_text(errors="replace") if log.exists() else ""
        if errors:
            print(f"servers said:\n{errors[-2_000:]}", file=sys.stderr)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def _let_bid(orders: Sequence[Orders], folder: Path, auction: Auction) -> tuple[int, list[Seen]]:
    """Start the crowd, broadcast while it bids; how late the last one connected (ms), and what everybody saw."""
    files = [folder / f"pool-{each.first}.json" for each in orders]
    for each, file in zip(orders, files, strict=True):
        each.save(file)
    running = [subprocess.Popen([sys.executable, "-m", "local.load.pool", str(file)]) for file in files]
    try:
        for number, due in enumerate(auction.plan.broadcasts, 1):
            time.sleep(
                max(0, (due.at_ms + BROADCAST_DRAIN_MS - now_ms()) / 1_000)
            )  # bids of the instant are on their way
            shown = auction.broadcast(number)["classes"]["individual"]
            _say(f"broadcast {number}: {shown['bidders']:,} individuals, average {shown['average']}")
        until = time.monotonic() + (orders[0].closes_at_ms - now_ms()) / 1_000 + 300
        codes = [pool.wait(until - time.monotonic()) for pool in running]
    finally:
        for pool in running:
            pool.kill()
    if any(codes):
        raise RuntimeError(f"a pool of bidders failed: {codes}")
    ready, parts = zip(*(seen_in(file) for file in files), strict=True)
    return max(ready) - orders[0].opens_at_ms, [one for part in parts for one in part]


def load(sessions: int, seed: int, seconds: float, out: Path, environments: int) -> dict[str, Any]:
    """One run; returns its figures and leaves ``load.json``, ``load.md`` and ``load.png`` in ``out``."""
    pools = max(1, -(-sessions // SESSIONS_A_FRONT_MAX))
    with tempfile.TemporaryDirectory() as made, _servers(pools, environments, Path(made)) as ports:
        folder = Path(made)
        from local.load.auction import PERIOD, Auction

        connecting = START_SECONDS + sessions / CONNECTS_A_SECOND
        opens_at_ms = now_ms() + round(connecting * 1_000)
        closes_at_ms = opens_at_ms + round(seconds * 1_000)
        scripts = [script(number, seed, seconds) for number in range(sessions)]
        auction = Auction(Counter(each.bidder_class for each in scripts), opens_at_ms, closes_at_ms, folder / "public")
        auction.prepare()
        (key_id, key), *_ = auction.keys.session_keys().items()
        broadcasts = tuple(each.at_ms for each in auction.plan.broadcasts)
        orders = [
            Orders(
                first,
                pools,
                sessions,
                seed,
                tuple(ports),
                PERIOD,
                opens_at_ms,
                closes_at_ms,
                broadcasts,
                key_id,
                key.hex(),
            )
            for first in range(pools)
        ]
        _say(f"{sessions:,} bidders connect; the window opens in {connecting:.0f} s and closes {seconds:g} s later")
        late_ms, seen = _let_bid(orders, folder, auction)
        states = [_state(port) for port in ports]
        _say(f"{len(seen):,} answers; waiting for the drain")
        auction.wait_for_the_drain()
        began = time.monotonic()
        result = auction.close()
        close_seconds = time.monotonic() - began
        _say(f"closed: {result['classes']['individual']}")
        from local.load.checks import judge, sealed_bids

        sealed = {name: sealed_bids(auction.sealed_bids(name)) for name in result["classes"]}
        verdict = judge(scripts, seen, sealed, auction.standings(), auction.keys.receipt_signer().public_key)
    busy = f"load average {os.getloadavg()[1]:.0f}, this run's own part in it"
    machine = f"{os.cpu_count()} cores, {busy}, Python {platform.python_version()}"
    flooders = frozenset(each.number for each in scripts if each.floods)
    run = Run(
        sessions, seed, seconds, opens_at_ms, environments * pools, states, close_seconds, machine, flooders, late_ms
    )
    found = figures(run, seen, verdict)
    out.mkdir(parents=True, exist_ok=True)
    draw(run, seen, verdict, out / "load.png")
    (out / "load.md").write_text(page(run, found))
    (out / "load.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return found


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m local.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=20_260_325)
    parser.add_argument("--seconds", type=float, default=REAL_PACE_SECONDS, help="how long the window is open")
    parser.add_argument("--environments", type=int, default=4, help="function environments behind each front")
    parser.add_argument("--out", type=Path, default=Path("load-out"))
    given = parser.parse_args()
    if not 1 <= given.sessions <= SESSIONS_MAX:
        parser.error(f"--sessions is 1 to {SESSIONS_MAX:,}: each is an open connection, at both of its ends")
    found = load(given.sessions, given.seed, given.seconds, given.out, given.environments)
    for name, value in lines(found):
        print(f"{name:<58} {value}")
    for example in found["examples"]:
        print(example, file=sys.stderr)
    print(last_line(found))
    return 0 if found["lost"] == found["mismatched"] == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
