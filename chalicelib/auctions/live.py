"""What bidders' pages poll on the day: one small public object, so that nobody asks a function how things stand.

Written anew whenever the window, a pause, a broadcast, the lowest winning price or the result changes. A page takes its
clock from ``GET /time`` and needs nothing else between two looks.
"""

from __future__ import annotations

from typing import Any

from chalicelib.auctions import broadcast, lowest, records
from chalicelib.auctions.schedule import limits_of, window_of
from chalicelib.auctions.window import prepared
from chalicelib.bidding.rules import Pause, Window
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.files import Files, read_json, write_json
from chalicelib.kernel.money import whole_yuan
from chalicelib.periods.naming import month_of

CURRENT_KEY = "current.json"
# A cache in front asks the bucket once a second at most, however many look; a browser never keeps it.
CACHE = "public, max-age=0, s-maxage=1"
CURRENT_CACHE = "public, max-age=60"


def live_key(period: str) -> str:
    """Where a period's object lies in the public bucket."""
    return f"auction/{period}/live.json"


def publish_live(period: str, now_ms: int, files: Files) -> dict[str, Any]:
    """Publish ``auction/{period}/live.json`` as everything stands, and return it.

    Shape: ``{"period", "version", "opens_at", "closes_at", "opens_at_ms", "closes_at_ms", "bids_max", "limits": {class:
    {"reserve", "tick", "cap", "warning"}}, "phases": [{"name", "opens_at", "closes_at", "opens_at_ms", "closes_at_ms",
    "bids_max", "newcomers", "limit", "band"}], "paused_at", "resumes_at", "broadcasts": [{"number", "at", "classes":
    {class: {"bidders", "average"}}}], "lowest": {"at", "at_ms", "classes"} | null, "closed"}``. Prices in whole yuan;
    ``cap`` and ``warning`` may be null. ``phases`` is empty where the cap bounds the whole window. A pause may begin,
    and end, a little after it was published: it holds from ``paused_at`` until ``resumes_at``, or nobody knows yet
    until when where that is null. ``closed``: the result is published. Raises ``NotFound`` (``AUCTION_NOT_PREPARED``).
    """
    content = _as_it_stands(period, now_ms)
    while True:
        write_json(files, "public", live_key(period), content, CACHE)
        # Two machines write here: whoever may have written over something newer sees it now, and writes that.
        newer = _as_it_stands(period, now_ms)
        if newer == content:
            return content
        content = newer


def publish_current(period: str, files: Files) -> dict[str, str]:
    """Publish ``current.json``, ``{"period"}``: the latest period whose plan was published. It never goes back."""
    month_of(period)
    try:
        standing = str(read_json(files, "public", CURRENT_KEY)["period"])
    except NotFound:
        standing = ""
    latest = {"period": max(period, standing)}
    write_json(files, "public", CURRENT_KEY, latest, CURRENT_CACHE)
    return latest


def _as_it_stands(period: str, now_ms: int) -> dict[str, Any]:
    auction = prepared(period)
    window = window_of(period, auction)
    pause = _pause(window, now_ms)
    return {
        "period": period,
        "version": window.version,
        **_instants(window.opens_at_ms, window.closes_at_ms),
        "bids_max": window.bids_max,
        "limits": {
            name: {
                "reserve": whole_yuan(limits.reserve_fen),
                "tick": whole_yuan(limits.tick_fen),
                "cap": whole_yuan(limits.cap_fen),
                "warning": whole_yuan(limits.warning_fen),
            }
            for name, limits in limits_of(auction).items()
        },
        "phases": _phases(window),
        "paused_at": None if pause is None else local_text(pause.from_ms),
        "resumes_at": None if pause is None or pause.until_ms is None else local_text(pause.until_ms),
        "broadcasts": [
            {name: told[name] for name in ("number", "at", "classes")} for told in broadcast.broadcasts(period)
        ],
        "lowest": lowest.shown(period, window),
        "closed": records.fact(period, "published") is not None,
    }


def _pause(window: Window, now_ms: int) -> Pause | None:
    last = window.pauses[-1] if window.pauses else None
    return None if last is None or (last.until_ms is not None and last.until_ms <= now_ms) else last


def _instants(opens_at_ms: int, closes_at_ms: int) -> dict[str, Any]:
    return {
        "opens_at": local_text(opens_at_ms),
        "closes_at": local_text(closes_at_ms),
        "opens_at_ms": opens_at_ms,
        "closes_at_ms": closes_at_ms,
    }


def _phases(window: Window) -> list[dict[str, Any]]:
    if len(window.phases) < 2:
        return []
    return [
        {
            "name": phase.name,
            **_instants(phase.opens_at_ms, phase.closes_at_ms),
            "bids_max": phase.bids_max,
            "newcomers": phase.newcomers,
            "limit": phase.limit,
            "band": whole_yuan(phase.band_fen),
        }
        for phase in window.phases
    ]
