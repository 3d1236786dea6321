"""Entries balance, or they are not entries."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ledger.rules import Entry, Leg, balances, move, total, trial_balance

DAY = date(2026, 3, 10)
ACCOUNTS = ("bank:hangzhou", "held:2026-03", "doubtful:2026-03", "returnable:2026-03", "transit:hangzhou")


def entry(*legs: Leg, cause: str = "credit/hangzhou/1", at_ms: int = 0) -> Entry:
    return Entry(cause, "credit", "2026-03", DAY, at_ms, legs)


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (Leg("a", 1),),
        (Leg("a", 1), Leg("b", 1)),
        (Leg("a", 200_000), Leg("b", -199_999)),
    ],
)
def test_given_legs_that_leave_money_over_when_an_entry_is_made_then_it_is_refused(legs):
    with pytest.raises(ValueError, match="entry credit/hangzhou/1"):
        entry(*legs)


def test_given_a_leg_of_nothing_then_it_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        Leg("bank:hangzhou", 0)


@pytest.mark.parametrize("amount_fen", [0, -1])
def test_given_a_move_of_nothing_or_backwards_then_it_is_refused(amount_fen):
    with pytest.raises(ValueError, match="direction"):
        move("c", "k", "2026-03", DAY, 0, debit="a", credit="b", amount_fen=amount_fen, subject="")


def test_given_the_same_entry_at_another_instant_then_its_digest_is_the_same():
    legs = (Leg("a", 5), Leg("b", -5))

    assert entry(*legs, at_ms=1).digest == entry(*legs, at_ms=2).digest
    assert entry(*legs).digest != entry(Leg("a", 6), Leg("b", -6)).digest
    assert entry(*legs).entry_id == entry(Leg("a", 6), Leg("b", -6)).entry_id


moves = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 10**12)), min_size=1, max_size=40
)


@given(moves)
def test_given_any_moves_then_all_balances_add_up_to_zero_and_agree_with_the_trial_balance(given_moves):
    entries = [
        move(f"c/{n}", "k", "2026-03", DAY, n, debit=debit, credit=credit, amount_fen=fen, subject="")
        for n, (debit, credit, fen) in enumerate(given_moves)
    ]

    by_account = balances(entries)
    trial = trial_balance(entries)

    assert total(by_account) == 0
    assert {line.account: line.balance_fen for line in trial} == by_account
    assert sum(line.debit_fen for line in trial) == sum(line.credit_fen for line in trial)
    assert [line.account for line in trial] == sorted(by_account)
