"""``hangpai plan``: a month's dates from a city's rules and the working-day calendar. It imports no AWS library."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chalicelib.kernel.errors import HubError, InvalidInput, Problem
from chalicelib.periods.calendar import EnteredNotice, WorkCalendar, calendar_of, read_notice
from chalicelib.periods.published import notice_month
from chalicelib.periods.rules import RuleSet, load_rules, read_rules

_EXIT_BAD_INPUT = 2


def plan_command(
    *,
    rules: Annotated[str, typer.Option("--rules", help="A city, or a rules .toml.")],
    period: Annotated[str, typer.Option("--period", metavar="YYYY-MM", help="The month of the auction.")],
    dates: Annotated[
        list[str] | None,
        typer.Option("--date", metavar="MILESTONE=YYYY-MM-DD", help="A date that the notice names; once for each."),
    ] = None,
    calendars: Annotated[
        list[Path] | None,
        typer.Option("--calendar", metavar="YEAR.json", help="Days off of a year that was announced since."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute every milestone of a month."""
    try:
        rule_set = read_rules_named(rules)
        calendar = read_calendar(calendars or [])
        month = notice_month(period, rule_set, calendar, read_dates(dates or []))
    except HubError as error:
        refuse(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(month.as_json(), indent=2))
        return
    typer.echo(f"{rule_set.title}  {period}  (规则 {rule_set.city} {rule_set.version})")
    for line in month.lines(calendar):
        typer.echo(f"  {line}")


def refuse(error: HubError, *, as_json: bool) -> NoReturn:
    """Say what is wrong on stderr, for programs on stdout too, and leave with exit code 2."""
    typer.echo(str(error), err=True)
    for problem in error.problems:
        typer.echo(f"  {problem.field}: found {problem.found!r}; expected {problem.remedy}", err=True)
    if as_json:
        problems = [problem.as_dict() for problem in error.problems]
        typer.echo(json.dumps({"code": error.code, "problems": problems}, ensure_ascii=False, indent=2))
    raise typer.Exit(_EXIT_BAD_INPUT)


def _wrong(field: str, found: str, remedy: str) -> InvalidInput:
    return InvalidInput("OPTION_INVALID", f"参数不正确: {field}", problems=(Problem(0, field, found[:80], remedy),))


def _text(path: Path, field: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(field, path.name, f"a file that can be read: {error}") from error


def read_rules_named(named: str) -> RuleSet:
    """The rules of a city, or of a file. Raises ``InvalidInput`` or ``FileRefused``."""
    return read_rules(_text(Path(named), "--rules")) if named.endswith(".toml") else load_rules(named)


def read_calendar(files: Iterable[Path]) -> WorkCalendar:
    """The State Council's calendar with the years in files. Raises ``InvalidInput``."""
    return calendar_of(_notice(file) for file in files)


def _notice(file: Path) -> EnteredNotice:
    try:
        content = json.loads(_text(file, "--calendar"))
    except ValueError as error:
        raise _wrong("--calendar", file.name, f"valid JSON: {error}") from error
    return read_notice(content)


def read_dates(given: Iterable[str]) -> dict[str, date]:
    """The notice's own dates, by milestone. Raises ``InvalidInput``."""
    dates: dict[str, date] = {}
    for each in given:
        name, _, day = each.partition("=")
        try:
            found = date.fromisoformat(day)
        except ValueError as error:
            raise _wrong("--date", each, "a milestone and its date, such as auction_opens=2026-02-28") from error
        if name in dates:
            raise _wrong("--date", each, f"one date for {name}")
        dates[name] = found
    return dates
