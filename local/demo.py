"""`make demo`: a whole month, compressed into minutes, on an embedded AWS, from the packaged zip and the real template.

Ends with a table, `demo-out/summary.json` and every file that was made; exit code 1 where a rule is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from local import demo_report, demo_table
from local.compressed import compressed
from local.conduct import suggest_quotas
from local.counterparties import GATEWAYS
from local.deploy import update
from local.earlier import last_tag, package_at
from local.month import ALIPAY, CHANNEL, CHANNELS, Month, make_month, make_roster, write_files
from local.package import ROOT
from local.period_machine import PeriodStoppedError
from local.scenario import Story, addresses, run_month
from local.stage import Stage, clear_left_overs, make_package, set_up
from local.stand_in import StandIn
from local.world.latecomers import amend_month
from local.world.operators import Operator
from local.world.web import now_ms

NAME = "demo"
PERIOD = "2026-03"
CITY = "hangzhou"
# What the last period left: its average winning price caps this one's bids; its lows decide about more quota.
LAST_AVERAGE_FEN = {"individual": 1_520_000, "unit": 1_980_000}
LAST_MEAN_FEN = {"individual": 1_390_000, "unit": 1_720_000}
LOWS_FEN = {"individual": (1_260_000, 1_310_000, 1_290_000), "unit": (1_500_000, 1_550_000, 1_480_000)}
PLANNER = Operator("planner", "planner-of-the-demo")
APPROVER = Operator("approver", "approver-of-the-demo")
CASHIER = Operator("cashier", "cashier-of-the-demo")
# So that the plan is posted and approved before its first milestone comes.
LEAD_MS = 3_000
# An update is a moment of a month, but minutes of a compressed one: every function starts cold at once, and the
# period's machine goes through all that was done before. Without this pause activation was over before it came there;
# and such a run is about what is lost, not about how fast a machine is: bidders have more time too.
UPDATED_HELD_MS = {
    "corrections_close": 30_000,
    "deposits_to_notary": 90_000,
    "activation_reminder": 30_000,
    "activation_closes": 30_000,
    "auction_opens": 10_000,
    "broadcast-1": 20_000,
    "settlement_reminder": 20_000,
}
PRINTED_WIDTH = 132
CHOICES = {"all": CHANNELS, CHANNEL: (CHANNEL,)}


def _plan_month(bidders: int, seed: int, channels: tuple[str, ...], gateway: str, *, updated: bool) -> Month:
    from chalicelib.periods.plan import nominal
    from chalicelib.periods.rules import load_rules

    roster, rules = make_roster(seed, bidders), load_rules(CITY)
    plan = nominal(
        PERIOD,
        rules,
        suggest_quotas(roster.people),
        last_average_fen=LAST_AVERAGE_FEN,
        lows_fen=LOWS_FEN,
        last_mean_fen=LAST_MEAN_FEN,
    )
    transfers = gateway != "stripe"
    short = compressed(
        plan,
        bidders,
        now_ms() + LEAD_MS,
        by_wallet=ALIPAY in channels,
        wallet_transfers=transfers,
        held=UPDATED_HELD_MS if updated else None,
    )
    return make_month(roster, short, rules, channels, wallet_transfers=transfers)


@dataclass(frozen=True)
class _Upgrade:
    """What a month begins with, what its stack is updated to midway, and the address that stays."""

    earlier: Path
    later: Path
    stand_in: StandIn


def _update(stage: Stage, upgrade: _Upgrade, say: Callable[[str], None]) -> None:
    say("operator: updating the running stack to this tree's package")
    upgrade.stand_in.target = update(stage.aws, upgrade.later, stage.deployed.parameters).api_url
    say("operator: updated; the month goes on")


def _act(
    stage: Stage, arguments: argparse.Namespace, out: Path, console: Console, upgrade: _Upgrade | None
) -> tuple[Month, Story]:
    from chalicelib.periods.plan_json import to_json

    # The planner is an approver too: what stops an approval of one's own is who made it, not the role.
    roles = {PLANNER: ("planner", "approver"), APPROVER: ("approver",), CASHIER: ("cashier",)}
    stage.add_operators([(person.name, person.password, held) for person, held in roles.items()])
    channels = CHOICES[arguments.channels]
    month = _plan_month(arguments.bidders, arguments.seed, channels, arguments.gateway, updated=upgrade is not None)
    write_files(month, out / "input")
    ends = month.plan.at("month_end")
    began = now_ms()
    with console.status("") as status:

        def say(text: str) -> None:
            status.update(f"{(ends - now_ms()) // 1_000} s to the month's end")
            console.print(f"[dim]{(now_ms() - began) / 1_000:6.1f} s[/dim]  {text}", highlight=False)

        story = run_month(
            stage,
            month,
            to_json(month.plan),
            (PLANNER, APPROVER),
            say,
            interrupted=arguments.interrupted,
            midway=partial(_update, stage, upgrade, say) if upgrade else None,
        )
    return month, story


def _upgrade(upgrade_from: str | None, say: Callable[[str], None]) -> _Upgrade | None:
    if upgrade_from is None:
        return None
    name, earlier = package_at(upgrade_from or last_tag())
    say(f"the month begins on the package of {name}")
    return _Upgrade(earlier, make_package(), StandIn(""))


def run(arguments: argparse.Namespace) -> int:
    """Run the month; returns the exit code."""
    # A file or a pipe has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else PRINTED_WIDTH)
    out = Path(arguments.out).resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    began = time.monotonic()

    def setting_up(text: str) -> None:
        console.print(f"[dim]set-up[/dim]    {text}", highlight=False)

    clear_left_overs(NAME, setting_up)
    upgrade = _upgrade(arguments.upgrade_from, setting_up)
    # Under a name of its own, so that two demos can run side by side.
    stage = set_up(
        f"{NAME}-{os.getpid()}",
        setting_up,
        lasting=False,
        gateway=arguments.gateway,
        built=upgrade.earlier if upgrade else None,
        stand_in=upgrade.stand_in if upgrade else None,
    )
    try:
        month, story = _act(stage, arguments, out, console, upgrade)
        report = demo_report.gather(stage, month, story, out)
        if arguments.late:
            report.further.append(amend_month(addresses(stage), month, CASHIER, out / "amendment"))
            report.further.append(demo_report.amendment_sealed(stage, month, out))
    except PeriodStoppedError as stopped:
        demo_report.keep_files(stage, out)
        demo_report.keep_logs(stage, out)
        console.print(f"[red]{stopped}[/red]", highlight=False)
        return 1
    finally:
        stage.end()
    report.figures["seconds"] = round(time.monotonic() - began, 1)
    (out / "summary.json").write_text(json.dumps(report.summary(), ensure_ascii=False, indent=2) + "\n")
    demo_table.show(report, console, out)
    return 0 if report.holds else 1


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--bidders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20260325)
    parser.add_argument("--out", default=str(ROOT / "demo-out"))
    parser.add_argument("--channels", choices=CHOICES, default="all", help="which ways bidders pay their deposits")
    parser.add_argument("--gateway", choices=GATEWAYS, default=GATEWAYS[0], help="what the wallet is reached through")
    parser.add_argument("--interrupted", action="store_true", help="abort the period's machine midway, start it again")
    parser.add_argument("--late", action="store_true", help="a payment comes after the month was closed")
    parser.add_argument(
        "--upgrade-from",
        metavar="COMMIT",
        help="begin on that commit's package, go on on this tree's (empty: the last tag)",
    )
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
