"""Hangzhou's day, which two operators pause and resume: held to the millisecond, made good by the rule."""

from __future__ import annotations

from typing import Any

from local.auction_days.day import Day, short_plan
from local.checks.check import Check, check
from local.world.operators import Operator, sign_in
from local.world.web import Answer, ask, need, now_ms

PERIOD, CITY = "2026-04", "hangzhou"
LENGTH_MS = 55_000
BROADCASTS_MS = (3_000, 50_000)
LAST_AVERAGE_FEN = {"individual": 1_520_000, "unit": 1_980_000}
REASON = "系统维护"
EARLY, IN_PAUSE, LATER, LAST, UNIT = "2026040000001", "2026040000002", "2026040000003", "2026040000004", "2026040000009"
PRICES = {EARLY: 16_000, IN_PAUSE: 17_000, LATER: 18_000, LAST: 19_000, UNIT: 21_000}
# Two people at a desk are slow; the machine that asks the second one is slower.
WORD_WITHIN_MS = 30_000


def plan_of(opens_at_ms: int) -> Any:
    """The day's plan."""
    return short_plan(
        PERIOD,
        CITY,
        {"individual": 2, "unit": 1},
        opens_at_ms=opens_at_ms,
        length_ms=LENGTH_MS,
        broadcasts_ms=BROADCASTS_MS,
        last_average_fen=LAST_AVERAGE_FEN,
    )


def people() -> dict[str, str]:
    """Bidders by code, with their class."""
    return {code: "unit" if code == UNIT else "individual" for code in PRICES}


def live_through(day: Day, planner: Operator) -> Check:
    """Act the day; the planner proposes, and who approves is the command's second person."""
    day.begin(people())
    token = sign_in(day.at, planner)
    faults: list[str] = []
    day.until(day.plan.at("auction_opens"))
    faults += _took(day, EARLY) + _took(day, UNIT)
    door = f"{day.at.api}/periods/{PERIOD}/pauses"
    early = ask("POST", door, body={"action": "resume", "reason": REASON}, token=token)
    faults += [] if early.code == "NOT_PAUSED" else [f"resuming what goes on was answered {early.status} {early.code}"]
    need("POST", door, body={"action": "pause", "reason": REASON}, token=token)
    from_ms = _pause_of(day.live_when(lambda live: live["paused_at"] is not None, WORD_WITHIN_MS), day)["from_ms"]
    day.say(f"{CITY}: pause 1 from {from_ms - day.plan.at('auction_opens')} ms after the opening, by two operators")
    day.until(from_ms + 1)
    faults += _refused(day.bid(IN_PAUSE, PRICES[IN_PAUSE]), "PAUSED")
    need("POST", door, body={"action": "resume", "reason": REASON}, token=token)
    live = day.live_when(lambda live: live["resumes_at"] is not None, WORD_WITHIN_MS)
    until_ms = _pause_of(live, day)["until_ms"]
    faults += _refused(day.bid(IN_PAUSE, PRICES[IN_PAUSE]), "PAUSED")
    day.until(until_ms + 1)
    faults += _took(day, LATER)
    planned_ms, closes_ms = day.plan.at("auction_closes"), int(live["closes_at_ms"])
    day.say(f"{CITY}: resumed; the close moved by {closes_ms - planned_ms} ms")
    if closes_ms - planned_ms != until_ms - from_ms:
        faults.append(f"a pause of {until_ms - from_ms} ms moved the close by {closes_ms - planned_ms} ms")
    # In the added time: after the close that was planned, before the one that holds.
    day.until(max(planned_ms + 1, closes_ms - 6_000))
    faults += _took(day, LAST)
    day.until(closes_ms + 1)
    faults += _refused(day.bid(IN_PAUSE, PRICES[IN_PAUSE]), "CLOSED")
    day.until_ended()
    faults += _record_faults(day, from_ms, until_ms)
    seen = f"{until_ms - from_ms} ms, made good to the millisecond; both broadcasts, the one after it moved"
    return check(f"{CITY}: paused and resumed by two operators", faults, seen)


def _took(day: Day, code: str) -> list[str]:
    answer = day.bid(code, PRICES[code])
    return [] if answer.ok else [f"a bid was refused as {answer.code} at {now_ms()}"]


def _refused(answer: Answer, code: str) -> list[str]:
    return [] if answer.code == code else [f"a bid was answered {answer.status} {answer.code}, expected {code}"]


def _pause_of(live: dict[str, Any], day: Day) -> dict[str, Any]:
    from chalicelib.kernel.clock import at_shanghai

    told = day.public("window")["pauses"][-1]
    if (told["from"], told["until"]) != (live["paused_at"], live["resumes_at"]):
        # The two are written one after the other: whoever reads between them reads again.
        return _pause_of(day.public("live"), day)
    until_ms = None if told["until"] is None else at_shanghai(told["until"])
    return {"from_ms": at_shanghai(told["from"]), "until_ms": until_ms}


def _record_faults(day: Day, from_ms: int, until_ms: int) -> list[str]:
    from chalicelib.kernel.clock import at_shanghai, local_text
    from chalicelib.kernel.clock import from_ms as moment
    from chalicelib.periods.audit import trail

    faults: list[str] = []
    window, live, result = (day.public(name) for name in ("window", "live", "result"))
    expected = {"number": 1, "reason": REASON, "from": local_text(from_ms), "until": local_text(until_ms)}
    if window["pauses"] != [expected]:
        faults.append(f"window.json tells of {window['pauses']}")
    if (live["closed"], live["paused_at"], [each["number"] for each in live["broadcasts"]]) != (True, None, [1, 2]):
        faults.append(f"live.json at the end: {live}")
    second = [at_shanghai(each["at"]) - day.plan.at("auction_opens") for each in live["broadcasts"]][1:]
    if second != [BROADCASTS_MS[1] + until_ms - from_ms]:
        faults.append(f"broadcast 2 was {second} ms after the opening")
    told = {name: (each["bidders"], each["lowest"]) for name, each in result["classes"].items()}
    if told != {"individual": (3, PRICES[LATER]), "unit": (1, PRICES[UNIT])}:
        faults.append(f"bidders and lowest prices were announced as {told}")
    acts = [act["act"] for act in trail(f"{moment(from_ms):%Y-%m}").acts if str(act["subject"]).startswith(PERIOD)]
    for act in ("auction.pause", "auction.resume"):
        faults += [] if act in acts else [f"{act} is not on the trail: {acts}"]
    return faults
