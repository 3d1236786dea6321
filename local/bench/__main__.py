"""``python -m local.bench [NAME]``: measure, print, and write docs/benchmarks.json and docs/benchmarks.md.

``NAME`` takes the measures whose name starts with it; the others' rows stay as their own last run left them.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.bench.bidding import bid_cpu, cold_start
from local.bench.clearing import clearing
from local.bench.importing import importing
from local.bench.month_end import month_end, workbook
from local.bench.ranking import ranking
from local.bench.sealing import sealing
from local.bench.sms import campaign
from local.bench.statement import statement
from local.bench.whole_import.measures import whole_import

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
GROUPS = {
    "bid-cpu": bid_cpu,
    "cold-start": cold_start,
    "import": importing,
    "import-rows": whole_import,
    "ranking": ranking,
    "sms": campaign,
    "statement": statement,
    "workbook": workbook,
    "month-end": month_end,
    "clearing": clearing,
    "evidence": sealing,
}
LIBRARIES = (
    "botocore",
    "pynamodb",
    "chalice",
    "aws-lambda-powertools",
    "cryptography",
    "numpy",
    "orjson",
    "polars",
    "XlsxWriter",
)


def _page(rows: list[dict[str, Any]]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench` (`make bench ONLY=cold-start` for some). Ratios of medians taken in turns in one",
        "run on one machine; what is compared and how is in `local/bench/`. A target that was missed says so.",
        "",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES) + ".",
        "",
        "| measure | what, and against what | ours | against | ratio | target | holds |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['name']} | {row['what']} | {row['ours']:.4g} {row['unit']} | {row['against']:.4g} {row['unit']} "
            f"| {row['ratio']:.3f} | {row['target']:.4g} | {'yes' if row['holds'] else '**no**'} |"
        )
    return "\n".join(lines) + "\n"


def main(only: str = "") -> int:
    """Measure what ``only`` names, or everything. Returns the process's exit code."""
    # The groups that are called so, or else the one that the row called so is in.
    chosen = [take for name, take in GROUPS.items() if name.startswith(only)]
    group = max((name for name in GROUPS if only.startswith(name)), key=len, default="")
    if not chosen and group:
        chosen = [GROUPS[group]]
    if not chosen:
        print(f"no measure is called {only!r}; there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    listed = DOCS / "benchmarks.json"
    measured: dict[str, dict[str, Any]] = {}
    for take in chosen:
        for measure in take():
            measured[measure.name] = measure.as_dict()
            print(
                f"{measure.name:<22} {measure.ratio:8.3f}  target {measure.target:.4g}",
                "holds" if measure.holds else "MISSED",
            )
    rows = {row["name"]: row for row in (json.loads(listed.read_text()) if listed.exists() else [])}
    rows.update(measured)
    listed.write_text(json.dumps(list(rows.values()), indent=2) + "\n")
    (DOCS / "benchmarks.md").write_text(_page(list(rows.values())))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
