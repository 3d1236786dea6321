"""The month from the command line, run as an operator runs it: a process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.periods.test_period_calendar import notice

ROOT = Path(__file__).resolve().parent.parent.parent


def hangpai_plan(period: str, *options: str, rules: str = "hangzhou") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.cli", "plan", "--rules", rules, "--period", period, *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("period", "auction"), [("2014-05", "2014-05-26"), ("2023-02", "2023-02-27"), ("2023-06", "2023-06-25")]
)
def test_given_a_known_month_when_planned_then_the_auction_falls_on_the_known_day(period: str, auction: str) -> None:
    done = hangpai_plan(period, "--json")

    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(done.stdout)
    assert list(shown) == [
        "plan_due", "applications_close", "applicants_to_notary", "deposits_open", "deposits_close", "alipay_closes",
        "corrections_close", "deposits_to_notary", "activation_opens", "activation_closes", "auction_opens",
        "broadcasts", "auction_closes", "settlement_opens", "settlement_closes", "refunds_1_by", "refunds_2_by",
        "failed_refunds_after",
    ]  # fmt: skip
    assert shown["auction_opens"] == f"{auction}T09:00:00+08:00"
    assert shown["broadcasts"] == [f"{auction}T11:00:00+08:00", f"{auction}T13:00:00+08:00"]
    instants = [each for value in shown.values() for each in (value if isinstance(value, list) else [value])]
    assert {datetime.fromisoformat(each).utcoffset() for each in instants} == {timedelta(hours=8)}


def test_given_no_json_asked_when_planned_then_a_person_can_read_it() -> None:
    done = hangpai_plan("2023-06")

    assert done.returncode == 0
    assert done.stdout.startswith("杭州市小客车增量指标竞价  2023-06")
    assert "2023-06-25 星期日 09:00  竞价开始  [调休上班]" in done.stdout


def test_given_a_date_of_the_notice_when_planned_then_the_rest_follows() -> None:
    done = hangpai_plan("2026-02", "--date", "auction_opens=2026-02-28", "--json")

    assert json.loads(done.stdout)["settlement_opens"] == "2026-03-02T09:00:00+08:00"


def test_given_a_year_not_announced_when_planned_then_the_error_says_so_until_its_notice_is_given(
    tmp_path: Path,
) -> None:
    refused = hangpai_plan("2027-03", "--json")
    assert refused.returncode == 2
    assert "CALENDAR_UNKNOWN" in refused.stderr
    assert [problem["found"] for problem in json.loads(refused.stdout)["problems"]] == ["2027"]

    file = tmp_path / "2027.json"
    file.write_text(json.dumps(notice()), encoding="utf-8")
    done = hangpai_plan("2027-03", "--json", "--calendar", str(file))
    assert json.loads(done.stdout)["auction_opens"] == "2027-03-25T09:00:00+08:00"


@pytest.mark.parametrize(
    ("period", "options", "named"),
    [
        ("2026-13", (), "period"),
        ("2026-03", ("--date", "lunch=2026-03-25"), "lunch"),
        ("2026-03", ("--date", "auction_opens=tomorrow"), "--date"),
        ("2026-03", ("--date", "auction_opens=2026-03-25", "--date", "auction_opens=2026-03-26"), "--date"),
        ("2026-03", ("--date", "auction_opens=2026-03-28"), "auction_opens"),  # a Saturday
        ("2026-03", ("--calendar", "nowhere.json"), "--calendar"),
        ("2026-03", ("--calendar", "README.md"), "--calendar"),
        ("2026-03", ("--rules", "atlantis"), "hangzhou"),
        ("2026-03", ("--rules", "nowhere.toml"), "--rules"),
    ],
)
def test_given_a_wrong_option_when_planned_then_it_is_named_and_the_exit_code_is_2(
    period: str, options: tuple[str, ...], named: str
) -> None:
    done = hangpai_plan(period, *options)

    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
