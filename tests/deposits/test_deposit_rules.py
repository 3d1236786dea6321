"""What becomes of a payment, and what interest it earns: the rules of domain.md as tables."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.deposits.rules import (
    CodeFault,
    Doubtful,
    Matched,
    Payment,
    ReturnReason,
    ToReturn,
    Window,
    find_code,
    find_codes,
    interest_fen,
    match,
)

PATTERN = r"\d{13}"
CODE = "3301260000001"
WINDOW = Window(1_000, 2_000)
DEPOSIT = 200_000
RATES = [(date(2012, 7, 6), 3_500), (date(2025, 5, 20), 500), (date(2026, 3, 20), 1_000)]


@pytest.mark.parametrize(
    ("memo", "candidates", "fault"),
    [
        (CODE, (CODE,), CodeFault.WRONG),
        (f"保证金{CODE}王", (CODE,), CodeFault.WRONG),
        ("３３０１２６００００００１", (CODE,), CodeFault.WRONG),
        ("3301 2600 00001", (CODE,), CodeFault.WRONG),
        (f"2000 {CODE}", (CODE,), CodeFault.WRONG),
        (f"{CODE} {CODE}", (CODE,), CodeFault.WRONG),
        (f"{CODE}/3301260000002", (CODE, "3301260000002"), CodeFault.WRONG),
        ("330126000000", (), CodeFault.CUT),
        ("33012600000011", (), CodeFault.WRONG),
        ("保证金", (), CodeFault.MISSING),
        ("", (), CodeFault.MISSING),
        ("2000元", (), CodeFault.MISSING),
    ],
)
def test_given_a_memo_then_the_codes_in_it_are_found_and_the_fault_named(memo, candidates, fault):
    found = find_code(memo, PATTERN)

    assert found.candidates == candidates
    assert found.fault == fault


def payment(**changes) -> Payment:
    usual = {
        "amount_fen": DEPOSIT,
        "arrived_at_ms": 1_500,
        "code": CODE,
        "fault": CodeFault.WRONG,
        "deposited": False,
        "payer_listed": False,
    }
    return Payment(**{**usual, **changes})


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Matched(CODE, 0)),
        ({"amount_fen": 250_000}, Matched(CODE, 50_000)),
        ({"arrived_at_ms": 1_000}, Matched(CODE, 0)),
        ({"arrived_at_ms": 1_999}, Matched(CODE, 0)),
        ({"arrived_at_ms": 2_000}, ToReturn(ReturnReason.LATE)),
        ({"arrived_at_ms": 999}, ToReturn(ReturnReason.EARLY)),
        ({"amount_fen": 199_999}, ToReturn(ReturnReason.SHORT)),
        ({"deposited": True}, ToReturn(ReturnReason.SECOND_PAYMENT)),
        ({"code": "", "payer_listed": True, "fault": CodeFault.CUT}, Doubtful(CodeFault.CUT)),
        ({"code": "", "payer_listed": True, "fault": CodeFault.MISSING}, Doubtful(CodeFault.MISSING)),
        ({"code": "", "payer_listed": True, "amount_fen": 199_999}, ToReturn(ReturnReason.SHORT)),
        ({"code": "", "payer_listed": True, "arrived_at_ms": 2_000}, ToReturn(ReturnReason.LATE)),
        ({"code": ""}, ToReturn(ReturnReason.UNKNOWN_PAYER)),
    ],
)
def test_given_a_payment_then_it_is_matched_doubtful_or_goes_back(changes, outcome):
    assert match(payment(**changes), WINDOW, DEPOSIT) == outcome


@pytest.mark.parametrize(
    ("principal", "arrived", "leaves", "day_count", "fen"),
    [
        (200_000, date(2026, 3, 10), date(2026, 3, 10), 360, 0),
        (200_000, date(2026, 3, 10), date(2026, 3, 9), 360, 0),
        (200_000, date(2026, 3, 10), date(2026, 3, 11), 360, 0),  # 0.28 fen
        (200_000, date(2026, 3, 10), date(2026, 3, 12), 360, 1),  # 0.56 fen, half up
        (200_000, date(2026, 3, 1), date(2026, 3, 19), 360, 5),  # 18 days at 0.05 %: 5.00 fen
        (200_000, date(2026, 3, 10), date(2026, 4, 4), 360, 11),  # 10 days at 0.05 %, 15 at 0.1 %: 11.1 fen
        (100_000_000, date(2020, 1, 1), date(2021, 1, 1), 365, 350_959),  # 366 days at 0.35 %
        (0, date(2026, 3, 10), date(2026, 4, 4), 360, 0),
    ],
)
def test_given_a_principal_and_days_then_interest_is_exact_and_rounded_once(principal, arrived, leaves, day_count, fen):
    assert interest_fen(principal, arrived, leaves, RATES, day_count) == fen


def test_given_a_day_without_a_rate_then_none_is_guessed():
    with pytest.raises(ValueError, match="2012-07-05"):
        interest_fen(1, date(2012, 7, 5), date(2012, 8, 1), RATES, 360)


@given(
    st.integers(0, 10**10),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.integers(0, 200),
    st.integers(0, 200),
)
def test_given_a_stay_split_in_two_then_interest_differs_by_rounding_only(principal, arrived, first, second):
    middle, leaves = arrived + timedelta(days=first), arrived + timedelta(days=first + second)

    whole = interest_fen(principal, arrived, leaves, RATES, 360)
    parts = interest_fen(principal, arrived, middle, RATES, 360) + interest_fen(principal, middle, leaves, RATES, 360)

    assert abs(whole - parts) <= 1
    assert whole >= interest_fen(principal, arrived, middle, RATES, 360)


_PIECES = st.sampled_from(
    [CODE, "3301260000002", "330126", "99", "保证金", " ", "-", "\n", "\r", "３３０１２６０００００１１", "٣", "ﾊﾟ", ""]
)
_MEMOS = st.lists(st.lists(_PIECES, max_size=4).map("".join), max_size=6)


@given(_MEMOS, st.sampled_from([PATTERN, r"\d{8}", r"(33|44)\d{11}", r"33\d{11}|99"]))
def test_given_any_memos_when_looked_through_at_once_then_each_says_what_it_says_alone(memos, pattern):
    assert find_codes(memos, pattern) == [find_code(memo, pattern) for memo in memos]
