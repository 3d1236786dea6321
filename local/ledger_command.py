"""``hangpai ledger check``: recompute the books from their postings, from a file, a sealed package or the table."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chalicelib.ledger.checking import Book, Checked, book_text, check, extends, read_book

EXIT_DOES_NOT_HOLD = 2
MEMBER = "ledger.jsonl"

ledger_app = typer.Typer(help="The books.", no_args_is_help=True)


@ledger_app.callback()
def ledger() -> None:
    """The books."""


@ledger_app.command("check")
def check_command(
    books: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[BOOK...]", exists=True, dir_okay=False, help="ledger.jsonl, or a sealed month's .zip."
        ),
    ] = None,
    *,
    period: Annotated[
        list[str] | None,
        typer.Option("--period", help="Read the table LEDGER_TABLE, through AWS_ENDPOINT_URL where it is set."),
    ] = None,
    since: Annotated[
        list[Path] | None,
        typer.Option(
            "--since",
            exists=True,
            dir_okay=False,
            help="An earlier book of which nothing may have changed.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Recompute balances, zero sums, chains and digests; exit code 2 with what does not hold, named.

    Several months given together are checked as one: what was rolled over from one is in the other.
    """
    if not books and not period:
        _refuse("give a book or --period")
    whole = _whole([_text(path) for path in books or ()] + [_of_table(each) for each in period or ()])
    checked = check(whole)
    if since:
        gone = extends(whole, _whole([_text(path) for path in since]))
        checked = replace(checked, faults=(*checked.faults, *gone))
    _show(checked, as_json=as_json)
    if checked.faults:
        raise typer.Exit(EXIT_DOES_NOT_HOLD)


def _whole(texts: list[str]) -> Book:
    whole = Book()
    for text in texts:
        try:
            read = read_book(text)
        except ValueError as error:
            _refuse(str(error))
        whole.entries += read.entries
        whole.segments += read.segments
    return whole


def _refuse(why: str) -> NoReturn:
    typer.echo(f"hangpai ledger check: {why}", err=True)
    raise typer.Exit(EXIT_DOES_NOT_HOLD)


def _text(path: Path) -> str:
    try:
        if not zipfile.is_zipfile(path):
            return path.read_text(encoding="utf-8")
        with zipfile.ZipFile(path) as package:
            return package.read(MEMBER).decode()
    except KeyError:
        _refuse(f"{path.name}: no {MEMBER} in it; the sealed month has one")
    except UnicodeDecodeError:
        _refuse(f"{path.name}: not UTF-8")


def _of_table(period: str) -> str:
    if "LEDGER_TABLE" not in os.environ:
        _refuse("set LEDGER_TABLE to the ledger table's name, and AWS_ENDPOINT_URL for an embedded AWS")
    # Only here: a notary's machine needs no AWS library.
    from chalicelib.ledger.records import kept_entries
    from chalicelib.ledger.sealing import kept_segments

    return book_text(kept_entries(period), kept_segments(period))


def _show(checked: Checked, *, as_json: bool) -> None:
    counts = {"entries": checked.entries, "segments": checked.segments, "unsealed": checked.unsealed}
    if as_json:
        faults = [fault.as_dict() for fault in checked.faults]
        told = {**counts, "holds": not faults, "faults": faults, "balances": dict(sorted(checked.balances.items()))}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for fault in checked.faults:
        typer.echo(f"{fault.code}: {fault.subject}: {fault.why}", err=True)
    for account, fen in sorted(checked.balances.items()):
        typer.echo(f"  {account:<24}{fen:>16}")
    verdict = "does not hold" if checked.faults else "holds"
    shown = ", ".join(f"{count} {name}" for name, count in counts.items())
    typer.echo(f"the ledger {verdict}: {shown}")
