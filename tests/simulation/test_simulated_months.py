"""Rule: whatever goes wrong in a month, no fen is lost, none is sent twice, no bid is lost; one seed, one month."""

from __future__ import annotations

import pytest

from local.simulation.playing import Played, play

# `make simulate` plays as many as it is told; between them these meet every kind of fault.
SEEDS = range(1, 21)


def said(played: Played) -> str:
    return f"make simulate SEED={played.seed}: " + "; ".join(played.faults)


def test_given_nothing_goes_wrong_when_a_month_is_played_then_it_ends_on_its_day_and_every_check_holds() -> None:
    played = play(1, calm=True)

    assert played.holds, said(played)
    assert played.ended_at.startswith("2026-04-15")
    assert not played.struck
    assert not played.restarts
    assert len(played.checks) > 12


@pytest.mark.parametrize("seed", SEEDS)
def test_given_faults_by_a_seed_when_a_month_is_played_then_every_check_holds(seed: int) -> None:
    played = play(seed)

    assert played.struck
    assert played.holds, said(played)


def test_given_a_seed_when_played_again_then_it_is_the_same_month_to_the_last_byte() -> None:
    first, again = play(SEEDS[0]), play(SEEDS[0])

    assert (first.digest, first.events, first.struck) == (again.digest, again.events, again.struck)
