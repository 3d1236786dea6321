"""A small load, whole: real sockets, real processes, the real handler, the real close."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.load.bidders import FLOOD_REQUESTS, FLOODERS_MAX, script
from local.load.curve import BIDS_MEAN, DAY, SCRIPTED_SECONDS, draw, draw_scripted, real_rate


def test_given_the_curve_when_a_real_day_is_summed_then_every_bid_is_in_it() -> None:
    step = 0.01
    tail = sum(real_rate(60 * part * step, 40_000) for part in range(int(1 / step))) * 60 * step
    rest = sum(real_rate(60 + second + 0.5, 40_000) for second in range(21_540))

    assert tail + rest == pytest.approx(40_000 * BIDS_MEAN, rel=0.01)


def test_given_draws_when_counted_then_they_follow_the_curve() -> None:
    chance = random.Random(1)
    drawn = sorted(draw(chance, 180) for _ in range(20_000))

    assert 0 <= drawn[0] <= drawn[-1] <= 180
    edges = [80, 120, 180]
    counts = [sum(at < edge for at in drawn) / len(drawn) for edge in edges]
    assert counts == pytest.approx([0.45, 0.70, 1.0], abs=0.02)
    last_ten = sum(at >= 170 for at in drawn) / len(drawn)
    assert last_ten == pytest.approx(DAY[-1].share * (0.15 / 6 + 0.85 * (1 - (5 / 6) ** 2)), abs=0.01)
    assert all(180 - SCRIPTED_SECONDS <= draw_scripted(chance, 180) < 180 for _ in range(1_000))


def test_given_a_seed_when_bidders_are_drawn_again_then_they_do_the_same_in_order() -> None:
    first = [script(number, 7, 120) for number in range(300)]

    assert first == [script(number, 7, 120) for number in range(300)]
    assert all(one.actions == tuple(sorted(one.actions, key=lambda action: action.at_s)) for one in first)
    assert sum(one.floods for one in first) == FLOODERS_MAX


def test_given_two_hundred_bidders_when_the_load_runs_then_every_receipt_matches_the_result(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.load", "--sessions", "200", "--seconds", "3", "--out", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=240)

    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    shown = re.fullmatch(r"sessions=200 accepted=(\d+) refused=(\d+) lost=0 mismatched=0 p99_ms=\d+", last)
    assert shown, last
    found = json.loads((tmp_path / "load.json").read_text())
    assert found["open_at_once"] >= 200
    assert int(shown[1]) == found["accepted"] > 200
    assert found["flood_requests"] == FLOODERS_MAX * FLOOD_REQUESTS
    # However often a bidder sends, three bids of his count.
    assert found["flood_accepted"] <= 3 * FLOODERS_MAX
    assert (tmp_path / "load.png").read_bytes().startswith(b"\x89PNG")
