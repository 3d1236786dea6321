"""The carrier tells the hub what became of its texts: late, in any order and twice, at the address it was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.month import Month
from local.world.addresses import Addresses
from local.world.operators import Operator, sign_in
from local.world.web import ask, need

# Phones that are switched off for days: texts to them fail, with a code that says nothing of the number itself.
OFF_PHONES = 3
OFF_CODE = "SP:0003"
COPIES = 2
STRANGER = "0" * 32


@dataclass
class Told:
    """What the carrier pushed. ``campaigns``: how the hub's operators see each in the end."""

    reports: int = 0
    pushes: int = 0
    off_phones: tuple[str, ...] = ()
    campaigns: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def keep_silent(at: Addresses, month: Month) -> Told:
    """From now on the carrier says how a text ended only when it pushes; some phones are off all month."""
    phones = sorted(person.phone for person in month.people)[:OFF_PHONES]
    need("POST", f"{at.carrier}/_faults", body={"withhold": True, "fail_phones": phones, "fail_code": OFF_CODE})
    return Told(off_phones=tuple(phones))


def report(at: Addresses, planner: Operator, told: Told) -> None:
    """Everything not reported yet is pushed, shuffled, each push twice; a stranger's push at that door is refused."""
    [carrier] = need("GET", f"{at.api}/sms-reports", token=sign_in(at, planner))["carriers"]
    door = f"{at.api}{carrier['path']}"
    stranger = ask("POST", f"{door.rpartition('/')[0]}/{STRANGER}", body=[])
    if stranger.status != 404:
        told.faults.append(f"a stranger's push was answered {stranger.status} {stranger.code}")
    done = need("POST", f"{at.carrier}/_push", body={"url": door, "seed": told.pushes, "copies": COPIES})
    if done["taken"] != done["pushes"]:
        told.faults.append(f"the hub took {done['taken']} of {done['pushes']} pushes")
    told.reports += done["reports"]
    told.pushes += done["pushes"]


def see_campaigns(at: Addresses, planner: Operator, month: Month, told: Told) -> None:
    """The operators' list of campaigns, as it stands after the last push."""
    door = f"{at.api}/periods/{month.period}/campaigns"
    told.campaigns = list(need("GET", door, token=sign_in(at, planner))["campaigns"])
