"""``hangpai keys``: rotate, retire and list the keys of a deployed hub (docs/keys.md). No key is ever printed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from chalicelib.kernel.clock import SystemClock
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.session_keys import retired, rotated, texts_of
from chalicelib.periods.naming import month_of

EXIT_REFUSED = 2
# Longer than any token: a bid token is opened in the activation days and lives until hours after the close.
TOKENS_LIVE_DAYS = 14

keys_app = typer.Typer(help="Rotate, retire and list a deployed hub's keys.", no_args_is_help=True)
rotate_app = typer.Typer(help="Make a new key; what was made with the one before still holds.", no_args_is_help=True)
keys_app.add_typer(rotate_app, name="rotate")

Stack = Annotated[str, typer.Option(help="The CloudFormation stack of the hub.")]
Days = Annotated[int, typer.Option(min=TOKENS_LIVE_DAYS, help="How long a key stays beside its successor.")]
Period = Annotated[str, typer.Option(help="The period, such as 2026-03.")]


@keys_app.command("list")
def list_keys(stack: Stack, period: Annotated[str, typer.Option(help="Its data keys too.")] = "") -> None:
    """Ids and ages: ``session k2 signs``, ``session k1 still opens``, ``data 2026-03.1``."""
    text, since = _session_secret(stack)
    for number, key_id in enumerate(texts_of(text)):
        typer.echo(f"session {key_id} {'still opens' if number else 'signs'}, as of {since:%Y-%m-%d %H:%M}Z")
    if period:
        month_of(period)
        table = _physical(stack, "KeysTable")
        asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": period}}}
        for item in _client("dynamodb").query(TableName=table, ConsistentRead=True, **asked)["Items"]:
            made = datetime.fromtimestamp(int(item["made_at_ms"]["N"]) / 1_000, UTC)
            typer.echo(f"data {period}.{int(item['sk']['S'])}, made {made:%Y-%m-%d %H:%M}Z")


@rotate_app.command("session")
def rotate_session(stack: Stack, days: Days = TOKENS_LIVE_DAYS) -> None:
    """A new key signs tokens; those under the one before hold until they expire. Refused soon after another."""
    text, since = _session_secret(stack)
    if len(texts_of(text)) > 1:
        # A third key would push out one under which tokens may still be held.
        _refuse_before(since + timedelta(days=days), "rotated")
    _put(stack, rotated(text, SystemEntropy()))
    list_keys(stack)


@rotate_app.command("data")
def rotate_data(stack: Stack, period: Period) -> None:
    """Personal data of a period is sealed with a new key from now on; what was sealed before opens with its own."""
    month_of(period)
    client, table, wrapping = _client("dynamodb"), _physical(stack, "KeysTable"), _physical(stack, "PrivacyKey")
    # Not at the top: the command line starts without an AWS library.
    from chalicelib.kernel.data_keys import WrappedKeys

    made = WrappedKeys(_client("kms"), client, table, wrapping, SystemClock()).rotate(period)
    typer.echo(f"data {made} seals")


@keys_app.command("retire")
def retire(stack: Stack, days: Days = TOKENS_LIVE_DAYS) -> None:
    """Take the session keys away that only still open; refused while a token under one may be held."""
    text, since = _session_secret(stack)
    if len(texts_of(text)) > 1:
        _refuse_before(since + timedelta(days=days), "retired")
        _put(stack, retired(text))
    list_keys(stack)


def _refuse_before(earliest: datetime, done: str) -> None:
    if _now() < earliest:
        typer.echo(f"not before {earliest:%Y-%m-%d %H:%M}Z: tokens under the key to be {done} may be held", err=True)
        raise typer.Exit(EXIT_REFUSED)


def _now() -> datetime:
    return datetime.now(UTC)


def _session_secret(stack: str) -> tuple[str, datetime]:
    found = _client("secretsmanager").get_secret_value(SecretId=_physical(stack, "SessionSecret"))
    return str(found["SecretString"]), found["CreatedDate"].astimezone(UTC)


def _put(stack: str, text: str) -> None:
    _client("secretsmanager").put_secret_value(SecretId=_physical(stack, "SessionSecret"), SecretString=text)


def _physical(stack: str, logical: str) -> str:
    found = _client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _client(service: str) -> Any:
    # Only here: the rest of the command line runs where no AWS library is.
    import boto3

    return boto3.client(service, region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"))
