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

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
GROUPS = {
    "bid-cpu": bid_cpu,
    "cold-start": cold_start,
    "import": importing,
    "ranking": ranking,
    "sms": campaign,
