"""``hangpai verify``: whether sealed packages hold, and if not, which file, row or link fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Annotated

import typer

from chalicelib.evidence.verifying import (
    Opened,
    Unreadable,
    attachment_faults,
    link_faults,
    open_package,
    verify_package,
)
from chalicelib.kernel.timestamps import certificates, stamp_faults, stamped_at
from local.recounting import receipt_faults, recount_faults

EXIT_DOES_NOT_HOLD = 1

# What can't be checked without an option: it is named, so that nobody takes it for checked.
_HANGS_ON = {
    "--previous": "the link to the package sealed before",
    "--public-key": "whose key signed the package",
    "--receipt-key": "whose key signed the receipt",
    "--sm2-key": "whose key made the SM2 signature",
    "--tsa-certificate": "the time stamp that lies beside the package",
}
# The authority's answer (RFC 3161) to a package lies beside it, under its name and this.
_STAMP = ".tsr"


def verify_command(
    packages: Annotated[
        list[Path],
        typer.Argument(
            metavar="PACKAGE.zip...",
            exists=True,
            dir_okay=False,
            help="Sealed. Several of one period, amendments too, are followed as a chain, each to the one before.",
        ),
    ],
    *,
    previous: Annotated[
        Path | None, typer.Option("--previous", exists=True, dir_okay=False, help="The package sealed before it.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", exists=True, dir_okay=False, help="A bidder's receipt (JSON).")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option("--public-key", metavar="BASE64", help="The hub's published key for evidence.")
    ] = None,
    receipt_key: Annotated[
        str | None, typer.Option("--receipt-key", metavar="BASE64", help="The hub's published key for receipts.")
    ] = None,
    sm2_key: Annotated[
        str | None, typer.Option("--sm2-key", metavar="BASE64", help="The hub's published SM2 key for evidence.")
    ] = None,
    attachment: Annotated[
        list[Path] | None,
        typer.Option("--attachment", exists=True, dir_okay=False, help="A file that was attached; may be repeated."),
    ] = None,
    tsa_certificate: Annotated[
        Path | None,
        typer.Option(
            "--tsa-certificate", exists=True, dir_okay=False, help="What the time stamping authority is trusted by."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Verify sealed packages, their links and, of an auction, the count; exit code 0 if all holds."""
    if (receipt is not None or attachment) and len(packages) > 1:
        raise typer.BadParameter("a receipt or an attachment is held against one package", param_hint="PACKAGE.zip")
    found: dict[str, list[str]] = {}
    not_checked: dict[str, list[str]] = {}
    stamped: dict[str, str | None] = {}
    for path in _in_order(packages):
        stamp = path.with_name(path.name + _STAMP)
        with path.open("rb") as content:
            opened, faults = _opened(content), verify_package(content, public_key, sm2_key)
            if previous is not None:
                with previous.open("rb") as before:
                    faults += link_faults(content, before)
            if opened is not None:
                faults += _content_faults(opened, attachment or [])
                faults += receipt_faults(opened, receipt.read_bytes(), receipt_key) if receipt is not None else []
        if tsa_certificate is not None and stamp.exists():
            wrong = stamp_faults(path.read_bytes(), stamp.read_bytes(), certificates(tsa_certificate.read_bytes()))
            stamped[str(path)] = None if wrong else stamped_at(stamp.read_bytes())
            faults += wrong
        options: dict[str, Path | str | None] = {"--public-key": public_key}
        if opened is not None and opened.manifest["previous"] is not None:
            options["--previous"] = previous
        if opened is not None and "sm2" in opened.signature:
            options["--sm2-key"] = sm2_key
        if receipt is not None:
            options["--receipt-key"] = receipt_key
        if stamp.exists():
            options["--tsa-certificate"] = tsa_certificate
        left = [f"{_HANGS_ON[name]} ({name})" for name, given in options.items() if given is None]
        if tsa_certificate is not None and not stamp.exists():
            left.append(f"when it was sealed: no {stamp.name} lies beside it")
        found[str(path)], not_checked[str(path)] = faults, left
        previous = path
    _show(found, not_checked, stamped, as_json=as_json)
    if any(found.values()):
        raise typer.Exit(EXIT_DOES_NOT_HOLD)


def _content_faults(opened: Opened, attached: list[Path]) -> list[str]:
    faults = recount_faults(opened) if opened.manifest["moment"] == "auction" else []
    for file in attached:
        with file.open("rb") as source:
            faults += attachment_faults(opened, file.name, source)
    return faults


def _opened(content: IO[bytes]) -> Opened | None:
    try:
        return open_package(content)
    except Unreadable:  # `verify_package` says so
        return None


def _in_order(packages: list[Path]) -> list[Path]:
    """As they were sealed, whatever order they are named in; what can't be read stands first, and is said."""

    def number(path: Path) -> int:
        with path.open("rb") as content:
            opened = _opened(content)
        told = opened.manifest["number"] if opened else 0
        return told if isinstance(told, int) else 0

    return sorted(packages, key=number)


def _show(
    found: dict[str, list[str]], not_checked: dict[str, list[str]], stamped: dict[str, str | None], *, as_json: bool
) -> None:
    for path, faults in found.items():
        for fault in faults:
            typer.echo(f"{Path(path).name}: {fault}", err=True)
    if as_json:
        shown = [
            {
                "package": Path(path).name,
                "holds": not faults,
                "faults": faults,
                "not_checked": not_checked[path],
                "stamped_at": stamped.get(path),
            }
            for path, faults in found.items()
        ]
        typer.echo(json.dumps(shown if len(shown) > 1 else shown[0], ensure_ascii=False, indent=2))
        return
    for path, faults in found.items():
        if not faults:
            missing = "".join(f"\n  not checked: {what}" for what in not_checked[path])
            at = f", and was there at {stamped[path]}" if stamped.get(path) else ""
            typer.echo(f"{Path(path).name}: everything holds{at}{missing}")
