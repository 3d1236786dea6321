"""The hub as one Chalice app: which routes and which functions there are. What they do is in the rooms.

Each room has one function, and so one IAM policy, of its own (docs/decisions/0007). It starts at the room's own
handler, named here, so that it imports neither Chalice nor the other rooms; `local/package.py` writes that name into
the template. Event sources stand with the queues they read, in `infra/`.
"""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice

from chalicelib import api

FUNCTIONS = {
    "periods": "chalicelib.periods.tasks.handle",
    "inbox": "chalicelib.periods.inbox.handle",
    "applicants": "chalicelib.applicants.tasks.handle",
    "deposits": "chalicelib.deposits.tasks.handle",
    "notices": "chalicelib.deposits.announcing.handle",
    "bid": "chalicelib.bidding.bid.handler",
    "auctions": "chalicelib.auctions.tasks.handle",
    "treasury": "chalicelib.treasury.tasks.handle",
    "confirmations": "chalicelib.treasury.confirmations.handle",
    "refunds": "chalicelib.refunds.tasks.handle",
    "messages": "chalicelib.messages.tasks.handle",
    "codes": "chalicelib.messages.code_tasks.handle",
    "bidlog": "chalicelib.bidlog.tasks.handle",
    "bidleaves": "chalicelib.bidlog.leaves.handle",
    "evidence": "chalicelib.evidence.tasks.handle",
    "reports": "chalicelib.reports.tasks.handle",
    "retention": "chalicelib.periods.retention.handle",
    "console": "chalicelib.console.door.handle",
}

app = Chalice(app_name="hangpai")
api.open_doors(app)


def _elsewhere(event: dict[str, Any], context: object) -> None:
    """Stands for a room's handler in Chalice's eyes; the template names the real one."""
    del event, context
    raise RuntimeError("this function's Handler must be the one that app.FUNCTIONS names")


for _name in FUNCTIONS:
    app.lambda_function(name=_name)(_elsewhere)
