"""`make up` and `make down`: the hub and its counterparties left running on this machine, and ended again.

`python -m local.standing up [PHASE]` prints where everything answers; a second time it prints the same of what stands.
With a phase there is a sandbox: a period brought to that phase, and bidders to click as.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import requests

from local import front, pages, processes
from local.package import ROOT
from local.sandbox.phases import PHASES
from local.sandbox.settings import Sandbox
from local.stage import Stage, end_all, set_up

NAME = "up"
# Good on this machine only: the embedded AWS that they open goes with `make down`.
OPERATORS = (
    ("planner", "planner-on-this-machine", ("planner",)),
    ("approver", "approver-on-this-machine", ("approver",)),
    ("cashier", "cashier-on-this-machine", ("cashier",)),
    ("auditor", "auditor-on-this-machine", ("auditor",)),
    ("support", "support-on-this-machine", ("support",)),
)
NO_SANDBOX = "none"
# A whole month, on a machine that has other things to do.
_READY_WITHIN_S = 900
_CARD = processes.RUN / "up-addresses.txt"


def _say(text: str) -> None:
    print(f"hangpai: {text}", file=sys.stderr)


def _card(stage: Stage, faces: str, ready: list[dict[str, Any]]) -> str:
    aws = stage.aws.environment()
    lines = {
        "bidder's pages": faces,
        "operators' console": f"{faces}/console",
        **({"sandbox": f"{faces}/sandbox/ (accounts, texts on the phones, paying a price)"} if ready else {}),
        "API": stage.api_url,
        "embedded AWS": f"{stage.aws.url} (account {aws['AWS_ACCESS_KEY_ID']}, region {aws['AWS_REGION']})",
        "bank": stage.ports.bank_url,
        "SMS carrier": stage.ports.carrier_url,
        "treasury": stage.ports.treasury_url,
        "inbox": f"s3://{stage.bucket('inbox')}",
        **{f"operator {name}": password for name, password, _ in OPERATORS},
        **{f"bidder {one['role']}": f"{one['code']} phone {one['phone']} {one['password']}" for one in ready},
    }
    return "\n".join(f"{name:20} {value}" for name, value in lines.items()) + "\n"


def _build_pages() -> None:
    try:
        pages.build()
    except pages.PagesNotBuiltError as wrong:
        # The hub is of use without its pages, and a machine without npm's registry can't build them.
        _say(f"going on without the bidder's pages: {wrong}")


def _begin_sandbox(stage: Stage, phase: str) -> str:
    """Start the sandbox's process; its URL."""
    port = processes.free_port()
    file = stage.aws.folder / "sandbox.json"
    people = [(name, password, list(roles)) for name, password, roles in OPERATORS]
    Sandbox(phase, port, str(stage.aws.folder / "scene.json"), people).write(file)
    command = [sys.executable, "-m", "local.sandbox", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes.start(f"{NAME}-sandbox", command, environment, stage.aws.folder / "sandbox.log", lasting=True)
    return f"http://127.0.0.1:{port}"


def _ready(url: str, phase: str, log: str) -> list[dict[str, Any]]:
    """The bidders to click as, once the phase is reached. Raises ``RuntimeError`` where it is not."""
    until = time.monotonic() + _READY_WITHIN_S
    said = ""
    while time.monotonic() < until:
        time.sleep(1)
        try:
            state = requests.get(f"{url}/sandbox/state.json", timeout=30).json()
        except (requests.RequestException, json.JSONDecodeError):
            continue
        if state["fault"]:
            raise RuntimeError(f"the sandbox stopped: {state['fault']}\n{log}")
        if state["phase_title"] != said:
            said = state["phase_title"]
            _say(f"sandbox on its way to {phase}: {said}")
        if state["ready"]:
            return list(requests.get(f"{url}/sandbox/bidders.json", timeout=30).json())
    raise RuntimeError(f"the sandbox did not come to {phase} within {_READY_WITHIN_S} s; its log: {log}")


def up(phase: str = NO_SANDBOX) -> int:
    """Start the stage, or say where the standing one is."""
    if phase not in (*PHASES, NO_SANDBOX):
        _say(f"PHASE is one of {', '.join(PHASES)}, or {NO_SANDBOX}; not {phase}")
        return 2
    running = processes.recorded(f"{NAME}-")
    if running and all(process.alive() for process in running) and _CARD.exists():
        print(_CARD.read_text(), end="")
        return 0
    end_all(NAME)
    _build_pages()
    stage = set_up(NAME, _say, lasting=True)
    try:
        stage.add_operators(OPERATORS)
        sandbox_url = "" if phase == NO_SANDBOX else _begin_sandbox(stage, phase)
        faces = front.start(NAME, stage, lasting=True, sandbox_url=sandbox_url)
        ready = _ready(sandbox_url, phase, str(stage.aws.folder / "sandbox.log")) if sandbox_url else []
        _CARD.write_text(_card(stage, faces.url, ready))
    except BaseException:
        end_all(NAME)
        raise
    print(_CARD.read_text(), end="")
    return 0


def down() -> int:
    """End exactly what ``up`` started."""
    ended = [process.name for process in processes.recorded(f"{NAME}-") if process.alive()]
    end_all(NAME)
    _CARD.unlink(missing_ok=True)
    _say(f"ended {', '.join(ended)}" if ended else "nothing of ours was running")
    return 0


if __name__ == "__main__":
    sys.exit(down() if sys.argv[1] == "down" else up(*sys.argv[2:3]))
