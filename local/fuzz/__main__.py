"""``python -m local.fuzz [EXAMPLES [WHO...]]``: the package on an embedded AWS, and schemathesis over its document.

It fails on an answer of 500 and above, and on a status, a media type or a content that the document does not describe.
schemathesis has an environment of its own: it is no part of the hub and pins what it likes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.demo import CITY, PERIOD
from local.sandbox.director import sandbox_month
from local.stage import Stage, clear_left_overs, set_up
from local.world.addresses import Addresses
from local.world.operators import Operator, publish_plan
from local.world.web import now_ms

HERE = Path(__file__).resolve().parent
NAME = "fuzz"
EXAMPLES = 15
SEED = 20260325
EVERYTHING = Operator("everything", "everything-on-this-machine")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Whoever asks -> the doors that are tried as that one.
RUNS: Mapping[str, tuple[str, ...]] = {
    "nobody": (),
    "operator": ("--include-tag", "operator", "--exclude-path", "/operator-sessions"),
    "account": ("--include-tag", "bidder"),
    "bid": ("--include-path", "/bids", "--include-path", "/me/bids"),
}


def _say(text: str) -> None:
    print(f"hangpai: {text}", file=sys.stderr)


def interpreter() -> str:
    """The Python of schemathesis's own environment, made where it does not stand yet."""
    setup = ["sh", str(HERE.parent / "side_environment.sh"), "schemathesis", str(HERE / "requirements.txt")]
    return subprocess.run(setup, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def tokens(stage: Stage) -> dict[str, str]:
    """A session of each kind that holds: an operator of every role, and a bidder's two."""
    stage.add_operators(
        [(EVERYTHING.name, EVERYTHING.password, ("planner", "approver", "cashier", "auditor", "support"))]
    )
    from chalicelib.kernel.tokens import Session, issue_newest
    from chalicelib.periods.operators import ROLES
    from chalicelib.wiring import hub

    keys, until = hub().keys.session_keys(), now_ms() + 3_600_000
    code = sandbox_month("closed", now_ms()).people[0].code
    return {
        "operator": issue_newest(Session(EVERYTHING.name, "operator", "", "", until, ROLES), keys),
        "account": issue_newest(Session(code, "account", PERIOD, "individual", until), keys),
        "bid": issue_newest(Session(code, "bid", PERIOD, "individual", until), keys),
    }


def fuzz(api_url: str, who: str, token: str, examples: int) -> bool:
    """One run; whether it found nothing."""
    command = [str(Path(interpreter()).parent / "st"), "run", f"{api_url}/openapi.json", "--url", api_url]
    command += ["--checks", CHECKS, "--max-examples", str(examples), "--seed", str(SEED)]
    command += ["--phases", "examples,coverage,fuzzing", "--warnings", "off", "--continue-on-failure", "--no-color"]
    command += ["--request-timeout", "30", "--no-shrink", *RUNS[who]]
    command += ["--header", f"Authorization: Bearer {token}"] if token else []
    _say(f"as {who}")
    return subprocess.run(command, cwd=HERE, check=False).returncode == 0


def main() -> int:
    """The command line; 1 where something was found."""
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    runs = sys.argv[2:] or list(RUNS)
    if unknown := set(runs) - RUNS.keys():
        _say(f"who asks is one of {', '.join(RUNS)}; not {', '.join(sorted(unknown))}")
        return 2
    clear_left_overs(NAME, _say)
    stage = set_up(f"{NAME}-{os.getpid()}", _say, lasting=False)
    try:
        held = tokens(stage)
        from chalicelib.periods.plan_json import to_json

        at = Addresses(stage.api_url, "", "", "", lambda *_: None)
        publish_plan(at, EVERYTHING, to_json(sandbox_month("planning", now_ms()).plan))
        found = [who for who in runs if not fuzz(stage.api_url, who, held.get(who, ""), examples)]
    finally:
        stage.end()
    _say(f"found something as {', '.join(found)}" if found else f"nothing found in {CITY}'s {PERIOD}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
