"""What the notary gets of the auction: everything that a recount needs."""

from __future__ import annotations

from typing import Any

from chalicelib.auctions import lowest
from chalicelib.auctions.close import bids_key
from chalicelib.auctions.publishing import closed
from chalicelib.auctions.window import notice, prepared
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import canonical


def export(period: str, rules_text: str, files: Files) -> dict[str, list[dict[str, str]]]:
    """Name the auction's files in the work bucket: ``{"files": [{"name", "key"}]}``.

    ``bids-{class}.csv`` (as ``hangpai rank`` reads it), ``result.json``, ``rules.toml`` (the text the period began
    with), ``seed.txt``, ``window.json`` (with every pause), and ``lowest.json`` (every lowest winning price
    that bids were held to: instant in epoch ms -> class -> fen) where a phase is bounded by one.
    Raises ``TooEarlyOrLate`` before the close.
    """
    content: dict[str, Any] = closed(period)
    made = {
        "result.json": canonical(content),
        "rules.toml": rules_text.encode(),
        "seed.txt": f"{content['seed']}\n".encode(),
        "window.json": canonical(notice(period, prepared(period))),
    }
    if prices := lowest.kept(period):
        made["lowest.json"] = canonical({str(at_ms): prices[at_ms] for at_ms in prices})
    listed = [{"name": f"bids-{name}.csv", "key": bids_key(period, name)} for name in sorted(content["classes"])]
    for name, body in made.items():
        key = f"auction/{period}/{name}"
        files.write("work", key, body)
        listed.append({"name": name, "key": key})
    return {"files": listed}
