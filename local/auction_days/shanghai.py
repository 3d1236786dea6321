"""Shanghai's day: a first bid of at most the warning price, then changes around the lowest price that would win.

Three individuals and one unit win. Who would win changes with every change, so a page looks before each.
"""

from __future__ import annotations

from typing import Any

from local.auction_days.day import Day, short_plan
from local.checks.check import Check, check
from local.world.web import Answer, each

PERIOD, CITY = "2026-03", "shanghai"
LENGTH_MS = 36_000
WARNING_YUAN, WARNING_FEN = 89_300, 8_930_000
# What each bids first. The fifth's is the lowest that would win three; the unit's second wins one.
INDIVIDUALS = {f"7000000{number}": 88_000 + 100 * number for number in range(1, 8)}
UNITS = {"80000001": 80_000, "80000002": 81_000}
NEWCOMER, BOLD = "70000009", "70000001"
FIRST_LOWEST = {"individual": 88_500, "unit": 81_000}
# The changes: BOLD to 300 above 88,500, the second to 300 above 88,600, BOLD again to 300 above 88,700.
CHANGES = (("70000001", 88_800, 88_500), ("70000002", 88_900, 88_600), ("70000001", 89_000, 88_700))
WINNERS = {"70000001": 89_000, "70000002": 88_900, "70000007": 88_700, "80000001": 81_300}
REFUSED = {
    "above the warning price": "ABOVE_WARNING",
    "a second bid in the first phase": "NO_BIDS_LEFT_IN_PHASE",
    "who did not bid in the first phase": "FIRST_BID_MISSING",
    "further from the lowest than 300 yuan": "OUT_OF_BAND",
    "against the lowest of some seconds ago": "OUT_OF_BAND",
    "a third change": "NO_BIDS_LEFT",
}


def plan_of(opens_at_ms: int) -> Any:
    """The day's plan."""
    warning = {"individual": WARNING_FEN, "unit": WARNING_FEN}
    quotas = {"individual": 3, "unit": 1}
    return short_plan(PERIOD, CITY, quotas, opens_at_ms=opens_at_ms, length_ms=LENGTH_MS, warning_fen=warning)


def people() -> dict[str, str]:
    """Bidders by code, with their class."""
    return {**dict.fromkeys((*INDIVIDUALS, NEWCOMER), "individual"), **dict.fromkeys(UNITS, "unit")}


def live_through(day: Day) -> Check:
    """Act the day from before its opening to its machine's end, and hold what its bidders saw to the rules."""
    day.begin(people())
    answers: dict[str, Answer] = {}
    faults: list[str] = []
    day.until(day.plan.at("auction_opens"))
    answers["above the warning price"] = day.bid(BOLD, WARNING_YUAN + 100)
    first = {**INDIVIDUALS, **UNITS}
    # One for each of the environments that stand ready: a page has no need of more either.
    for code, answer in zip(first, each(first, lambda code: day.bid(code, first[code]), workers=2), strict=True):
        faults += [] if answer.ok else [f"the first bid of {code} was refused as {answer.code}"]
    answers["a second bid in the first phase"] = day.bid(BOLD, first[BOLD] + 100)
    day.say(f"{CITY}: {len(first)} first bids, none above {WARNING_YUAN}")
    day.until((day.plan.at("auction_opens") + day.plan.at("auction_closes")) // 2)
    day.live_when(_lowest_is("unit", FIRST_LOWEST["unit"]), LENGTH_MS // 2)
    answers["who did not bid in the first phase"] = day.bid(NEWCOMER, FIRST_LOWEST["individual"])
    answers["further from the lowest than 300 yuan"] = day.bid(BOLD, FIRST_LOWEST["individual"] + 400)
    faults += _change(day, answers)
    faults += _refusals(answers)
    day.until_ended()
    result = day.public("result")
    faults += _result_faults(day, result)
    lowest = [receipt["receipt"].get("lowest") for receipts in day.receipts.values() for receipt in receipts]
    seen = f"{len(lowest)} bids, {len(lowest) - lowest.count(None)} of them held to a lowest price that moved"
    return check(f"{CITY}: two phases, a band that moves", faults, seen)


def _lowest_is(bidder_class: str, yuan: int) -> Any:
    def true(live: dict[str, Any]) -> bool:
        shown = live["lowest"]
        return shown is not None and shown["classes"].get(bidder_class, {}).get("lowest") == yuan

    return true


def _change(day: Day, answers: dict[str, Answer]) -> list[str]:
    faults = []
    unit = day.bid("80000001", FIRST_LOWEST["unit"] + 300)
    faults += [] if unit.ok else [f"the unit's change was refused as {unit.code}"]
    for code, price, lowest in CHANGES:
        # As a page does: wait for the price as it is now, then bid within what it allows.
        band = day.live_when(_lowest_is("individual", lowest), LENGTH_MS // 2)["lowest"]["classes"]["individual"]
        faults += [] if (band["from"], band["to"]) == (lowest - 300, lowest + 300) else [f"{lowest}: shown as {band}"]
        changed = day.bid(code, price)
        if not changed.ok:
            faults.append(f"a change to {price} at {lowest} was refused as {changed.code}")
        elif changed.body["receipt"]["lowest"] != lowest:
            faults.append(f"the receipt of {price} says that it was held to {changed.body['receipt']['lowest']}")
        day.say(f"{CITY}: a change to {price}, the lowest price that would win is {lowest}")
    # 88,700 was held to a moment ago; what would have been in its band then is not in that of 88,800 now.
    day.live_when(_lowest_is("individual", 88_700), LENGTH_MS // 2)
    answers["against the lowest of some seconds ago"] = day.bid("70000003", FIRST_LOWEST["individual"] - 300)
    answers["a third change"] = day.bid(BOLD, 88_700)
    return faults


def _refusals(answers: dict[str, Answer]) -> list[str]:
    return [
        f"{what}: answered {answers[what].status} {answers[what].code}, expected {code}"
        for what, code in REFUSED.items()
        if answers[what].code != code
    ]


def _result_faults(day: Day, result: dict[str, Any]) -> list[str]:
    faults = []
    told = {name: (each["winners"], each["lowest"]) for name, each in result["classes"].items()}
    if told != {"individual": (3, 88_700), "unit": (1, 81_300)}:
        faults.append(f"winners and lowest prices were announced as {told}")
    standing = {code: receipts[-1]["receipt"]["price"] for code, receipts in day.receipts.items()}
    wrong = {code: price for code, price in WINNERS.items() if standing.get(code) != price}
    return faults + [f"{code} stands at {standing.get(code)}, not {price}" for code, price in wrong.items()]
