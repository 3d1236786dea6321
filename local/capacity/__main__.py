"""``python -m local.capacity``: look for what is enough, sweep for where it breaks, write docs/capacity.md."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from local.capacity.model import SETTINGS, Day, Model, Provision
from local.capacity.page import Finding, write
from local.load.curve import real_rate

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
SIZES = (10_000, 40_000, 166_000)
SWEEP = (10_000, 40_000, 80_000, 120_000, 166_000, 220_000, 300_000)
# Room for a curve that is steeper than the assumed one.
RESERVE = 1.5
_STEPS = (10, 25, 50, 75, 100, 150, 200, 300, 400, 600, 800)
_WRITES_STEP = 4_000


def day_of(bidders: int, provision: Provision) -> Day:
    """The last half-minute with so many bidders."""
    return Model(provision, lambda left: real_rate(left, bidders)).run()


def enough(bidders: int) -> Provision:
    """The smallest of some steps with which nobody is turned away and nothing starts cold, with a reserve."""
    wanted = round(bidders * RESERVE)
    writes = _WRITES_STEP
    while writes < real_rate(0.5, wanted):
        writes += _WRITES_STEP
    rate = max(float(SETTINGS["gateway"]["rate_per_second"]), 5_000 * -(-real_rate(0.5, wanted) // 5_000))
    provision = Provision(warm_writes=writes, gateway_rate=rate, gateway_burst=rate / 2)
    for environments in _STEPS:
        tried = replace(provision, environments=environments)
        day = day_of(wanted, tried)
        if not day.turned_away and not day.cold_starts:
            return tried
    raise RuntimeError(f"no step is enough for {bidders:,} bidders")


def main() -> int:
    """Run the model and write the page."""
    findings = []
    for bidders in SIZES:
        provision = enough(bidders)
        findings.append(Finding(bidders, day_of(bidders, Provision()), provision, day_of(bidders, provision)))
        print(f"{bidders:,} bidders: {provision}", flush=True)
    kinds = {"nothing provisioned": Provision(), f"as for {SIZES[-1]:,}": findings[-1].provision}
    sweep = {name: [(bidders, day_of(bidders, provision)) for bidders in SWEEP] for name, provision in kinds.items()}
    write(findings, sweep, RESERVE, DOCS)
    print("docs/capacity.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
