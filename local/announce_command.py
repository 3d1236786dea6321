"""``hangpai announce``: a period's announcement, calendar and data from a city's rules. It imports no AWS library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chalicelib.kernel.errors import HubError, InvalidInput, Problem
from chalicelib.kernel.money import fen_from_yuan
from chalicelib.periods.plan import nominal
from chalicelib.periods.rules import BIDDER_CLASSES
from chalicelib.reports.announcement import Announcement
from chalicelib.reports.announcement_files import announcement_files
from local.plan_command import read_calendar, read_dates, read_rules_named, refuse

_PRICE = "CLASS=YUAN"


def announce_command(
    *,
    rules: Annotated[str, typer.Option("--rules", help="A city, or a rules .toml.")],
    period: Annotated[str, typer.Option("--period", metavar="YYYY-MM", help="The month of the auction.")],
    quotas: Annotated[list[str], typer.Option("--quota", metavar="CLASS=NUMBER", help="individual=..., unit=...")],
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="The folder to write the files to.")],
    averages: Annotated[
        list[str] | None,
        typer.Option(
            "--last-average", metavar=_PRICE, help="Last period's average winning price: the cap hangs on it."
        ),
    ] = None,
    warnings: Annotated[
        list[str] | None, typer.Option("--warning-price", metavar=_PRICE, help="In a city that has one.")
    ] = None,
    dates: Annotated[
        list[str] | None,
        typer.Option("--date", metavar="MILESTONE=YYYY-MM-DD", help="A date that the notice names; once for each."),
    ] = None,
    calendars: Annotated[
        list[Path] | None,
        typer.Option("--calendar", metavar="YEAR.json", help="Days off of a year that was announced since."),
    ] = None,
) -> None:
    """Draft a period's announcement: .docx, .html, calendar .png and .svg, data .json and .csv."""
    try:
        rule_set, calendar = read_rules_named(rules), read_calendar(calendars or [])
        plan = nominal(
            period,
            rule_set,
            {name: _count("--quota", text) for name, text in _by_class("--quota", quotas).items()},
            last_average_fen=_prices("--last-average", averages or []),
            lows_fen={},
            last_mean_fen={},
            warning_fen=_prices("--warning-price", warnings or []),
            calendar=calendar,
            dates=read_dates(dates or []),
        )
        made = announcement_files(Announcement(plan, rule_set, calendar))
    except HubError as error:
        refuse(error, as_json=False)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        (out / name).write_bytes(content)
        typer.echo(out / name)


def _by_class(option: str, given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        name, _, text = each.partition("=")
        if name not in BIDDER_CLASSES or not text or name in found:
            raise _wrong(option, each, f"each of {', '.join(BIDDER_CLASSES)} once, such as {BIDDER_CLASSES[0]}=2133")
        found[name] = text
    return found


def _count(option: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise _wrong(option, text, "a whole number from 0")
    return int(text)


def _prices(option: str, given: list[str]) -> dict[str, int]:
    try:
        return {name: fen_from_yuan(text) for name, text in _by_class(option, given).items()}
    except ValueError as error:
        raise _wrong(option, " ".join(given), "yuan with at most two decimals, such as individual=19265") from error


def _wrong(field: str, found: str, remedy: str) -> InvalidInput:
    return InvalidInput("OPTION_INVALID", f"参数不正确: {field}", problems=(Problem(0, field, found[:80], remedy),))
