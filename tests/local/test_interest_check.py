"""Rule: the demo's check of the bank's own interest holds for what the bank said, and breaks by one fen."""

from __future__ import annotations

import pytest

from local.checks.bank_files import BatchRow, Exchanged, RefundFile, StatementFile, StatementRow
from local.checks.interest import banks_interest_was_paid

# Two payments of one account, and one of another.
ADVICE = b"330104|20260404|3|21\nHZ1|200000|7\nHZ2|200000|8\nHZ3|100|6\n"
CAME = [("HZ1", "A", 200_000), ("HZ2", "A", 200_000), ("HZ3", "B", 100), ("HZ4", "C", 5)]


def exchanged(*paid: tuple[str, int, int], batch: str = "01") -> Exchanged:
    came = tuple(StatementRow(serial, 0, "C", fen, account, "-", "") for serial, account, fen in CAME)
    rows = tuple(
        BatchRow(f"RF{number}", account, "-", fen, interest) for number, (account, fen, interest) in enumerate(paid)
    )
    number = f"20260404120000202603{batch}01"
    return Exchanged((StatementFile("", "", 0, 0, 0, 0, came),), (RefundFile("", number, 0, 0, rows),), ())


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (exchanged(("A", 200_000, 8), ("A", 200_000, 7), ("B", 100, 6), ("C", 5, 1)), ""),
        (exchanged(("A", 200_000, 8), ("A", 200_000, 8)), "RF1 bears 8 fen"),
        (exchanged(("B", 100, 5)), "RF0 bears 5 fen, the bank computed [6]"),
        (exchanged(("C", 5, 1)), "nothing that the bank computed"),
        (exchanged(("B", 100, 6), batch="02"), "nothing that the bank computed"),
    ],
)
def test_given_a_batch_when_its_interest_is_not_the_bank_s_then_the_check_fails(files: Exchanged, fault: str) -> None:
    found = banks_interest_was_paid(ADVICE, files)

    assert found.holds is not bool(fault)
    assert fault in found.detail
