"""The announcement from the command line: anyone can see it, with no AWS library at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from chalicelib.reports.announcement_files import TYPES

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_AWS = """
import sys
for name in ("pynamodb", "boto3", "botocore"):
    sys.modules[name] = None
from local.announce_command import announce_command
import typer
app = typer.Typer()
app.command()(announce_command)
app()
"""


def announce(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_AWS, "--rules", "hangzhou", "--period", "2026-03", "--out", str(out)]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_given_quotas_when_announced_then_every_file_is_there_without_any_aws_library(tmp_path: Path) -> None:
    done = announce(tmp_path, "--quota", "individual=2133", "--quota", "unit=267", "--last-average", "unit=25217")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == TYPES.keys()
    data = json.loads((tmp_path / "announcement.json").read_text())
    assert data["quotas"] == {"individual": 2_133, "unit": 267}
    assert data["rules"]["cap_yuan"] == {"unit": "50434.00"}
    assert (data["edition"]["state"], data["city"]) == ("draft", "hangzhou")


def test_given_a_wrong_quota_then_the_option_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    done = announce(tmp_path / "out", "--quota", "individual=2133", "--quota", "units=267")
    assert done.returncode == 2
    assert "--quota: found 'units=267'" in done.stderr
    assert not (tmp_path / "out").exists()
