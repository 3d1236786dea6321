"""``hangpai read``: a counterparty's file, decoded with the hub's own code, for whoever integrates that counterparty.

Needs no AWS and no secret. Exit code 2 where something is wrong with the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import HubError, Problem
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.privacy import mask_name
from integrations.ports import StatementLine

EXIT_BAD_INPUT = 2

read_app = typer.Typer(help="Decode a counterparty's file and say what is wrong with it.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file as it came.")]
Sidecar = Annotated[
    Path | None, typer.Option("--sidecar", exists=True, dir_okay=False, help="Its SM3 sidecar; FILE.sm3 by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Plain = Annotated[
    bool, typer.Option("--plain", help="Show names, accounts and memos as they stand; otherwise by their beginnings.")
]

# Shown by their beginnings only: an integrator's terminal is no place for people's names. A payer writes into a memo
# whatever he likes, a name, a phone or his code.
_PERSONAL = ("account_no", "account_name", "payer_name", "memo")


@read_app.command("treasury")
def treasury(
    file: File,
    *,
    token_variable: Annotated[
        str, typer.Option("--token-env", metavar="VARIABLE", help="Environment variable with the MAC's token.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """A frame of the treasury's (CNNONTAX): frame, head and voucher, and every fault by part and field."""
    from integrations.treasury_nontax.inspection import inspect_frame
    from integrations.treasury_nontax.profile import default_profile

    token = os.environ.get(token_variable) if token_variable else None
    if token_variable and token is None:
        raise typer.BadParameter(f"no environment variable {token_variable}", param_hint="--token-env")
    seen = inspect_frame(file.read_bytes(), token, default_profile())
    _print(seen.as_dict(), tuple(seen.problems), file.name, as_json=as_json)


@read_app.command("hangzhou-statement")
def hangzhou_statement(file: File, *, sidecar: Sidecar = None, plain: Plain = False, as_json: AsJson = False) -> None:
    """A statement of the Bank of Hangzhou, with its sidecar."""
    from integrations.bank_of_hangzhou.profile import default_profile
    from integrations.bank_of_hangzhou.statement import read_statement

    digest = _sidecar(file, sidecar)
    _decode(
        lambda: read_statement(file.read_bytes(), digest, default_profile()), file.name, plain=plain, as_json=as_json
    )


@read_app.command("hangzhou-return")
def hangzhou_return(file: File, *, sidecar: Sidecar = None, plain: Plain = False, as_json: AsJson = False) -> None:
    """A refund return file of the Bank of Hangzhou, with its sidecar."""
    from integrations.bank_of_hangzhou.codec import read_return
    from integrations.bank_of_hangzhou.profile import default_profile

    digest = _sidecar(file, sidecar)
    _decode(lambda: read_return(file.read_bytes(), digest, default_profile()), file.name, plain=plain, as_json=as_json)


@read_app.command("hangzhou-interest")
def hangzhou_interest(file: File, *, sidecar: Sidecar = None, plain: Plain = False, as_json: AsJson = False) -> None:
    """The Bank of Hangzhou's own interest on deposits, with its sidecar."""
    from integrations.bank_of_hangzhou.interest import read_interest
    from integrations.bank_of_hangzhou.profile import default_profile

    digest = _sidecar(file, sidecar)
    _decode(
        lambda: read_interest(file.read_bytes(), digest, default_profile()), file.name, plain=plain, as_json=as_json
    )


@read_app.command("minsheng-detail")
def minsheng_detail(file: File, *, plain: Plain = False, as_json: AsJson = False) -> None:
    """A reply of Minsheng's to qryDtl (account detail)."""
    from integrations.minsheng.detail import read_detail
    from integrations.minsheng.profile import default_profile

    def read() -> dict[str, Any]:
        lines, problems = read_detail(file.read_bytes(), default_profile())
        return {"lines": lines, "problems": problems}

    _decode(read, file.name, plain=plain, as_json=as_json)


@read_app.command("alipay-bill")
def alipay_bill(file: File, *, plain: Plain = False, as_json: AsJson = False) -> None:
    """A day's bill of Alipay's (csv.zip)."""
    from integrations.alipay.bill import read_bill
    from integrations.alipay.profile import default_profile

    _decode(lambda: read_bill(file.read_bytes(), default_profile()), file.name, plain=plain, as_json=as_json)


def _sidecar(file: Path, given: Path | None) -> bytes:
    path = given or file.with_name(f"{file.name}.sm3")
    if not path.is_file():
        raise typer.BadParameter(f"no file {path.name}", param_hint="--sidecar")
    return path.read_bytes()


def _decode(read: Callable[[], Any], name: str, *, plain: bool, as_json: bool) -> None:
    try:
        content = _simple(read(), () if plain else _PERSONAL)
    except HubError as error:
        problems = error.problems or (Problem(0, "file", "", str(error)),)
        refusal = {"code": error.code, "problems": [problem.as_dict() for problem in problems]}
        _print(refusal, problems, name, as_json=as_json)
        return
    problems = tuple(Problem(**problem) for problem in content.get("problems", ()))
    _print(content, problems, name, as_json=as_json)


def _simple(content: Any, masked: Collection[str]) -> Any:
    """What was decoded, in JSON's own kinds; fields named in ``masked`` by their first character."""
    if isinstance(content, StatementLine):
        content = content._asdict()
    if is_dataclass(content) and not isinstance(content, type):
        content = {each.name: getattr(content, each.name) for each in fields(content)}
    if isinstance(content, dict):
        return {
            name: mask_name(each) if name in masked and isinstance(each, str) else _simple(each, masked)
            for name, each in content.items()
        }
    if isinstance(content, list | tuple):
        return [_simple(each, masked) for each in content]
    return content.isoformat() if isinstance(content, date) else content


def _print(content: dict[str, Any], problems: tuple[Problem, ...], name: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        for key, value in content.items():
            if key != "problems":
                _show(key, value, 0)
    for problem in problems:
        where = f"{name}:{problem.line}" if problem.line else name
        typer.echo(f"{where}: {problem.field}: found {problem.found!r}; expected {problem.remedy}", err=True)
    if problems:
        raise typer.Exit(EXIT_BAD_INPUT)


def _show(name: str, value: Any, depth: int) -> None:
    indent = "  " * depth
    if isinstance(value, dict):
        typer.echo(f"{indent}{name}")
        for key, each in value.items():
            _show(key, each, depth + 1)
    elif isinstance(value, list):
        typer.echo(f"{indent}{name} ({len(value)})")
        for number, each in enumerate(value, start=1):
            _show(str(number), each, depth + 1)
    else:
        typer.echo(f"{indent}{name:<18}{'-' if value in (None, '') else value}{_in_words(name, value)}")


def _in_words(name: str, value: Any) -> str:
    """A sum and an instant as people read them, beside what they are in JSON."""
    if not isinstance(value, int):
        return ""
    if name.endswith("_fen"):
        return f"  ({yuan_text(value)} yuan)"
    return f"  ({local_text(value)})" if name.endswith("_ms") else ""
