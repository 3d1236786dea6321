"""``hangpai tables``: the year's data tables and charts, from the figures that months filed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chalicelib.kernel.errors import HubError, Problem
from chalicelib.reports.published import Published, read_published, shipped

if TYPE_CHECKING:
    from chalicelib.reports.figures import MonthFigures

_EXIT_BAD_INPUT = 2
_NAME = re.compile(r"figures-(20\d\d-\d\d)(?:-amendment-(\d+))?\.json", re.ASCII)


def tables_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Holds figures-YYYY-MM.json, anywhere.")],
    *,
    year: Annotated[int, typer.Option("--year", min=2014, max=2099, help="Which year.")],
    compare: Annotated[
        list[Path] | None,
        typer.Option(
            "--compare", exists=True, dir_okay=False, help="Published results (.csv) beside the shipped ones."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the files are written.")] = Path("tables-out"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the year's tables (.xlsx, .pdf, .csv) and charts (.svg); exit code 2 with every bad row named."""
    # Only here: the reports' words are those of the rooms' records, and a notary's machine needs no AWS library.
    from chalicelib.reports.yearly import year_files

    published, problems = _published(compare or [])
    months = _months(folder, year)
    out.mkdir(parents=True, exist_ok=True)
    files = year_files(year, months, published)
    for name, content in files.items():
        (out / name).write_bytes(content)
    for source, problem in problems:
        where = f"{source}:{problem.line}: {problem.field}"
        typer.echo(f"{where}: found {problem.found!r}; expected {problem.remedy}", err=True)
    if as_json:
        told = {
            "months": [month.period for month in months],
            "files": [str(out / name) for name in files],
            "problems": [{"file": source, **problem.as_dict()} for source, problem in problems],
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{year}: {len(months)} months, {len(published)} published results")
        for name in files:
            typer.echo(f"  {out / name}")
    if problems:
        raise typer.Exit(_EXIT_BAD_INPUT)


def _published(given: list[Path]) -> tuple[list[Published], list[tuple[str, Problem]]]:
    """Shipped and given results; a given row stands for the shipped one of the same city, period and class."""
    rows = {(row.city, row.period, row.bidder_class): row for row in shipped().rows}
    problems: list[tuple[str, Problem]] = []
    for path in given:
        try:
            read = read_published(path.read_bytes())
        except HubError as error:
            problems += [(path.name, problem) for problem in error.problems]
            continue
        rows |= {(row.city, row.period, row.bidder_class): row for row in read.rows}
        problems += [(path.name, problem) for problem in read.problems]
    return list(rows.values()), problems


def _months(folder: Path, year: int) -> list[MonthFigures]:
    """Each month's figures by its last amendment."""
    from chalicelib.reports.figures import figures_of

    last: dict[str, tuple[int, Path]] = {}
    for path in sorted(folder.rglob("figures-*.json")):
        name = _NAME.fullmatch(path.name)
        if name is None or not name[1].startswith(f"{year}-"):
            continue
        number = int(name[2] or 0)
        if name[1] not in last or number >= last[name[1]][0]:
            last[name[1]] = (number, path)
    try:
        return [figures_of(json.loads(path.read_text(encoding="utf-8"))) for _, (_, path) in sorted(last.items())]
    except (ValueError, KeyError, TypeError) as error:
        typer.echo(f"hangpai tables: a figures file can't be read: {error}", err=True)
        raise typer.Exit(_EXIT_BAD_INPUT) from error
