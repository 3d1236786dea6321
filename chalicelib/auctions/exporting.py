"""What the notary gets of the auction: everything that a recount needs."""

from __future__ import annotations

from typing import Any

from chalicelib.auctions import lowest
from chalicelib.auctions.close import bids_key
from chalicelib.auctions.publishing import closed
from chalicelib.auctions.window import notice, prepared
from chalicelib.bidlog.rules import HEADS, TABLE
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import canonical
from chalicelib.periods.plan import Plan


def export(plan: Plan, rules_text: str, files: Files) -> dict[str, list[dict[str, str]]]:
    """Name the auction's files in the work bucket: ``{"files": [{"name", "key"}]}``.

    ``bids-{class}.csv`` (as ``hangpai rank`` reads it), ``result.json``, ``rules.toml`` (the text the period began
    with), ``seed.txt``, ``window.json`` (with every pause), and ``lowest.json`` (every lowest winning price
    that bids were held to: instant in epoch ms -> class -> fen) where a phase is bounded by one, ``history.json``
    (what earlier periods left: the cap and the conditions for more quota hang on it), and the bid log with its heads.
    Raises ``TooEarlyOrLate`` before the close.
    """
    period = plan.period
    content: dict[str, Any] = closed(period)
    made = {
        "result.json": canonical(content),
        "rules.toml": rules_text.encode(),
        "seed.txt": f"{content['seed']}\n".encode(),
        "history.json": canonical(history(plan)),
        "window.json": canonical(notice(period, prepared(period))),
    }
    if prices := lowest.kept(period):
        made["lowest.json"] = canonical({str(at_ms): prices[at_ms] for at_ms in prices})
    listed = [{"name": f"bids-{name}.csv", "key": bids_key(period, name)} for name in sorted(content["classes"])]
    for name, body in made.items():
        key = f"auction/{period}/{name}"
        files.write("work", key, body)
        listed.append({"name": name, "key": key})
    listed += [{"name": name, "key": f"auction/{period}/{name}"} for name in (TABLE, HEADS)]
    return {"files": listed}


def history(plan: Plan) -> dict[str, Any]:
    """What the plan says of earlier periods, by class, in fen; ``None`` and nothing where it says nothing."""
    return {
        name: {
            "last_average_fen": plan.last_average_fen.get(name),
            "last_mean_fen": plan.last_mean_fen.get(name),
            "lows_fen": list(plan.lows_fen.get(name, ())),
        }
        for name in sorted(plan.quotas)
    }
