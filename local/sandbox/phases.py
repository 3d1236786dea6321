"""The sandbox's month: seconds up to the chosen phase, quarters of an hour after it, and how it is moved on. Pure.

There is no clock to bend. A milestone comes sooner because the plan is amended so, by the hub's own rules: never one
that is near or has passed, never the auction's close once the signed window is open.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.periods.amendment import lead_ms
from chalicelib.periods.milestones import Milestone
from chalicelib.periods.plan import Plan
from chalicelib.periods.plan_json import to_json
from local.compressed import compressed

PHASES = ("planning", "deposits", "activation", "auction", "settlement", "refunds", "closed")
TITLES = {
    "planning": "计划待批准",
    "deposits": "保证金与更正",
    "activation": "资格激活",
    "auction": "竞价",
    "settlement": "价款缴纳",
    "refunds": "退款",
    "closed": "本期已办结",
}
# Before which milestones the month waits for whoever clicks; the first of them in the chosen phase, and all later ones.
HOLDS = {
    "deposits_open": "planning",
    "corrections_close": "deposits",
    "activation_reminder": "activation",
    "auction_opens": "auction",
    "refunds_1_by": "settlement",
    "failed_refunds_after": "refunds",
    "month_end": "refunds",
}
NEXT_TITLES = {
    "deposits_open": "保证金缴纳开始",
    "corrections_close": "保证金信息更正截止",
    "activation_reminder": "资格激活截止",
    "auction_opens": "竞价开始",
    "refunds_1_by": "第一批退款",
    "failed_refunds_after": "退款失败公布",
    "month_end": "月末结算",
}
HOLD_MS = 15 * 60_000
# Windows that cannot be moved once they are open, long enough to click in.
WINDOWS_MS = {
    "broadcast-1": 60_000,
    "broadcast-2": 40_000,
    "auction_closes": 40_000,
    "settlement_reminder": 60_000,
    "settlement_closes": 90_000,
}
_AUCTION = tuple(name for name in WINDOWS_MS if not name.startswith("settlement"))
# As many bidders' time: several things share this machine.
PACE = 60
# An amendment takes effect two looks of the machines ahead; it has to be drafted and approved in the meantime.
MARGIN_MS = 6_000
GAP_MS = 2_000


def sandbox_plan(plan: Plan, phase: str, start_ms: int) -> Plan:
    """The plan, brought together so that it comes to ``phase`` (one of ``PHASES``) by itself and waits there."""
    reached = PHASES.index(phase)
    held = {name: HOLD_MS for name, of in HOLDS.items() if PHASES.index(of) >= reached}
    if reached <= PHASES.index("auction"):
        held |= {name: WINDOWS_MS[name] for name in _AUCTION}
    if reached <= PHASES.index("settlement"):
        # Whoever is brought there has not seen it come.
        longer = 3 if phase == "settlement" else 1
        held |= {name: ms * longer for name, ms in WINDOWS_MS.items() if name not in _AUCTION}
    return compressed(plan, PACE, start_ms, held=held)


def phase_of(plan: Plan, now_ms: int, state: str, *, approved: bool) -> str:
    """Where the period is."""
    if state == "finished":
        return "closed"
    if not approved or now_ms < plan.at("deposits_open"):
        return "planning"
    for name, phase in (
        ("activation_opens", "deposits"),
        ("activation_closes", "activation"),
        ("auction_closes", "auction"),
        ("settlement_closes", "settlement"),
    ):
        if now_ms < plan.at(name):
            return phase
    return "refunds"


def next_hold(plan: Plan, reached: Collection[str], now_ms: int) -> str:
    """The milestone that the month waits before; empty where none is left."""
    return next((name for name in HOLDS if name not in reached and plan.at(name) > now_ms), "")


def earlier(plan: Plan, reached: Collection[str], now_ms: int) -> dict[str, Any] | None:
    """The amendment that lets the next hold come as soon as it can, as the API takes it.

    ``None`` where none is left, or where it comes as soon by itself. Everything after it keeps its distance.
    """
    name = next_hold(plan, reached, now_ms)
    if not name:
        return None
    at_ms = plan.at(name)
    before = [each.at_ms for each in plan.milestones.values() if each.at_ms < at_ms]
    soonest = max(now_ms + lead_ms(plan) + MARGIN_MS, max(before, default=0) + GAP_MS)
    by_ms = at_ms - soonest
    if by_ms <= 0:
        return None

    def moved(milestone: Milestone) -> Milestone:
        return replace(milestone, at_ms=milestone.at_ms - by_ms) if milestone.at_ms >= at_ms else milestone

    amended = replace(
        plan,
        milestones={each: moved(milestone) for each, milestone in plan.milestones.items()},
        broadcasts=tuple(map(moved, plan.broadcasts)),
        statements=tuple(replace(each, due=moved(each.due)) for each in plan.statements),
    )
    return amendment(plan, amended, f"沙箱推进: {NEXT_TITLES[name]}")


def amendment(standing: Plan, amended: Plan, reason: str) -> dict[str, Any]:
    """What differs, as ``POST /periods/{period}/amendments`` takes it."""
    before, after = to_json(standing), to_json(amended)
    changed: Mapping[str, Any] = after["milestones"]
    wanted: dict[str, Any] = {
        "reason": reason,
        "milestones": {name: each for name, each in changed.items() if each != before["milestones"][name]},
    }
    return wanted | {name: after[name] for name in ("broadcasts", "statements") if after[name] != before[name]}
