"""The plan: its versions, drafting another month's, moving a milestone, and starting a stopped period again."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.money import fen_from_yuan
from chalicelib.periods import calendar_table, running
from chalicelib.periods.plan_json import draft_from_json, from_json, to_json, wanted_from_json
from chalicelib.periods.records import PeriodState, find_period
from chalicelib.periods.rules import load_rules
from chalicelib.periods.versions import history
from chalicelib.wiring import hub

_CLASSES = ("individual", "unit")
_YUAN = r"\d{1,9}"


def show(ask: Ask) -> Answer:
    """Every version of the plan and what each changed; for a planner the forms."""
    found = find_period(ask.period)
    versions = list(reversed(history(ask.period, found.plan_digest)))
    amendable = bool(found.approved_by) and found.state in (PeriodState.RUNNING, PeriodState.STOPPED)
    return page(ask, "plan.html", found=found, versions=versions, amendable=amendable)


def amend(ask: Ask) -> Answer:
    """Move one milestone, with a reason; it counts once another person approves it."""
    at = ask.field("at", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", "请填写日期和时间")
    form, standing = ask.request.form, find_period(ask.period).plan.milestones
    name = form.get("milestone", "")
    # Moved within its day it stays the calendar's day, which in a compressed month is another one than the clock's.
    same = name in standing and local_date(standing[name].at_ms).isoformat() == at[:10]
    day = standing[name].date.isoformat() if same else at[:10]
    moved = {"at": f"{at if at.count(':') > 1 else f'{at}:00'}.000", "date": day}
    wanted = wanted_from_json({"reason": form.get("reason", ""), "milestones": {name: moved}})
    running.amend_period(ask.period, wanted, ask.actor, hub().machines)
    return redirect(f"/console/{ask.period}/plan?said=proposed")


def restart(ask: Ask) -> Answer:
    """Start a stopped period's machine again; ``abandoned``: a running one's, which the operator says is gone."""
    abandoned = ask.request.form.get("abandoned") == "yes"
    running.restart(ask.period, hub().machines, abandoned=abandoned, actor=ask.actor)
    return redirect(f"/console/{ask.period}?said=started")


def new(ask: Ask) -> Answer:
    """The form for another month's plan."""
    return page(ask, "draft.html", plan=None, posted="")


def draft(ask: Ask) -> Answer:
    """The month's dates by the calendar, to look at; nothing is kept."""
    form = ask.request.form
    content: dict[str, Any] = {"period": form.get("period", ""), "city": form.get("city", "")}
    content["quotas"] = {name: int(ask.field(f"quota_{name}", r"\d{1,6}", "指标数为整数")) for name in _CLASSES}
    for field in ("last_average", "last_mean"):
        given = {name: ask.field(f"{field}_{name}", _YUAN, "金额为整数元", empty=True) for name in _CLASSES}
        content[f"{field}_fen"] = {name: fen_from_yuan(yuan) for name, yuan in given.items() if yuan}
    lows = ask.field("lows", r"(\d{1,9}[\s,,、]*)*", "以逗号分隔的整数元", empty=True)
    each = lows.replace(",", " ").replace("、", " ").replace(",", " ").split()
    content["lows_fen"] = {"individual": [fen_from_yuan(low) for low in each]} if each else {}
    plan = draft_from_json(content, load_rules, calendar_table.hub_calendar())
    return page(ask, "draft.html", plan=plan, posted=json.dumps(to_json(plan)))


def submit(ask: Ask) -> Answer:
    """Hand the drafted plan in: its machine asks for a second person's word first."""
    try:
        content = json.loads(ask.request.form.get("plan", ""))
    except ValueError as error:
        problem = Problem(0, "plan", "", "the draft as the page gave it")
        raise InvalidInput("FORM_INVALID", "请重新拟定工作计划", problems=(problem,)) from error
    plan = from_json(content)
    running.open_period(plan, ask.actor, hub().machines)
    return redirect(f"/console/{plan.period}?said=proposed")
