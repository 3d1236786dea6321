"""Money is fen, time is epoch ms; text exists only at the edges."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import SetClock, at_shanghai, from_ms, local_date, local_text, utc_text
from chalicelib.kernel.money import divide_half_up, fen_from_yuan, whole_yuan_half_up, yuan_text


@pytest.mark.parametrize(
    ("text", "fen"),
    [("2000", 200_000), ("10200.5", 1_020_050), ("0.01", 1), ("-3.20", -320), ("999999999", 99_999_999_900)],
)
def test_yuan_are_read_as_fen(text: str, fen: int) -> None:
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "1.234", "1,000", "1e3", "２０００", " 1", "1.", ".5", "NaN", "٣"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount in yuan"):
        fen_from_yuan(text)


@given(st.integers(-(10**14), 10**14))
def test_fen_survive_being_written(fen: int) -> None:
    assert fen_from_yuan(yuan_text(fen)) == fen


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_half_goes_up_and_nothing_else_does(numerator: int, denominator: int) -> None:
    remainder = numerator - divide_half_up(numerator, denominator) * denominator
    assert -denominator <= 2 * remainder < denominator


@pytest.mark.parametrize(("total_fen", "count", "yuan"), [(1_144_849, 1, 11_448), (1_144_850, 1, 11_449), (300, 2, 2)])
def test_means_are_whole_yuan_half_up(total_fen: int, count: int, yuan: int) -> None:
    assert whole_yuan_half_up(total_fen, count) == yuan


def test_local_time_is_shanghai_to_the_millisecond() -> None:
    at_ms = at_shanghai("2026-03-25T09:56:15.739")
    assert at_ms == 1_774_403_775_739
    assert local_text(at_ms) == "2026-03-25T09:56:15.739"
    assert utc_text(at_ms) == "2026-03-25T01:56:15.739Z"
    assert at_shanghai("2026-03-25T01:56:15.739+00:00") == at_ms


def test_the_day_turns_at_midnight_in_shanghai() -> None:
    assert local_date(at_shanghai("2026-03-25T00:00:00")) == date(2026, 3, 25)
    assert local_date(at_shanghai("2026-03-25T00:00:00") - 1) == date(2026, 3, 24)


@given(st.integers(0, 4_102_444_800_000))
def test_instants_survive_being_written(at_ms: int) -> None:
    assert at_shanghai(local_text(at_ms)) == at_ms
    assert at_shanghai(from_ms(at_ms).isoformat()) == at_ms


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        SetClock(0).advance(-1)
