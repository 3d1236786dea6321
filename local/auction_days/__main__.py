"""`make auctions`: Shanghai's two phases and a paused day of Hangzhou, at once, on the deployed package.

Ends with what was held against them: bidders' answers, the public objects, the bid log's proofs, and the sealed
packages for both verifiers. Exit code 1 where something does not hold.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from local.auction_days import paused, shanghai
from local.auction_days.day import Day, DayStoppedError
from local.checks.check import Check
from local.stage import Stage, clear_left_overs, set_up
from local.world.addresses import Addresses
from local.world.operators import Approver, Operator
from local.world.web import need, now_ms

NAME = "auctions"
PLANNER, APPROVER = Operator("planner", "planner-of-the-auctions"), Operator("approver", "approver-of-the-auctions")
# To lay down the bidders, sign them in and get the functions started before the first bid.
LEAD_MS = 20_000


def _act(stage: Stage, console: Console) -> list[Check]:
    stage.add_operators([(person.name, person.password, ("planner", "approver")) for person in (PLANNER, APPROVER)])
    at = Addresses(stage.api_url, "", "", "", lambda _key, _content: None)
    began = now_ms()

    def say(text: str) -> None:
        console.print(f"[dim]{(now_ms() - began) / 1_000:6.1f} s[/dim]  {text}", highlight=False)

    opens_at_ms = now_ms() + LEAD_MS
    days = [Day(stage, at, plan_of(opens_at_ms), say) for plan_of in (shanghai.plan_of, paused.plan_of)]
    with Approver(at, APPROVER, PLANNER, paused.PERIOD) as approver, ThreadPoolExecutor(2) as pool:
        acted = [pool.submit(shanghai.live_through, days[0]), pool.submit(paused.live_through, days[1], PLANNER)]
        checks = [each.result() for each in acted]
    approved = dict(approver.approved)
    two_words = approved == {"auction_pause": 1, "auction_resume": 1} and approver.self_approvals_refused == 2
    checks.append(Check("a pause takes two operators", two_words, f"{approved}, faults {approver.faults}"))
    return [*checks, *(check for day in days for check in _sealed(day))]


def _sealed(day: Day) -> list[Check]:
    """What the notary and the bidders hold in their hands afterwards."""
    from chalicelib.evidence.verifying import open_package
    from chalicelib.wiring import hub
    from local.checks.check import check
    from local.checks.log_and_disc import bid_log_proves
    from local.checks.sealed import packages_hold
    from local.recounting import recount_faults

    key = hub().keys.evidence_signer().public_key
    packages = day.stage.files("evidence", day.period)
    faults = [fault for package in packages.values() for fault in recount_faults(open_package(package))]
    heads = day.stage.files("public", f"auction/{day.period}/log/heads.json")
    shown = {code: need("GET", f"{day.at.api}/me/bids", token=day.tokens[code])["bids"] for code in day.receipts}
    differ = [f"{code} is shown other bids than it was answered" for code in shown if shown[code] != day.receipts[code]]
    found = [
        packages_hold(packages, key, 1),
        check("hangpai verify recounts the auction", faults, f"{len(packages)} package"),
        check("bidders are shown their own receipts", differ, f"{len(shown)} bidders, byte for byte"),
        bid_log_proves(
            lambda path: need("GET", f"{day.at.api}{path}"), day.period, day.receipts, next(iter(heads.values())), key
        ),
    ]
    return [Check(f"{day.plan.city}: {each.name}", each.holds, each.detail) for each in found]


def main() -> int:
    """The command line. Returns the exit code."""
    console = Console(width=None if sys.stdout.isatty() else 132)
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "auctions-out").resolve()
    began = time.monotonic()

    def setting_up(text: str) -> None:
        console.print(f"[dim]set-up[/dim]    {text}", highlight=False)

    clear_left_overs(NAME, setting_up)
    stage = set_up(f"{NAME}-{os.getpid()}", setting_up, lasting=False)
    try:
        checks = _act(stage, console)
        _keep(stage, out)
    except DayStoppedError as stopped:
        _keep(stage, out)
        console.print(f"[red]{stopped}[/red]", highlight=False)
        return 1
    finally:
        stage.end()
    for each in checks:
        mark = "[green]holds [/green]" if each.holds else "[red]BROKEN[/red]"
        console.print(f" {mark} {each.name}: {each.detail}", highlight=False)
    holds = all(each.holds for each in checks)
    console.print(
        f"{'every check holds' if holds else 'NOT everything holds'}; {out}; {time.monotonic() - began:.1f} s"
    )
    return 0 if holds else 1


def _keep(stage: Stage, out: Path) -> None:
    from local import demo_report

    demo_report.keep_files(stage, out)
    demo_report.keep_logs(stage, out)


if __name__ == "__main__":
    sys.exit(main())
