"""`make up` and `make down`: the hub and its counterparties left running on this machine, and ended again.

`python -m local.standing up` prints where everything answers; a second time it prints the same of what stands.
"""

from __future__ import annotations

import sys

from local import front, pages, processes
from local.stage import Stage, end_all, set_up

NAME = "up"
# Good on this machine only: the embedded AWS that they open goes with `make down`.
OPERATORS = (
    ("planner", "planner-on-this-machine", ("planner",)),
    ("approver", "approver-on-this-machine", ("approver",)),
)
_CARD = processes.RUN / "up-addresses.txt"


def _say(text: str) -> None:
    print(f"hangpai: {text}", file=sys.stderr)


def _card(stage: Stage, faces: str) -> str:
    aws = stage.aws.environment()
    lines = {
        "bidder's pages": faces,
        "operators' console": f"{faces}/console",
        "API": stage.api_url,
        "embedded AWS": f"{stage.aws.url} (account {aws['AWS_ACCESS_KEY_ID']}, region {aws['AWS_REGION']})",
        "bank": stage.ports.bank_url,
        "SMS carrier": stage.ports.carrier_url,
        "treasury": stage.ports.treasury_url,
        "inbox": f"s3://{stage.bucket('inbox')}",
        **{f"operator {name}": password for name, password, _ in OPERATORS},
    }
    return "\n".join(f"{name:20} {value}" for name, value in lines.items()) + "\n"


def _build_pages() -> None:
    try:
        pages.build()
    except pages.PagesNotBuiltError as wrong:
        # The hub is of use without its pages, and a machine without npm's registry can't build them.
        _say(f"going on without the bidder's pages: {wrong}")


def up() -> int:
    """Start the stage, or say where the standing one is."""
    running = processes.recorded(f"{NAME}-")
    if running and all(process.alive() for process in running) and _CARD.exists():
        print(_CARD.read_text(), end="")
        return 0
    end_all(NAME)
    _build_pages()
    stage = set_up(NAME, _say, lasting=True)
    try:
        stage.add_operators(OPERATORS)
        faces = front.start(NAME, stage, lasting=True)
        _CARD.write_text(_card(stage, faces.url))
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
    sys.exit({"up": up, "down": down}[sys.argv[1]]())
