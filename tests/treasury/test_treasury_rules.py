"""Pay codes, their order, and what a confirmation means."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import InvalidInput
from chalicelib.treasury.rules import (
    REMEDIES,
    Finding,
    NoticeStatus,
    PayCodeRule,
    Standing,
    in_notice_order,
    message_id,
    pay_code_rule,
    surplus_fen,
    weigh,
)


def test_given_hangzhou_when_a_code_is_made_then_region_year_kind_and_sequence_stand_in_it() -> None:
    assert pay_code_rule("hangzhou").code(2026, 1) == "33010026300000000001"
    assert pay_code_rule("hangzhou").code(2099, 9_999_999_999) == "33010099309999999999"


def test_given_a_province_with_a_check_digit_when_a_code_is_made_then_it_ends_in_it() -> None:
    rule = PayCodeRule("330100", check=lambda body: str(sum(map(int, body)) % 10))

    assert rule.code(2026, 1) == "33010026300000000019"
    assert rule.sequence_max == 999_999_999


@pytest.mark.parametrize("sequence", [0, -1, 10_000_000_000])
def test_given_a_sequence_outside_the_year_when_a_code_is_made_then_refused(sequence: int) -> None:
    with pytest.raises(ValueError, match="sequence"):
        pay_code_rule("hangzhou").code(2026, sequence)


def test_given_a_check_that_makes_no_digit_when_a_code_is_made_then_refused() -> None:
    with pytest.raises(ValueError, match="check-digit"):
        PayCodeRule("330100", check=lambda body: "X").code(2026, 1)


def test_given_a_city_without_a_region_when_asked_then_the_error_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="REGION_UNKNOWN") as refused:
        pay_code_rule("paris")
    assert "hangzhou" in refused.value.problems[0].remedy


@given(st.lists(st.integers(1, 10**10 - 1), unique=True, max_size=50))
def test_given_different_sequences_when_coded_then_codes_differ_and_sort_alike(sequences: list[int]) -> None:
    codes = [pay_code_rule("hangzhou").code(2026, sequence) for sequence in sorted(sequences)]

    assert codes == sorted(set(codes))


@dataclass(frozen=True)
class One:
    code: str
    bidder_class: str
    rank: int


@given(
    st.permutations([One("c", "individual", 1), One("a", "individual", 2), One("b", "unit", 1), One("d", "unit", 2)])
)
def test_given_winners_in_any_order_when_sorted_then_individuals_then_units_by_rank(winners: list[One]) -> None:
    assert [winner.code for winner in in_notice_order(winners)] == ["c", "a", "b", "d"]


def test_given_a_cause_when_numbered_then_the_same_cause_has_the_same_number() -> None:
    assert message_id("8994", "2026-03", "1") == message_id("8994", "2026-03", "1")
    assert len(message_id("8994", "2026-03", "1")) == 20
    assert message_id("8994", "2026-03", "1") != message_id("8997", "2026-03", "1")


PRICE, DUE = 3_150_000, 1_000
OPEN_NOTICE = Standing(NoticeStatus.REGISTERED, PRICE, DUE, "")
PAID_NOTICE = Standing(NoticeStatus.PAID, PRICE, DUE, "S1")


@pytest.mark.parametrize(
    ("standing", "amount_fen", "confirmed_at_ms", "serial", "finding"),
    [
        (OPEN_NOTICE, PRICE, DUE - 1, "S1", Finding.PAYS),
        (OPEN_NOTICE, PRICE, DUE, "S1", Finding.PAYS),
        (OPEN_NOTICE, PRICE, DUE + 1, "S1", Finding.TOO_LATE),
        (OPEN_NOTICE, PRICE - 1, DUE, "S1", Finding.PARTIAL),
        (OPEN_NOTICE, PRICE + 1, DUE, "S1", Finding.OVERPAID),
        (Standing(NoticeStatus.ISSUED, PRICE, DUE, ""), PRICE, DUE, "S1", Finding.PAYS),
        (PAID_NOTICE, PRICE, DUE, "S1", Finding.REPEATED),
        (PAID_NOTICE, PRICE, DUE + 1, "S1", Finding.REPEATED),
        (PAID_NOTICE, PRICE, DUE, "S2", Finding.PAID_TWICE),
        (PAID_NOTICE, PRICE - 1, DUE, "S2", Finding.PARTIAL),
        (Standing(NoticeStatus.PAID, PRICE, DUE, ""), PRICE, DUE, "S1", Finding.REPEATED),
        (Standing(NoticeStatus.PAID, PRICE, DUE, ""), PRICE, DUE + 1, "S1", Finding.TOO_LATE),
        (Standing(NoticeStatus.REGISTERED, PRICE, DUE, "", 5_000), PRICE, 4_000, "S1", Finding.TOO_EARLY),
        (Standing(NoticeStatus.REGISTERED, PRICE, 9_000, "", 5_000), PRICE, 4_001, "S1", Finding.PAYS),
        (Standing(NoticeStatus.DEFAULTED, PRICE, DUE, ""), PRICE, DUE, "S1", Finding.NOT_PAYABLE),
        (Standing(NoticeStatus.VOID, PRICE, DUE, ""), PRICE - 1, DUE, "S1", Finding.NOTICE_VOID),
        (None, PRICE, DUE, "S1", Finding.UNKNOWN_CODE),
    ],
)
def test_given_a_confirmation_when_weighed_then_one_finding(
    standing: Standing | None, amount_fen: int, confirmed_at_ms: int, serial: str, finding: Finding
) -> None:
    assert weigh(standing, amount_fen, confirmed_at_ms, serial) == finding


@pytest.mark.parametrize(
    ("finding", "amount_fen", "status", "expected"),
    [
        (Finding.PARTIAL, 100, NoticeStatus.REGISTERED, 100),
        (Finding.PARTIAL, 100, NoticeStatus.PAID, 0),
        (Finding.OVERPAID, PRICE + 1, NoticeStatus.REGISTERED, PRICE + 1),
        (Finding.OVERPAID, PRICE + 1, NoticeStatus.PAID, 1),
        (Finding.PAID_TWICE, PRICE, NoticeStatus.PAID, PRICE),
        (Finding.TOO_LATE, PRICE, NoticeStatus.DEFAULTED, PRICE),
        (Finding.NOTICE_VOID, PRICE, NoticeStatus.VOID, PRICE),
        (Finding.UNKNOWN_CODE, PRICE, None, PRICE),
    ],
)
def test_given_money_that_pays_nothing_then_what_the_treasury_owes_is_known(
    finding: Finding, amount_fen: int, status: NoticeStatus | None, expected: int
) -> None:
    assert surplus_fen(finding, amount_fen, PRICE, status) == expected


def test_given_every_finding_that_pays_nothing_then_it_has_a_remedy() -> None:
    assert set(Finding) - set(REMEDIES) == {Finding.PAYS, Finding.REPEATED}
