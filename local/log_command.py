"""``hangpai log``: what a bidder can check of the bid log, from files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.bidlog.rules import growth_faults, receipt_faults

EXIT_DOES_NOT_HOLD = 1

log_app = typer.Typer(help="Check the signed log of bids.", no_args_is_help=True)

_File = typer.Argument(exists=True, dir_okay=False)
_Key = Annotated[str | None, typer.Option("--public-key", metavar="BASE64", help="The hub's published key.")]


@log_app.command("receipt")
def receipt_command(receipt: Annotated[Path, _File], proof: Annotated[Path, _File], public_key: _Key = None) -> None:
    """RECEIPT's bid is in the log, by PROOF as `/periods/…/bid-log/inclusion` gives it; exit code 0 if so."""
    held = _read(receipt)
    _show(lambda: receipt_faults(held["receipt"], _read(proof), public_key), public_key)


@log_app.command("growth")
def growth_command(older: Annotated[Path, _File], proof: Annotated[Path, _File], public_key: _Key = None) -> None:
    """The log only grew since the OLDER signed head, by PROOF as `/periods/…/bid-log/consistency` gives it."""
    _show(lambda: growth_faults(_read(older), _read(proof), public_key), public_key)


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _show(find: Any, public_key: str | None) -> None:
    try:
        faults = find()
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        faults = [f"a file is not as the hub writes it: {error!r}"]
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(EXIT_DOES_NOT_HOLD)
    typer.echo("holds" + ("" if public_key else "\n  not checked: whose key signed the heads (--public-key)"))
