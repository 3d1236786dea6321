"""What operators are told of a file's fault, in their own language."""

import re

import pytest

from chalicelib.periods.remedies import in_chinese


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("a corrected file in the same folder", "请对方更正后向同一目录重新投递"),
        ("5180000, what the rows add up to", "5180000,即各行之和"),
        ("123, as the hub has it", "123,即本系统账务"),
        ("9 fields separated by '|'", "以 '|' 分隔的 9 个字段"),
        ("a day that exists, written as %Y%m%d", "真实存在的日期,格式为 %Y%m%d"),
        (
            "7 by the dated rates for hangzhou#HZ1; the bank's figure is booked",
            "按分段利率为 7 分(hangzhou#HZ1),按银行数入账",
        ),
        ("refused by code 'W6191': its payments go with a later batch", "银行以 W6191 拒收,所含款项列入后续批次"),
        ("paid, which the bank said before; ask the bank", "银行此前回复为已付;请向银行查询"),
    ],
)
def test_given_a_remedy_that_is_known_when_shown_then_it_is_chinese(told: str, shown: str) -> None:
    assert in_chinese(told) == shown


def test_given_a_remedy_that_nobody_translated_when_shown_then_it_is_as_it_was() -> None:
    assert in_chinese("a thing that nobody foresaw") == "a thing that nobody foresaw"
    assert not re.search("[a-z]{2}", in_chinese("ask the bank what became of it"))
