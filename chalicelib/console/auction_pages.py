"""The auction day live: bids as they come in, refusals, latency, broadcasts, the log's head; pausing and resuming."""

from __future__ import annotations

import base64
from typing import Any

from chalicelib.auctions import pauses
from chalicelib.auctions import records as auctions
from chalicelib.auctions.broadcast import broadcasts
from chalicelib.auctions.schedule import window_of
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.bidlog import records as bidlog
from chalicelib.console import words
from chalicelib.console.board import growth, width_text
from chalicelib.console.measures import LATENCIES, Measured, measured
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.periods.records import find_period
from chalicelib.reports.charts import Series, bars, lines, svg
from chalicelib.wiring import hub


def show(ask: Ask) -> Answer:
    """The auction day: window, what comes in, broadcasts, pauses, and the result once there is one. Polls itself."""
    plan = find_period(ask.period).plan
    prepared: dict[str, Any] | None = auctions.fact(ask.period, "auction")
    result = auctions.fact(ask.period, "result")
    opens_at_ms, closes_at_ms = plan.at("auction_opens"), plan.at("auction_closes")
    if prepared:
        window = window_of(ask.period, prepared)
        opens_at_ms, closes_at_ms = window.opens_at_ms, window.closes_at_ms
    stopped = prepared["pauses"] if prepared else []
    begun = bool(prepared) and ask.now_ms >= opens_at_ms
    return page(
        ask,
        "auction.html",
        opens_at_ms=opens_at_ms,
        closes_at_ms=closes_at_ms,
        prepared=bool(prepared),
        pauses=stopped,
        paused=bool(stopped) and stopped[-1]["until_ms"] is None,
        commitment=prepared["seed_commitment"] if prepared else "",
        broadcasts=broadcasts(ask.period),
        result=result,
        closed=begun and ask.now_ms >= closes_at_ms and not (stopped and stopped[-1]["until_ms"] is None),
        begun=begun,
        board=_board(ask, opens_at_ms, closes_at_ms) if begun else None,
        live=bool(prepared) and result is None,
    )


def pause(ask: Ask) -> Answer:
    """Propose a pause, or the end of one: it waits for another person's word among the approvals."""
    form = ask.request.form
    pauses.propose(ask.period, form.get("action", ""), form.get("reason", ""), actor=ask.actor, machines=hub().machines)
    return redirect(f"/console/{ask.period}/auction?said=proposed")


def _board(ask: Ask, opens_at_ms: int, closes_at_ms: int) -> dict[str, Any]:
    heads = bidlog.heads(ask.period)
    grown = growth(heads, opens_at_ms)
    until_ms = min(ask.now_ms, closes_at_ms + DRAIN_MS)
    found = measured(hub().settings, words.BID_REFUSALS, opens_at_ms, until_ms, ask.now_ms)
    width = width_text(grown.width_s)
    return {
        "grown": grown,
        "width": width,
        "head": heads[-1]["head"] if heads else None,
        # What the log holds beyond its newest head.
        "size": bidlog.size_of(ask.period),
        "accepted": _drawn("bars", f"有效报价（每 {width}）", grown.labels, {"有效报价（笔）": grown.accepted}),
        "measured": found,
        "refused": sorted(found.refused.items(), key=lambda each: -each[1]) if found and found.refused else [],
        "latency": _latency(found),
        "slowest_ms": max((ms for _, ms in found.latency_ms.get("p99", ())), default=None) if found else None,
    }


def _latency(found: Measured | None) -> str:
    if found is None or not found.latency_ms:
        return ""
    at = sorted({when for points in found.latency_ms.values() for when, _ in points})
    named = {"p50": "一半在此之内（p50）", "p99": "百分之九十九（p99）"}
    series = {
        named[stat]: [points.get(when) for when in at]
        for stat in LATENCIES
        for points in [dict(found.latency_ms.get(stat, ()))]
    }
    return _drawn("lines", "受理一笔报价用时（毫秒）", at, series)


def _drawn(kind: str, title: str, labels: Any, series: Series) -> str:
    """A chart for an ``img``, in base 64; nothing where there is nothing to draw."""
    if not labels:
        return ""
    drawn = bars(title, labels, series) if kind == "bars" else lines(title, labels, series, from_zero=True)
    return base64.b64encode(svg(drawn)).decode()
