"""The demo's check of the sealed book fails where an entry, a seal or the whole book is not what it was."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from chalicelib.ledger.chain import next_segments
from chalicelib.ledger.checking import book_text, entry_as_dict
from chalicelib.ledger.rules import move
from local.checks.sealed import ledger_recomputes

ENTRIES = [
    move(
        f"credit/hangzhou/{number}",
        "credit",
        "2026-03",
        date(2026, 3, 10),
        number,
        debit="bank:hangzhou",
        credit="held:2026-03",
        amount_fen=200_000,
        subject=str(number),
    )
    for number in range(3)
]


def month(entries: list[dict[str, Any]] | None = None, *, sealed: int = 3, name: str = "ledger.jsonl") -> bytes:
    kept = [entry_as_dict(entry) for entry in ENTRIES] if entries is None else entries
    segments = [segment.as_dict() for segment in next_segments("2026-03", None, ENTRIES[:sealed])]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(name, book_text(kept, segments))
    return package.getvalue()


def test_given_a_sealed_book_when_checked_then_it_says_how_much():
    done = ledger_recomputes(month(), 3)

    assert (done.holds, done.detail) == (True, "3 entries in 1 chained segments")


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        (month([entry_as_dict(entry) for entry in ENTRIES[1:]]), "ENTRY_MISSING"),
        (
            month([{**entry_as_dict(entry), "day": "2026-03-11"} for entry in ENTRIES]),
            "DIGEST_DIFFERS credit/hangzhou/0",
        ),
        (month(sealed=2), "1 entries stand in no segment"),
        (month(name="other"), "holds no book"),
        (b"no package", "holds no book"),
    ],
)
def test_given_a_book_that_does_not_hold_when_checked_then_the_check_fails_and_says_why(package, fault):
    done = ledger_recomputes(package, 3)

    assert not done.holds
    assert fault in done.detail


def test_given_fewer_entries_than_the_table_has_when_checked_then_the_check_fails():
    assert "3 entries, the table has 4" in ledger_recomputes(month(), 4).detail
