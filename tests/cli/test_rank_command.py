"""The notary's recount, run as a notary runs it: a process and a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.auctions.known_auctions import KNOWN, KnownAuction

ROOT = Path(__file__).resolve().parent.parent.parent
HEADER = "application_code,price,bid_at\n"


def hangpai_rank(
    bids: Path, *options: str, quota: int = 1177, rules: str = "hangzhou"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.cli", "rank", "--rules", rules, "--class", "individual"]
    command += ["--quota", str(quota), str(bids), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_given_a_known_auctions_bids_when_recounted_then_its_published_result_comes_out(
    known: KnownAuction, tmp_path: Path
) -> None:
    file = tmp_path / "bids.csv"
    file.write_bytes(known.bids_csv())

    done = hangpai_rank(file, "--json", quota=known.quota, rules=known.city)

    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(done.stdout)
    assert list(shown) == [
        "quota", "bidders", "winners", "lowest", "average", "at_lowest", "won_at_lowest", "last_winner_at", "mean_bid",
        "trimmed_mean",
    ]  # fmt: skip
    assert {name: shown[name] for name in known.published} == known.published


def test_given_no_json_asked_when_recounted_then_a_person_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "bids.csv"
    file.write_text(HEADER + "A-1,16000,2026-03-25T09:56:15.739\n")

    done = hangpai_rank(file)

    assert done.returncode == 0
    assert "last winner at  2026-03-25T09:56:15.739" in done.stdout


def test_given_a_wrong_row_when_recounted_then_line_field_and_remedy_are_named_and_the_exit_code_is_2(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bids.csv"
    file.write_text(HEADER + "A,16000,2026-03-25T09:56:15.739\nB,16050,2026-03-25T09:56:15.739\nC,x,yesterday\n")

    done = hangpai_rank(file, "--json")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "bids.csv:3: price: found '16050'; expected a multiple of 100 yuan",
        "bids.csv:4: price: found 'x'; expected whole yuan in digits, such as 16000",
        "bids.csv:4: bid_at: found 'yesterday'; expected a time that exists, such as 2026-03-25T09:56:15.739"
        " (Asia/Shanghai)",
    ]
    assert [(problem["line"], problem["field"]) for problem in json.loads(done.stdout)["problems"]] == [
        (3, "price"), (4, "price"), (4, "bid_at"),
    ]  # fmt: skip


def test_given_an_unknown_city_when_recounted_then_the_cities_are_named(tmp_path: Path) -> None:
    file = tmp_path / "bids.csv"
    file.write_text(HEADER)

    done = hangpai_rank(file, rules="atlantis")

    assert done.returncode == 2
    assert "hangzhou" in done.stderr


def test_given_a_rules_file_and_a_seed_when_recounted_then_the_winners_are_written_in_order(tmp_path: Path) -> None:
    file, winners = tmp_path / "bids.csv", tmp_path / "winners.csv"
    file.write_text(HEADER + "".join(f"{code},16000,2026-03-25T09:56:15.739\n" for code in ("A", "B", "C")))
    rules = ROOT / "chalicelib" / "periods" / "rulesets" / "hangzhou.toml"

    orders = set()
    for seed in ("00", "01", "02", "03"):
        done = hangpai_rank(file, "--seed", seed, "--winners", str(winners), quota=2, rules=str(rules))
        assert done.returncode == 0, done.stderr
        orders.add(winners.read_text())

    assert len(orders) > 1


def test_given_the_command_when_it_starts_then_no_aws_library_is_loaded() -> None:
    code = "import sys, local.cli; sys.exit(any(name in sys.modules for name in ('boto3', 'botocore', 'pynamodb')))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
