"""Amounts in capital numerals: known ones, and that no two amounts are written alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.capitals import FEN_MAX, capital_amount


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (150, "壹元伍角整"),
        (155, "壹元伍角伍分"),
        (1_000, "壹拾元整"),
        (10_500, "壹佰零伍元整"),
        (100_500, "壹仟零伍元整"),
        (3_150_000, "叁万壹仟伍佰元整"),
        (1_000_000, "壹万元整"),
        (10_000_500, "壹拾万零伍元整"),
        (10_500_000, "壹拾万伍仟元整"),
        (100_050_000, "壹佰万零伍佰元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_010_000_000, "壹亿零壹拾万元整"),
        (168_032, "壹仟陆佰捌拾元零叁角贰分"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
    ],
)
def test_given_an_amount_when_written_then_it_reads_as_banks_write_it(fen: int, text: str) -> None:
    # Banks allow 壹仟陆佰捌拾元零叁角贰分 and the same without 零 before 角; here 零 stands before 分 only.
    assert capital_amount(fen) == "人民币" + text.replace("元零叁角", "元叁角")


@given(st.integers(0, FEN_MAX), st.integers(0, FEN_MAX))
def test_given_two_amounts_when_written_then_they_differ_as_the_amounts_do(one: int, other: int) -> None:
    assert (capital_amount(one) == capital_amount(other)) is (one == other)


@pytest.mark.parametrize("fen", [-1, FEN_MAX + 1])
def test_given_no_amount_of_a_voucher_when_written_then_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="on a voucher"):
        capital_amount(fen)
