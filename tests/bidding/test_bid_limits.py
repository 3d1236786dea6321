"""The time-outs that let the close trust the table belong together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from chalicelib.bidding import door
from chalicelib.bidding.rules import CLOCK_SKEW_MS_MAX, DRAIN_MS, FUNCTION_TIMEOUT_MS, WRITE_GRACE_MS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_given_the_deployed_time_out_then_no_accepted_bid_can_come_after_the_drain() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())

    assert config["lambda_functions"]["bid"]["lambda_timeout"] * 1_000 == FUNCTION_TIMEOUT_MS
    assert DRAIN_MS >= WRITE_GRACE_MS + CLOCK_SKEW_MS_MAX + FUNCTION_TIMEOUT_MS


def test_given_every_attempt_times_out_then_the_function_still_answers_itself() -> None:
    assert (door.WINDOW.seconds_max + door.BID.seconds_max) * 1_000 < FUNCTION_TIMEOUT_MS


def test_given_the_bid_function_when_it_starts_then_it_loads_nothing_that_it_does_not_need() -> None:
    code = """
import sys, chalicelib.bidding.bid
heavy = {name.split('.')[0] for name in sys.modules} & {
    'aws_lambda_powertools', 'boto3', 'botocore', 'chalice', 'email', 'http', 'openpyxl', 'pynamodb', 'requests', 'ssl'}
rooms = {name.split('.')[1] for name in sys.modules if name.startswith('chalicelib.')} - {'kernel', 'bidding'}
sys.exit(str(heavy | rooms) if heavy | rooms else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_given_provisioned_concurrency_when_an_environment_starts_then_it_makes_itself_ready_before_a_bid() -> None:
    nowhere = {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    environment = {**os.environ, **nowhere, "SESSION_SECRET": "s", "RECEIPT_SECRET": "r"}

    done = subprocess.run(
        [sys.executable, "-c", "import chalicelib.bidding.bid"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )

    assert b"Unanswered: secretsmanager GetSecretValue: ConnectionRefusedError" in done.stderr
