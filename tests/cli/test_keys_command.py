"""Keys of a deployed stack: rotated, retired when no token is left, listed without showing one."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from chalicelib.kernel.clock import SystemClock
from chalicelib.kernel.data_keys import WrappedKeys
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.keyring import Keyring
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.tokens import Session, issue_newest, verify
from local import keys_command
from local.cli import app

FAR_MS = 9_000_000_000_000
SESSION = Session("3301260000001", "bid", "2026-03", "individual", FAR_MS)
IN = ("--stack", "hangpai")


@pytest.fixture
def secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> str:
    made = boto3.client("secretsmanager").create_secret(Name="session", SecretString="as AWS generated it")["ARN"]
    known = {"SessionSecret": made, "KeysTable": "keys_table", "PrivacyKey": os.environ["PRIVACY_KEY"]}
    monkeypatch.setattr(keys_command, "_physical", lambda stack, logical: known[logical])
    return str(made)


def keys(*words: str) -> Any:
    return CliRunner().invoke(app, ["keys", *words, *IN])


def ring(secret: str) -> Any:
    manager = boto3.client("secretsmanager")
    return Keyring(manager, Settings({"SESSION_SECRET": secret}), SystemEntropy())


def test_given_a_rotation_then_tokens_from_before_hold_and_the_new_key_signs(secret: str) -> None:
    before = issue_newest(SESSION, ring(secret).session_keys())
    window = ring(secret).window_key()

    done = keys("rotate", "session")

    assert (done.exit_code, done.output.count("session k2 signs"), done.output.count("k1 still opens")) == (0, 1, 1)
    rotated = ring(secret)
    after = issue_newest(SESSION, rotated.session_keys())
    assert [verify(token, "bid", rotated.session_keys(), 1) for token in (before, after)] == [SESSION] * 2
    assert (after.split(".")[1], rotated.window_key()) == ("k2", window)


def test_given_a_token_that_may_be_held_then_neither_another_rotation_nor_retiring(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys("rotate", "session")
    for words in (("rotate", "session"), ("retire",)):
        refused = keys(*words)
        assert (refused.exit_code, "not before" in refused.stderr) == (2, True)
    assert keys("retire", "--days", "1").exit_code == 2

    later = datetime.now(UTC) + timedelta(days=14, minutes=1)
    monkeypatch.setattr(keys_command, "_now", lambda: later)
    assert keys("retire", "--days", "15").exit_code == 2
    window = ring(secret).window_key()
    assert keys("retire").exit_code == 0
    assert list(ring(secret).session_keys()) == ["k2"]
    assert ring(secret).window_key() == window
    assert keys("rotate", "session").exit_code == 0
    assert list(ring(secret).session_keys()) == ["k3", "k2"]


def test_given_a_data_key_rotated_then_what_was_sealed_before_still_opens(secret: str) -> None:
    def vault() -> Vault:
        parts = boto3.client("kms"), boto3.client("dynamodb"), "keys_table", os.environ["PRIVACY_KEY"]
        return Vault(WrappedKeys(*parts, SystemClock()), bytes(32), SystemEntropy())

    before = vault().seal("13800000001", "2026-03/A")

    assert "data 2026-03.2 seals" in keys("rotate", "data", "--period", "2026-03").output
    after = vault().seal("13800000001", "2026-03/A")

    assert (before.split(":")[0], after.split(":")[0]) == ("2026-03.1", "2026-03.2")
    assert {vault().open(sealed, "2026-03/A") for sealed in (before, after)} == {"13800000001"}
    listed = keys("list", "--period", "2026-03").output
    assert "data 2026-03.1, made" in listed
    assert "data 2026-03.2, made" in listed


def test_given_a_stack_then_its_own_table_is_found_by_the_template_s_name(aws: None) -> None:
    # moto's CloudFormation makes tables, but no secrets.
    table = {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    resources = {"KeysTable": {"Type": "AWS::DynamoDB::Table", "Properties": table}}
    boto3.client("cloudformation").create_stack(StackName="hangpai", TemplateBody=json.dumps({"Resources": resources}))

    assert keys_command._physical("hangpai", "KeysTable").startswith("hangpai-KeysTable")


def test_no_key_is_ever_shown(secret: str) -> None:
    shown = keys("rotate", "session").output + keys("list").output
    held = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    assert not [text for text in held.values() if text in shown]
