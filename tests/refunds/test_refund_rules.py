"""Numbers and fates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import InvalidInput
from chalicelib.refunds.rules import Fate, Source, batch_kind, batch_number, fate_of_deposit, refund_number


@pytest.mark.parametrize(
    ("qualified", "won", "rollover", "fate"),
    [
        (True, True, False, Fate.SETTLE),
        (True, True, True, Fate.SETTLE),
        (True, False, False, Fate.REFUND),
        (True, False, True, Fate.ROLL),
        (False, False, False, Fate.REFUND),
        (False, False, True, Fate.REFUND),
    ],
)
def test_given_a_deposit_after_the_auction_then_its_fate_is(qualified, won, rollover, fate):
    assert fate_of_deposit(qualified=qualified, won=won, rollover=rollover) is fate


@pytest.mark.parametrize(
    ("batch", "file", "number"),
    [
        ("1", 1, "202604041700002026030101"),
        ("2", 3, "202604041700002026030203"),
        ("remittance", 1, "202604041700002026030901"),
        ("again-1", 1, "202604041700002026031101"),
        ("again-89", 99, "202604041700002026039999"),
    ],
)
def test_given_a_batch_then_its_files_number_is(batch, file, number):
    assert batch_number("2026-03", batch_kind(batch), at_shanghai("2026-04-04T17:00:00"), file) == number


@pytest.mark.parametrize("batch", ["", "3", "again-0", "again-90", "again-", "AGAIN-1", "again-1 "])
def test_given_another_name_then_there_is_no_such_batch(batch):
    with pytest.raises(InvalidInput, match="BATCH_UNKNOWN"):
        batch_kind(batch)


@given(st.tuples(st.sampled_from(Source), st.text(max_size=20), st.integers(1, 99)), st.data())
def test_given_two_causes_then_their_numbers_differ_exactly_when_they_do(cause, data):
    other = data.draw(st.tuples(st.sampled_from(Source), st.text(max_size=20), st.integers(1, 99)))

    number = refund_number("2026-03", *cause)

    assert len(number) == 32
    assert number.startswith("RF202603")
    assert (number == refund_number("2026-03", *other)) == (cause == other)
