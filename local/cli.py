"""``hangpai``: the command line. It imports no AWS library, so that a notary's machine needs none."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chalicelib.auctions.bids_csv import read_bids
from chalicelib.auctions.rules import Result, rank, result, standing_bids
from chalicelib.bidding.rules import PriceLimits
from chalicelib.kernel.errors import HubError, Problem
from chalicelib.periods.rules import RuleSet, load_rules, read_rules
from local.announce_command import announce_command
from local.keys_command import keys_app
from local.ledger_command import ledger_app
from local.log_command import log_app
from local.plan_command import plan_command
from local.read_command import read_app
from local.receipt_command import receipt_command
from local.tables_command import tables_command
from local.verify_command import verify_command

EXIT_BAD_INPUT = 2

app = typer.Typer(help="Hangpai, the hub of the car-quota auction.", no_args_is_help=True, add_completion=False)


class BidderClass(StrEnum):
    """The two auctions of a period."""

    INDIVIDUAL = "individual"
    UNIT = "unit"


@app.callback()
def hangpai() -> None:
    """Hangpai, the hub of the car-quota auction."""


def _refuse(problems: tuple[Problem, ...], source: str, *, as_json: bool) -> NoReturn:
    """Name everything that is wrong on stderr, for programs on stdout too, and leave with exit code 2."""
    for problem in problems:
        where = f"{source}:{problem.line}" if problem.line else source
        typer.echo(f"{where}: {problem.field}: found {problem.found!r}; expected {problem.remedy}", err=True)
    if as_json:
        typer.echo(json.dumps({"problems": [problem.as_dict() for problem in problems]}, ensure_ascii=False, indent=2))
    raise typer.Exit(EXIT_BAD_INPUT)


def _rules(named: str, *, as_json: bool) -> RuleSet:
    try:
        if named.endswith(".toml"):
            return read_rules(Path(named).read_text(encoding="utf-8"))
        return load_rules(named)
    except HubError as error:
        _refuse(error.problems or (Problem(0, "rules", named, str(error)),), "--rules", as_json=as_json)
    except (OSError, UnicodeDecodeError) as error:
        _refuse((Problem(0, "rules", named, f"a file that can be read: {error}"),), "--rules", as_json=as_json)


def _seed(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise typer.BadParameter("hexadecimal digits, as published after the close") from error


def _show(outcome: Result, title: str) -> None:
    typer.echo(title)
    for name, value in outcome.as_dict().items():
        typer.echo(f"  {name.replace('_', ' '):<16}{'-' if value is None else value}")


def _write_ranking(target: Path, ranked: list[str]) -> None:
    target.write_text("rank,application_code\n" + "".join(f"{n},{code}\n" for n, code in enumerate(ranked, 1)))


@app.command("rank")
def rank_command(
    bids: Annotated[Path, typer.Argument(metavar="BIDS.csv", exists=True, dir_okay=False, help="Accepted bids.")],
    *,
    rules: Annotated[str, typer.Option("--rules", help="A city, or a rules .toml from sealed evidence.")],
    bidder_class: Annotated[BidderClass, typer.Option("--class", help="Which of the two auctions.")],
    quota: Annotated[int, typer.Option("--quota", min=0, help="The quota awarded, more quota included.")],
    seed: Annotated[str, typer.Option("--seed", metavar="HEX", help="Orders bids of one price and millisecond.")] = "",
    winners: Annotated[Path | None, typer.Option("--winners", help="Write the winners, best first, here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Recount an auction from its accepted bids, with the code that closed it."""
    rule_set = _rules(rules, as_json=as_json)
    tie_seed = _seed(seed)
    # The cap hangs on the last auction's average, which a file of bids does not tell.
    limits = PriceLimits(rule_set.reserve_fen, rule_set.tick_fen, cap_fen=None)
    read = read_bids(bids.read_bytes(), limits, rule_set.bids_max)
    if read.problems:
        _refuse(read.problems, bids.name, as_json=as_json)
    ranked = rank(standing_bids(read.bids), tie_seed)
    outcome = result(ranked, quota, rule_set.broadcast_trim_percent)
    if winners is not None:
        _write_ranking(winners, [bid.code for bid in ranked[:quota]])
    if as_json:
        typer.echo(json.dumps(outcome.as_dict(), indent=2))
    else:
        _show(outcome, f"{rule_set.title}, {bidder_class}, rules {rule_set.city} {rule_set.version}")


app.command("plan")(plan_command)
app.command("tables")(tables_command)
app.command("announce")(announce_command)
app.command("verify")(verify_command)
app.command("receipt")(receipt_command)
app.add_typer(read_app, name="read")
app.add_typer(ledger_app, name="ledger")
app.add_typer(keys_app, name="keys")
app.add_typer(log_app, name="log")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
